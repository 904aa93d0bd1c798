internal import Glibc

/// What Prometheus expects of every process, read from `/proc` when somebody asks.
public enum ProcessMetrics {
  public static func register(in registry: inout MetricRegistry) {
    registry.sampledGauge("process_resident_memory_bytes", help: "Resident memory in bytes.") {
      Double(residentBytes() ?? 0)
    }
    registry.sampledCounter("process_cpu_seconds_total", help: "User and system CPU time in seconds.") {
      cpuSeconds() ?? 0
    }
    registry.sampledGauge("process_open_fds", help: "Open file descriptors.") { Double(openDescriptors() ?? 0) }
    registry.sampledGauge("process_start_time_seconds", help: "Start of the process, seconds since 1970 UTC.") {
      startTimeSeconds() ?? 0
    }
  }

  /// Resident memory of this process in bytes; nil where `/proc` cannot be read.
  public static func residentBytes() -> UInt64? {
    guard let pages = fields(of: "/proc/self/statm").dropFirst().first.flatMap({ UInt64($0) }) else { return nil }
    return pages * UInt64(sysconf(Int32(_SC_PAGESIZE)))
  }

  /// User and system time of this process in seconds.
  public static func cpuSeconds() -> Double? {
    let stat = statFields()
    guard stat.count > 21, let user = UInt64(stat[11]), let system = UInt64(stat[12]) else { return nil }
    return Double(user + system) / ticksPerSecond
  }

  public static func openDescriptors() -> Int? {
    guard let directory = opendir("/proc/self/fd") else { return nil }
    defer { closedir(directory) }
    var count = 0
    while readdir(directory) != nil { count += 1 }
    return count - 3  // `.`, `..` and the directory itself
  }

  /// When this process started, in seconds since 1970 UTC.
  public static func startTimeSeconds() -> Double? {
    let stat = statFields()
    let words = fields(of: "/proc/stat")
    guard stat.count > 21, let start = UInt64(stat[19]), let mark = words.firstIndex(of: "btime"),
      mark + 1 < words.count, let boot = UInt64(words[mark + 1])
    else { return nil }
    return Double(boot) + Double(start) / ticksPerSecond
  }

  private static var ticksPerSecond: Double { Double(sysconf(Int32(_SC_CLK_TCK))) }

  /// The fields of `/proc/self/stat` from the third (state) on: the second, the name, may hold blanks and parentheses.
  private static func statFields() -> [Substring] {
    let text = contents(of: "/proc/self/stat")
    guard let end = text.lastIndex(of: ")") else { return [] }
    return text[text.index(after: end)...].split(whereSeparator: \.isWhitespace)
  }

  private static func fields(of path: String) -> [Substring] {
    contents(of: path).split(whereSeparator: \.isWhitespace)
  }

  private static func contents(of path: String) -> String {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return "" }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = read(descriptor, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { break }
      bytes += chunk[..<count]
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
