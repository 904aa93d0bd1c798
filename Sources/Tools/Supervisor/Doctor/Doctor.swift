internal import Glibc
internal import Items

/// Checks whether a machine can run a local cluster: one line a check.
public struct Doctor: Sendable {
  public enum Verdict: String, Sendable { case ok, warning, failure }

  public struct Finding: Sendable {
    public var check: String
    public var verdict: Verdict
    /// What was found and, where it is not well, what to do.
    public var text: String
  }

  /// The folder that a cluster would use; it need not exist.
  let dataPath: String
  let port: Int

  public init(dataPath: String, port: Int = 8_000) {
    self.dataPath = dataPath
    self.port = port
  }

  public func findings() -> [Finding] {
    [libraries, postgres, processes, portIsFree, memory, openFiles, diskSpace, syncLatency].map { $0() }
  }

  public static func text(_ findings: [Finding]) -> String {
    findings.map { finding in
      let mark =
        switch finding.verdict {
        case .ok: "ok     "
        case .warning: "WARNING"
        case .failure: "FAILURE"
        }
      let padding = String(repeating: " ", count: max(1, 14 - finding.check.count))
      return "\(mark)  \(finding.check)\(padding)\(finding.text)\n"
    }.joined()
  }

  public static func json(_ findings: [Finding]) -> String {
    JSONValue.array(
      findings.map {
        .members(["check": .text($0.check), "verdict": .text($0.verdict.rawValue), "text": .text($0.text)])
      }
    ).indented
  }

  private func postgres() -> Finding {
    do throws(SupervisorError) {
      return Finding(check: "PostgreSQL", verdict: .ok, text: "in \(try PostgresPrograms.find().folder), for a mirror")
    } catch {
      return Finding(check: "PostgreSQL", verdict: .warning, text: error.message)
    }
  }

  private func processes() -> Finding {
    guard ProcessIdentity(livingPid: getpid()) != nil else {
      return Finding(
        check: "/proc", verdict: .failure, text: "is not readable; mount it: processes are told apart by it")
    }
    let cores = sysconf(Int32(_SC_NPROCESSORS_ONLN))
    return Finding(check: "/proc", verdict: .ok, text: "readable; \(cores) processor cores")
  }

  private func portIsFree() -> Finding {
    Ports.isFree(port)
      ? Finding(check: "port \(port)", verdict: .ok, text: "free on 127.0.0.1")
      : Finding(
        check: "port \(port)", verdict: .warning, text: "taken on 127.0.0.1 (by a running cluster?); up takes --port P")
  }

  private func memory() -> Finding {
    let line = Files.text("/proc/meminfo")?.split(separator: "\n").first { $0.hasPrefix("MemAvailable:") }
    let words = line?.split(separator: " ") ?? []
    guard words.count > 1, let kibibytes = Int(words[1]) else {
      return Finding(check: "memory", verdict: .warning, text: "could not be read from /proc/meminfo")
    }
    return kibibytes > 1 << 20
      ? Finding(check: "memory", verdict: .ok, text: "\(kibibytes >> 10) MiB available")
      : Finding(check: "memory", verdict: .warning, text: "\(kibibytes >> 10) MiB available; three nodes like 1024")
  }

  private func openFiles() -> Finding {
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    return limit.rlim_max >= 4_096
      ? Finding(check: "open files", verdict: .ok, text: "up to \(limit.rlim_max) a process")
      : Finding(
        check: "open files", verdict: .warning, text: "only \(limit.rlim_max) a process; raise ulimit -Hn to 4096")
  }

  /// The folder itself or the nearest one above it that exists.
  private var existingFolder: String {
    var path = dataPath.hasPrefix("/") ? dataPath : "./" + dataPath
    while !Files.exists(path), let slash = path.lastIndex(of: "/") {
      path = slash == path.startIndex ? "/" : String(path[..<slash])
    }
    return path
  }

  private func diskSpace() -> Finding {
    guard let free = Files.freeBytes(existingFolder) else {
      return Finding(check: "disk space", verdict: .failure, text: "of \(existingFolder) cannot be read")
    }
    return free >= DataFolder.freeBytesMin
      ? Finding(check: "disk space", verdict: .ok, text: "\(free >> 20) MiB free for \(dataPath)")
      : Finding(
        check: "disk space", verdict: .failure,
        text: "\(free >> 20) MiB free for \(dataPath); a cluster needs \(DataFolder.freeBytesMin >> 20) MiB")
  }

  private func syncLatency() -> Finding {
    switch SyncProbe.medianMilliseconds(in: existingFolder) {
    case .success(let milliseconds):
      let hundredths = Int(milliseconds * 100 + 0.5)
      let text = "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100) ms for a synced write"
      return milliseconds < 5
        ? Finding(check: "disk sync", verdict: .ok, text: text)
        : Finding(check: "disk sync", verdict: .warning, text: text + "; every acknowledged write waits that long")
    case .failure(let error):
      return Finding(check: "disk sync", verdict: .failure, text: error.message)
    }
  }
}
