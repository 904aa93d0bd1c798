internal import Environment

/// How long an attempt waits before it is made again: full jitter under a doubling cap, as SDKs have it, from a seed.
struct Backoff {
  private var random: SeededRandom

  init(seed: UInt64) { random = SeededRandom(seed: seed) }

  /// - Parameter attempt: the one that failed, from 1.
  mutating func delay(after attempt: Int) -> Span {
    let cap = min(LoadLimits.retryDelayMsMax, LoadLimits.firstRetryDelayMs << UInt64(min(attempt - 1, 16)))
    return .microseconds(random.below(cap * 1_000 + 1))
  }
}
