public import Environment
internal import Glibc
internal import Synchronization

/// How far the wall clock of a process is made to be off, for drills. Its time since the boot stays true.
public final class ClockOffset: Sendable {
  private let milliseconds = Atomic<Int64>(0)

  public init() {}

  /// Negative: the clock is behind.
  public var ms: Int64 {
    get { milliseconds.load(ordering: .relaxed) }
    set { milliseconds.store(newValue, ordering: .relaxed) }
  }
}

/// The clocks of this machine.
public struct RealClock: Clock {
  private let offset: ClockOffset?

  /// - Parameter offset: added to the wall clock.
  public init(offset: ClockOffset? = nil) { self.offset = offset }

  /// `CLOCK_BOOTTIME`: it counts while the machine sleeps, so that a lease ends there too.
  public var now: Instant { Instant(nanoseconds: nanoseconds(CLOCK_BOOTTIME)) }

  public var wallTimeMs: WallTimeMs {
    let machineMs = nanoseconds(CLOCK_REALTIME) / 1_000_000
    guard let offset else { return machineMs }
    return WallTimeMs(clamping: Int64(machineMs) + offset.ms)
  }

  private func nanoseconds(_ clock: clockid_t) -> UInt64 {
    var time = timespec()
    guard clock_gettime(clock, &time) == 0 else { fatalError("The system has no clock \(clock).") }
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
}
