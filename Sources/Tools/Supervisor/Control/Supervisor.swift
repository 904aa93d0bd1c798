internal import Glibc
internal import Synchronization

/// Owns the processes of one data folder: starts them, notes how they end, and does what the commands ask.
///
/// A child that ends stays down until it is started again. When the supervisor itself is killed its children live on;
/// the next `up` or `down` finds them.
public final class Supervisor: Sendable {
  let folder: DataFolder
  let log: SupervisorLog
  /// As it was read; what became of it since is in the folder's state.
  let topology: Topology
  let table: Mutex<ChildTable>
  /// Held open for as long as the process lives.
  private let lock: Int32
  private let control: ControlServer

  /// What a start found.
  public enum Start {
    case started(Supervisor)
    /// Another supervisor holds the folder.
    case alreadyRunning
  }

  /// Locks the folder, ends orphans of a former supervisor, writes every settings file and starts every process.
  ///
  /// The caller must have blocked the signals (``SignalLoop/block()``) before any thread was started.
  public static func start(
    _ folder: DataFolder, _ topology: Topology, publicPort: Int?
  ) throws(SupervisorError) -> Start {
    guard let lock = try folder.lock() else { return .alreadyRunning }
    let log = SupervisorLog(path: folder.supervisorLogPath)
    ProcessLog.rotate(folder.supervisorLogPath)
    try Recovery.endOrphans(in: folder, log: log)
    if let postgres = topology.postgres { _ = try PostgresServer(folder, postgres.name).programs() }
    let state = try Recovery.state(folder, topology, publicPort: publicPort)
    let plan = ClusterPlan(topology.following(state), state, folder)
    Launcher.raiseFileLimit()
    try plan.write(folder)
    let control = try ControlServer(folder)
    var description = plan.description(state)
    description.faults.links = topology.following(state).linkImpairments
    let supervisor = Supervisor(folder, log, topology, ChildTable(plan, description: description), lock, control)
    try supervisor.startAll()
    return .started(supervisor)
  }

  private init(
    _ folder: DataFolder, _ log: SupervisorLog, _ topology: Topology, _ table: ChildTable, _ lock: Int32,
    _ control: ControlServer
  ) {
    self.folder = folder
    self.log = log
    self.topology = topology
    self.table = Mutex(table)
    self.lock = lock
    self.control = control
  }

  private func startAll() throws(SupervisorError) {
    log.write("starting; process \(getpid())")
    do {
      try table.withLock { table throws(SupervisorError) in
        for child in table.children { try launch(child.plan.name, &table) }
        try table.description.save(folder)
      }
    } catch {
      endChildren()
      throw error
    }
    BackgroundThread.start { self.control.serve { self.answer($0) } }
  }

  /// Serves signals and commands until SIGTERM, SIGINT or a `down`; then ends every child and returns.
  public func run() {
    SignalLoop.run(
      childEnded: { self.reap() },
      everyFewSeconds: {
        for process in self.table.withLock({ $0.children }) {
          ProcessLog.trim(self.folder.logPath(of: process.plan.name))
        }
      })
    log.write("stopping")
    control.close()
    table.withLock { $0.isStopping = true }
    endChildren()
    try? Files.removeTree(folder.descriptionPath)
    log.write("stopped")
  }

  /// Starts a process that is down and notes it; the caller saves the description.
  func launch(_ name: String, _ table: inout ChildTable) throws(SupervisorError) {
    guard let process = table.description.process(named: name) else {
      fatalError("The supervisor has no child \(name).")
    }
    // A command that was read before the end must not leave a process behind.
    guard !table.isStopping else { throw SupervisorError("the cluster is being taken down") }
    let logPath = folder.logPath(of: name)
    ProcessLog.rotate(logPath)
    if process.role == .postgres {
      try PostgresServer(folder, name).prepare()
      PostgresServer(folder, name).waitUntilVacant()
    }
    let identity = try Launcher.start(
      try Launcher.command(process, folder, table.description.faults), output: .file(logPath))
    table.started(name, identity)
    log.write("\(name): started as process \(identity.pid)")
  }

  /// Takes the end of every child that ended.
  func reap() {
    table.withLock { table in
      var isChanged = false
      for child in table.living {
        guard let identity = child.identity else { continue }
        var status: Int32 = 0
        guard waitpid(identity.pid, &status, WNOHANG) == identity.pid else { continue }
        table.ended(child.plan.name)
        let cause = child.isEndRequested ? " on request" : ""
        log.write("\(child.plan.name): process \(identity.pid) \(Termination.describe(status))\(cause)")
        isChanged = true
      }
      if isChanged { save(table) }
    }
  }

  func save(_ table: ChildTable) {
    do {
      try table.description.save(folder)
    } catch {
      log.write("cluster.json is out of date: \(error)")
    }
  }

  /// Clients first, so that none sees a cluster without nodes; each group within a bound.
  private func endChildren() {
    for role in ProcessRole.endOrder {
      // Everything stops: no node need hand over what it leads, as it does at SIGTERM.
      end(role, with: SIGINT)
      if !waitUntilEnded(role, timeoutMs: Termination.stopTimeoutMs) {
        log.write("a \(role.rawValue) did not stop in time and is killed")
        end(role, with: SIGKILL)
        _ = waitUntilEnded(role, timeoutMs: Termination.killTimeoutMs)
      }
    }
  }

  private func end(_ role: ProcessRole, with signal: Int32) {
    table.withLock { table in
      for child in table.living where child.plan.role == role {
        table.endRequested(child.plan.name)
        if let identity = child.identity { role.deliver(signal, to: identity.pid) }
      }
    }
  }

  private func waitUntilEnded(_ role: ProcessRole, timeoutMs: Int) -> Bool {
    let deadline = ContinuousClock.now + .milliseconds(timeoutMs)
    while true {
      reap()
      if table.withLock({ table in !table.living.contains { $0.plan.role == role } }) { return true }
      if ContinuousClock.now > deadline { return false }
      usleep(2_000)
    }
  }
}
