internal import Glibc

/// The folder of one local cluster and the names of what lies in it:
/// ```
/// lock             held by the supervisor
/// state.json       cluster id, shape, ports, what was loaded; outlives the processes
/// cluster.json     the running processes; only while there are any
/// supervisor.log, supervisor.sock
/// NAME/settings.yaml, NAME/log, NAME/log.1, NAME/data
/// ```
public struct DataFolder: Sendable {
  static let reservedNames = ["lock", "supervisor", "state", "cluster"]
  /// Below it a start is refused: the logs of three nodes alone take a good part of it.
  static let freeBytesMin: UInt64 = 256 << 20

  /// Absolute, without symbolic links.
  public let path: String

  /// Opens an existing folder.
  public init(existing path: String) throws(SupervisorError) {
    guard Files.exists(path) else {
      throw SupervisorError("there is no cluster in \(path); start one with: gantry cluster up --topology local")
    }
    self.path = try Files.resolved(path)
  }

  /// Makes the folder where it is missing, and checks that it can hold a cluster.
  public init(making path: String) throws(SupervisorError) {
    try Files.makeFolder(path)
    self.path = try Files.resolved(path)
    guard access(self.path, W_OK | X_OK) == 0 else {
      throw .system("cannot write in \(self.path)", errno)
    }
    if let free = Files.freeBytes(self.path), free < Self.freeBytesMin {
      throw SupervisorError(
        "the disk of \(self.path) is full: \(free >> 20) MiB are free, a cluster needs at least "
          + "\(Self.freeBytesMin >> 20) MiB; make room, or choose another folder with --data")
    }
  }

  var lockPath: String { "\(path)/lock" }
  var statePath: String { "\(path)/state.json" }
  var descriptionPath: String { "\(path)/cluster.json" }
  var supervisorLogPath: String { "\(path)/supervisor.log" }
  var socketPath: String { "\(path)/supervisor.sock" }

  func folder(of name: String) -> String { "\(path)/\(name)" }
  func settingsPath(of name: String) -> String { "\(path)/\(name)/settings.yaml" }
  func logPath(of name: String) -> String {
    name == "supervisor" ? supervisorLogPath : "\(path)/\(name)/log"
  }
  func dataPath(of name: String) -> String { "\(path)/\(name)/data" }

  /// Takes the lock that only one supervisor can hold; it ends with the process. Nil where another one holds it.
  func lock() throws(SupervisorError) -> Int32? {
    let descriptor = open(lockPath, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw .system("cannot write \(lockPath)", errno) }
    if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return descriptor }
    let code = errno
    close(descriptor)
    guard code == EWOULDBLOCK else { throw .system("cannot lock \(lockPath)", code) }
    return nil
  }

  /// Whether a supervisor runs here.
  func isLocked() -> Bool {
    guard Files.exists(lockPath), let held = try? lock() else { return Files.exists(lockPath) }
    close(held)
    return false
  }

  /// Removes what a cluster left here and nothing else; the folder itself goes when it is then empty.
  func wipe(processes: [String]) throws(SupervisorError) {
    for name in processes { try Files.removeTree(folder(of: name)) }
    for file in [descriptionPath, statePath, supervisorLogPath, supervisorLogPath + ".1", socketPath, lockPath] {
      try Files.removeTree(file)
    }
    rmdir(path)
  }
}
