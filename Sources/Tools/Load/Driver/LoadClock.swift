internal import Environment
internal import Glibc
internal import NIOCore

/// The clock that a load measures with: that of its event loops.
enum LoadClock {
  static func now() -> Instant { Instant(nanoseconds: NIODeadline.now().uptimeNanoseconds) }
}

/// The CPU time that this process has used.
enum ProcessTime {
  static var used: Instant {
    var usage = rusage()
    getrusage(Int32(RUSAGE_SELF.rawValue), &usage)
    return Instant(nanoseconds: nanoseconds(usage.ru_utime) + nanoseconds(usage.ru_stime))
  }

  private static func nanoseconds(_ time: timeval) -> UInt64 {
    UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_usec) * 1_000
  }
}

enum WallTime {
  /// The time of day, so much later than now, as ISO 8601 in UTC with milliseconds.
  static func text(after span: Span) -> String {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    let milliseconds = now.tv_nsec / 1_000_000 + Int(span.nanoseconds / 1_000_000)
    var seconds = now.tv_sec + milliseconds / 1_000
    var parts = tm()
    gmtime_r(&seconds, &parts)
    return pad(Int(parts.tm_year) + 1_900, 4) + "-" + pad(Int(parts.tm_mon) + 1, 2) + "-" + pad(Int(parts.tm_mday), 2)
      + "T" + pad(Int(parts.tm_hour), 2) + ":" + pad(Int(parts.tm_min), 2) + ":" + pad(Int(parts.tm_sec), 2)
      + "." + pad(milliseconds % 1_000, 3) + "Z"
  }

  private static func pad(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}
