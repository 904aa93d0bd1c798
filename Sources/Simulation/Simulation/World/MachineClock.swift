import Environment

/// The clocks of one machine: one that counts from the machine's start at a rate of its own, and wall time.
struct MachineClock {
  /// How much faster than the world the clock runs, in parts of a million; negative where it is slower.
  private(set) var driftPpm = 0
  /// How far the wall clock is ahead of the world's, in milliseconds.
  var wallOffsetMs = 0
  private var atWorld: Instant
  private var atLocal: Instant

  /// A clock that shows `local` now.
  init(at now: Instant, showing local: Instant) {
    atWorld = now
    atLocal = local
  }

  func local(_ now: Instant) -> Instant {
    let passed = now.since(atWorld).nanoseconds
    return Instant(
      nanoseconds: atLocal.nanoseconds + UInt64(Int64(passed) + Int64(passed) / 1_000 * Int64(driftPpm) / 1_000))
  }

  /// From now on the clock runs at another rate; what it shows does not jump.
  mutating func drift(_ ppm: Int, now: Instant) {
    atLocal = local(now)
    atWorld = now
    driftPpm = ppm
  }

  /// The machine starts again: the count begins anew, at some time within its start.
  mutating func reboot(now: Instant, showing local: Instant) {
    atWorld = now
    atLocal = local
  }

  func wallTimeMs(_ now: Instant) -> WallTimeMs {
    let world = 1_700_000_000_000 + Int(now.nanoseconds / 1_000_000)
    return WallTimeMs(max(0, world + wallOffsetMs))
  }
}
