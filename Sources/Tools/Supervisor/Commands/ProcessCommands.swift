internal import Client
internal import Glibc
internal import Items

/// `gantry cluster kill|stop|start|pause|resume NAME`: by the supervisor or, where it is gone, on the process itself.
public struct ProcessCommands: Sendable {
  let folder: DataFolder
  let name: String

  /// - Throws: with the names that there are, where `name` is none of them.
  public init(_ folder: DataFolder, _ name: String) throws(SupervisorError) {
    self.folder = folder
    self.name = name
    _ = try process()
  }

  func process() throws(SupervisorError) -> DescribedProcess {
    try ClusterDescription.ofRunning(folder).known(name)
  }

  /// What happened, for people and as JSON.
  public struct Report: Sendable {
    public var text: String
    public var json: String

    init(_ text: String, _ process: DescribedProcess, _ state: ProcessState) {
      self.text = text
      json =
        JSONValue.members([
          "name": .text(process.name), "state": .text(state.rawValue),
          "pid": .integer(state == .down ? nil : process.identity?.pid),
        ]).compact + "\n"
    }
  }

  /// SIGKILL.
  public func kill() throws(SupervisorError) -> Report {
    let process = try process()
    guard let identity = living(process) else { return Report("\(name) was down already", process, .down) }
    try send(.kill, SIGKILL, process)
    guard Termination.waitUntilDead([identity], timeoutMs: Termination.killTimeoutMs) else {
      throw SupervisorError("\(name) (process \(identity.pid)) does not end although it was killed")
    }
    return Report("\(name) (process \(identity.pid)) was killed", process, .down)
  }

  /// SIGTERM and, after a while, SIGKILL.
  public func stop() throws(SupervisorError) -> Report {
    let process = try process()
    guard let identity = living(process) else { return Report("\(name) was down already", process, .down) }
    try send(.stop, process.role.stopSignal, process)
    if Termination.waitUntilDead([identity], timeoutMs: Termination.stopTimeoutMs) {
      return Report("\(name) (process \(identity.pid)) has stopped", process, .down)
    }
    _ = try kill()
    return Report("\(name) (process \(identity.pid)) did not stop in time and was killed", process, .down)
  }

  /// How far a process that was started has to be.
  public enum Start: Sendable { case running, serving }

  /// Returns when the process serves, or runs where no more is asked for or can be expected.
  public func start(until goal: Start = .serving) async throws(SupervisorError) -> Report {
    var process = try process()
    switch process.state(in: folder) {
    case .up: return Report("\(name) is up already", process, .up)
    case .paused: throw SupervisorError("\(name) is paused; let it go on with: gantry cluster resume \(name)")
    case .down: break
    }
    switch try ControlClient.ask(ControlRequest(.start, name), folder) {
    case .done: break
    case .failed(let reason): throw SupervisorError("\(name) could not be started: \(reason)")
    case nil: try startAlone(process)
    }
    let obstacle = try obstacle()
    try await HTTPClient.during { (http) async throws(SupervisorError) in
      try await Readiness(folder: folder, http: http).wait(
        for: [name], until: goal == .serving && obstacle == nil ? .serving : .started)
    }
    process = try self.process()
    let note = obstacle.map { ", but \($0)" } ?? ""
    return Report("\(name) is up (process \(process.identity?.pid ?? 0))\(note)", process, .up)
  }

  /// Why the process cannot be expected to serve; nil where it can.
  private func obstacle() throws(SupervisorError) -> String? {
    let description = try ClusterDescription.ofRunning(folder)
    switch try description.known(name).role {
    case .postgres: return nil
    case .sink:
      let isUp = description.processes.first { $0.role == .postgres }.map { $0.state(in: folder) == .up } ?? true
      if !isUp { return "it cannot mirror before PostgreSQL runs" }
    case .node, .coordinator: break
    }
    let region = description.regions.first { region in region.processes.contains { $0.name == name } }
    let nodes = region?.processes.filter { $0.role == .node } ?? []
    let running = nodes.filter { $0.state(in: folder) == .up }
    if !description.faults.cuts(of: name).isEmpty {
      return "links of it are cut: it may not serve until they are healed"
    }
    return running.count > nodes.count / 2 ? nil : "it cannot serve before a majority of the nodes runs"
  }

  func living(_ process: DescribedProcess) -> ProcessIdentity? {
    process.identity.flatMap { Orphans.isOurs($0, name, folder) ? $0 : nil }
  }

  /// To a process that lives.
  func send(_ verb: ControlRequest.Verb, _ signal: Int32, _ process: DescribedProcess) throws(SupervisorError) {
    switch try ControlClient.ask(ControlRequest(verb, name), folder) {
    case .done: return
    case .failed(let reason): throw SupervisorError(reason)
    case nil:
      guard let pid = process.identity?.pid else { return }
      guard process.role.deliver(signal, to: pid) == 0 || errno == ESRCH else {
        throw .system("cannot signal \(name) (process \(pid))", errno)
      }
    }
  }

  /// Without a supervisor: as it would have done it. Nobody notes how the process ends.
  private func startAlone(_ process: DescribedProcess) throws(SupervisorError) {
    guard let held = try folder.lock() else {
      throw SupervisorError("the supervisor of \(folder.path) is starting or stopping; try again")
    }
    defer { FileLock.release(held) }
    var description = try ClusterDescription.ofRunning(folder)
    let logPath = folder.logPath(of: name)
    ProcessLog.rotate(logPath)
    if process.role == .postgres { PostgresServer(folder, name).waitUntilVacant() }
    let identity = try Launcher.start(
      try Launcher.command(process, folder, description.faults), output: .file(logPath))
    description.update(name, identity)
    try description.save(folder)
  }
}
