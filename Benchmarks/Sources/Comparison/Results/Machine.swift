internal import Glibc

/// What the machine is, without names and paths.
enum Machine {
  /// - Parameter folder: whose disk is measured.
  static func description(syncIn folder: String) throws -> String {
    let cores = sysconf(Int32(_SC_NPROCESSORS_ONLN))
    let sync = try SyncTime.medianMilliseconds(in: folder)
    return "\(processor), \(cores) core\(cores == 1 ? "" : "s"), \(memory), \(kernel); "
      + "`fdatasync` of 4 KiB into zero-filled space: \(Numbers.fixed(sync, 3)) ms (median)."
  }

  /// `2026-01-31`, UTC.
  static var date: String {
    var now = time(nil)
    var parts = tm()
    gmtime_r(&now, &parts)
    func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))"
  }

  private static var processor: String {
    let line = Files.text("/proc/cpuinfo")?.split(separator: "\n").first { $0.hasPrefix("model name") }
    let name = line?.split(separator: ":", maxSplits: 1).last?.trimmingPrefix { $0 == " " }
    return name.map(String.init) ?? "unknown processor"
  }

  private static var memory: String {
    let line = Files.text("/proc/meminfo")?.split(separator: "\n").first { $0.hasPrefix("MemTotal:") }
    let kibibytes = line?.split(separator: " ").dropFirst().first.flatMap { Double($0) } ?? 0
    return "\(Int((kibibytes / 1_048_576).rounded())) GiB"
  }

  private static var kernel: String {
    let release = Files.text("/proc/sys/kernel/osrelease")?.split(separator: "\n").first.map(String.init)
    return "Linux \(release ?? "of an unknown version")"
  }
}

/// What a log pays for durability.
enum SyncTime {
  private static let rounds = 201
  private static let blockBytes = 4_096

  static func medianMilliseconds(in folder: String) throws(ComparisonError) -> Double {
    let path = folder + "/sync-time"
    let descriptor = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw .system("cannot write in a temporary folder", errno) }
    defer {
      close(descriptor)
      unlink(path)
    }
    let zeros = [UInt8](repeating: 0, count: rounds * blockBytes)
    guard write(descriptor, zeros, zeros.count) == zeros.count, fsync(descriptor) == 0 else {
      throw .system("cannot write in a temporary folder", errno)
    }
    var times: [Duration] = []
    for round in 0..<rounds {
      let start = ContinuousClock.now
      guard pwrite(descriptor, zeros, blockBytes, off_t(round * blockBytes)) == blockBytes, fdatasync(descriptor) == 0
      else { throw .system("cannot sync in a temporary folder", errno) }
      times.append(ContinuousClock.now - start)
    }
    return times.sorted()[rounds / 2] / .milliseconds(1)
  }
}
