/// `gantry cluster down`.
public struct ClusterDown: Sendable {
  let folder: DataFolder

  public init(_ folder: DataFolder) { self.folder = folder }

  /// Long enough for the supervisor to have stopped, and then killed, every group of its children.
  private static let supervisorTimeoutMs =
    ProcessRole.endOrder.count * (Termination.stopTimeoutMs + Termination.killTimeoutMs) + 5_000

  /// Stops the supervisor and its processes, or the processes that a lost supervisor left.
  ///
  /// Returns whether anything ran.
  @discardableResult
  public func stop() throws(SupervisorError) -> Bool {
    var didRun = false
    let description = try? ClusterDescription.load(folder)
    if try ControlClient.ask(ControlRequest(.shutDown), folder) != nil {
      didRun = true
      try waitForSupervisor(description?.supervisor)
    }
    let orphans = Orphans.find(in: folder)
    if !orphans.isEmpty {
      didRun = true
      try endOrphans(orphans, description)
    }
    try Files.removeTree(folder.descriptionPath)
    return didRun
  }

  private func waitForSupervisor(_ identity: ProcessIdentity?) throws(SupervisorError) {
    let deadline = ContinuousClock.now + .milliseconds(Self.supervisorTimeoutMs)
    while folder.isLocked() || identity?.isAlive ?? false {
      guard ContinuousClock.now < deadline else {
        throw SupervisorError(
          "the supervisor (process \(identity?.pid ?? 0)) does not stop; its log is \(folder.supervisorLogPath)")
      }
      Pause.milliseconds(5)
    }
  }

  /// Clients first; those that nothing is known of last.
  private func endOrphans(
    _ orphans: [(name: String, identity: ProcessIdentity)], _ description: ClusterDescription?
  ) throws(SupervisorError) {
    var rest = orphans
    for role in ProcessRole.endOrder {
      let names = Set(description?.processes.filter { $0.role == role }.map(\.name) ?? [])
      try Termination.end(rest.filter { names.contains($0.name) }.map(\.identity))
      rest.removeAll { names.contains($0.name) }
    }
    try Termination.end(rest.map(\.identity))
  }

  /// Removes the data of a stopped cluster: only what its state says that it made.
  public func wipe() throws(SupervisorError) {
    guard Files.exists(folder.lockPath) else {
      throw SupervisorError("\(folder.path) holds no cluster; nothing was removed")
    }
    guard let held = try folder.lock() else {
      throw SupervisorError("\(folder.path) is in use again; nothing was removed")
    }
    defer { FileLock.release(held) }
    // A start that was refused leaves a lock and a log but no state.
    try folder.wipe(processes: try ClusterState.load(folder)?.processes ?? [])
  }
}
