import DequeModule
import Environment
import Messages

/// Numbers the changes of one coordinator, and knows up to where all of them are answered.
struct ChangeNumbers {
  let origin: UInt64
  private var next: UInt64 = 1
  /// Every change below it is answered.
  private(set) var answeredBelow: UInt64 = 1
  /// Whether each change from `answeredBelow` on is answered.
  private var answered: Deque<Bool> = []

  init(origin: UInt64) { self.origin = origin }

  mutating func issue(atMs issuedAtMs: UInt64) -> OperationStamp {
    defer { next += 1 }
    answered.append(false)
    return OperationStamp(
      origin: origin, sequence: next, answeredBelow: answeredBelow, issuedAtMs: issuedAtMs)
  }

  /// The caller has its outcome: the change is never sent again.
  mutating func settle(_ stamp: OperationStamp) {
    answered[Int(stamp.sequence - answeredBelow)] = true
    while answered.first == true {
      answered.removeFirst()
      answeredBelow += 1
    }
  }
}

/// Wall time that never goes back and follows the highest time that it was told (a hybrid logical clock without the
/// counter: its readings need not differ).
struct HybridClock {
  private var wallAtTickMs: UInt64 = 0
  private var tickedAt = Instant.zero
  private var highestMs: UInt64 = 0

  mutating func tick(now: Instant, wallTimeMs: WallTimeMs) {
    wallAtTickMs = wallTimeMs
    tickedAt = now
  }

  mutating func follow(_ timeMs: UInt64) { highestMs = max(highestMs, timeMs) }

  mutating func read(now: Instant) -> UInt64 {
    highestMs = max(highestMs, wallAtTickMs + now.since(tickedAt).nanoseconds / 1_000_000)
    return highestMs
  }
}
