internal import Glibc

/// Finds the cluster's processes by what they were started with, whoever started them.
enum Orphans {
  /// Living processes whose arguments name a settings file or PostgreSQL's data of this folder, by the name of the
  /// process.
  static func find(in folder: DataFolder) -> [(name: String, identity: ProcessIdentity)] {
    var found: [(name: String, identity: ProcessIdentity)] = []
    for entry in Files.names(in: "/proc") {
      guard let pid = Int32(entry), pid != getpid(), let name = name(of: pid, in: folder),
        let identity = ProcessIdentity(livingPid: pid)
      else { continue }
      found.append((name, identity))
    }
    return found
  }

  /// Whether this process is the one that was started as `name` for this folder: the id and start time say that it is
  /// the same process, its arguments that it is one of ours.
  static func isOurs(_ identity: ProcessIdentity, _ processName: String, _ folder: DataFolder) -> Bool {
    identity.isAlive && name(of: identity.pid, in: folder) == processName
  }

  private static func name(of pid: Int32, in folder: DataFolder) -> String? {
    guard let arguments = Files.text("/proc/\(pid)/cmdline")?.split(separator: "\0").map(String.init) else {
      return nil
    }
    for (flag, file) in [("--config", "/settings.yaml"), ("-D", "/data")] {
      guard let place = arguments.firstIndex(of: flag), arguments.indices.contains(place + 1) else { continue }
      let path = arguments[place + 1]
      guard path.hasPrefix(folder.path + "/"), path.hasSuffix(file) else { continue }
      let name = path.dropFirst(folder.path.count + 1).dropLast(file.count)
      if !name.contains("/") { return String(name) }
    }
    return nil
  }
}
