public import Environment

/// Which of the sources of a load one is.
public struct SourcePlace: Sendable, Equatable {
  public var seed: UInt64
  /// From 0.
  public var thread: Int
  public var threads: Int

  public init(seed: UInt64, thread: Int, threads: Int) {
    self.seed = seed
    self.thread = thread
    self.threads = threads
  }

  /// Randomness that no other thread and no other purpose of this thread shares.
  public func random(purpose: UInt64 = 0) -> SeededRandom {
    var seeds = SeededRandom(
      seed: seed ^ (UInt64(thread + 1) &* 0x9E37_79B9_7F4A_7C15) ^ (purpose &* 0xD6E8_FEB8_6659_FD93))
    return SeededRandom(seed: seeds.next())
  }

  /// A source hears no answers, so it takes a request for answered when it has made so many more. Only where more are
  /// under way on one thread than this, or an answer is that late, does it err.
  public static let settledAfter = 512
}
