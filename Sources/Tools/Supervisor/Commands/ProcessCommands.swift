internal import Client
internal import Glibc
internal import Items
internal import Settings

/// `gantry cluster kill|stop|start NAME`: by the supervisor or, where it is gone, on the process itself.
public struct ProcessCommands: Sendable {
  let folder: DataFolder
  let name: String

  /// - Throws: with the names that there are, where `name` is none of them.
  public init(_ folder: DataFolder, _ name: String) throws(SupervisorError) {
    self.folder = folder
    self.name = name
    _ = try process()
  }

  private func process() throws(SupervisorError) -> DescribedProcess {
    guard let description = try ClusterDescription.load(folder) else {
      throw SupervisorError("no cluster is up in \(folder.path); start one with: gantry cluster up --topology local")
    }
    guard let process = description.process(named: name) else {
      let names = description.processes.map(\.name)
      let hint = NearestName.of(name, among: names).map { "; did you mean '\($0)'?" } ?? ""
      throw SupervisorError("there is no '\(name)': there are \(names.joined(separator: ", "))\(hint)", exitCode: 2)
    }
    return process
  }

  /// What happened, for people and as JSON.
  public struct Report: Sendable {
    public var text: String
    public var json: String

    fileprivate init(_ text: String, _ process: DescribedProcess, isUp: Bool) {
      self.text = text
      json =
        JSONValue.members([
          "name": .text(process.name), "state": .text(isUp ? "up" : "down"),
          "pid": .integer(isUp ? process.identity?.pid : nil),
        ]).compact + "\n"
    }
  }

  /// SIGKILL.
  public func kill() throws(SupervisorError) -> Report {
    let process = try process()
    guard let identity = living(process) else { return Report("\(name) was down already", process, isUp: false) }
    try send(.kill, SIGKILL, identity)
    guard Termination.waitUntilDead([identity], timeoutMs: Termination.killTimeoutMs) else {
      throw SupervisorError("\(name) (process \(identity.pid)) does not end although it was killed")
    }
    return Report("\(name) (process \(identity.pid)) was killed", process, isUp: false)
  }

  /// SIGTERM and, after a while, SIGKILL.
  public func stop() throws(SupervisorError) -> Report {
    let process = try process()
    guard let identity = living(process) else { return Report("\(name) was down already", process, isUp: false) }
    try send(.stop, SIGTERM, identity)
    if Termination.waitUntilDead([identity], timeoutMs: Termination.stopTimeoutMs) {
      return Report("\(name) (process \(identity.pid)) has stopped", process, isUp: false)
    }
    _ = try kill()
    return Report("\(name) (process \(identity.pid)) did not stop in time and was killed", process, isUp: false)
  }

  /// Returns when the process serves.
  public func start() async throws(SupervisorError) -> Report {
    var process = try process()
    guard living(process) == nil else { return Report("\(name) is up already", process, isUp: true) }
    switch try ControlClient.ask(ControlRequest(.start, name), folder) {
    case .done: break
    case .failed(let reason): throw SupervisorError("\(name) could not be started: \(reason)")
    case nil: try startAlone(process)
    }
    let http = HTTPClient()
    let result = await Result { () async throws(SupervisorError) in
      try await Readiness(folder: folder, http: http).wait(for: [name])
    }
    await http.shutDown()
    try result.get()
    process = try self.process()
    return Report("\(name) is up (process \(process.identity?.pid ?? 0))", process, isUp: true)
  }

  private func living(_ process: DescribedProcess) -> ProcessIdentity? {
    process.identity.flatMap { Orphans.isOurs($0, name, folder) ? $0 : nil }
  }

  private func send(_ verb: ControlRequest.Verb, _ signal: Int32, _ identity: ProcessIdentity) throws(SupervisorError) {
    switch try ControlClient.ask(ControlRequest(verb, name), folder) {
    case .done: return
    case .failed(let reason): throw SupervisorError(reason)
    case nil:
      guard Glibc.kill(identity.pid, signal) == 0 || errno == ESRCH else {
        throw .system("cannot signal \(name) (process \(identity.pid))", errno)
      }
    }
  }

  /// Without a supervisor: as it would have done it. Nobody notes how the process ends.
  private func startAlone(_ process: DescribedProcess) throws(SupervisorError) {
    guard let held = try folder.lock() else {
      throw SupervisorError("the supervisor of \(folder.path) is starting or stopping; try again")
    }
    defer { FileLock.release(held) }
    guard var description = try ClusterDescription.load(folder) else {
      throw SupervisorError("no cluster is up in \(folder.path)")
    }
    let logPath = folder.logPath(of: name)
    ProcessLog.rotate(logPath)
    let identity = try Launcher.start(
      try Launcher.ownExecutable(), [process.role.rawValue, "--config", folder.settingsPath(of: name)],
      output: .file(logPath))
    description.update(name, identity)
    try description.save(folder)
  }
}
