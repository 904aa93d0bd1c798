public import Environment
internal import Glibc

/// The clocks of this machine.
public struct RealClock: Clock {
  public init() {}

  /// `CLOCK_BOOTTIME`: it counts while the machine sleeps, so that a lease ends there too.
  public var now: Instant { Instant(nanoseconds: nanoseconds(CLOCK_BOOTTIME)) }

  public var wallTimeMs: WallTimeMs { nanoseconds(CLOCK_REALTIME) / 1_000_000 }

  private func nanoseconds(_ clock: clockid_t) -> UInt64 {
    var time = timespec()
    guard clock_gettime(clock, &time) == 0 else { fatalError("The system has no clock \(clock).") }
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
}
