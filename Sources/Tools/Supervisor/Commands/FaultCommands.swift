internal import Client
internal import Items

/// `gantry cluster partition|isolate|delay|loss|heal|clock|disk`: records what is wrong, then tells the processes.
public struct FaultCommands: Sendable {
  let folder: DataFolder

  public init(_ folder: DataFolder) { self.folder = folder }

  public struct Report: Sendable {
    public var text: String
    public var json: String
  }

  /// - Parameter groups: names with commas, or a region's; nothing passes between two groups.
  public func partition(_ groups: [String]) async throws(SupervisorError) -> Report {
    try await change(try FaultChange.partition(groups, of: try ClusterDescription.ofRunning(folder)))
  }

  /// What `from` sends does not reach `to` any more; each is names with commas, or a region's.
  public func isolate(from: String, to: String) async throws(SupervisorError) -> Report {
    try await change(try FaultChange.isolate(from: from, to: to, of: try ClusterDescription.ofRunning(folder)))
  }

  /// Every message between two of the groups takes `ms` longer, each way, give or take `jitterMs`; zero: no longer, also
  /// where the topology has it so.
  ///
  /// - Parameter groups: names with commas, or a region's.
  public func delay(_ groups: [String], ms: Int, jitterMs: Int = 0) async throws(SupervisorError) -> Report {
    try await change(
      try FaultChange.delay(groups, ms: ms, jitterMs: jitterMs, of: try ClusterDescription.ofRunning(folder)))
  }

  /// Of the messages between two of the groups `percent` get lost, each way.
  ///
  /// - Parameter groups: names with commas, or a region's.
  public func loss(_ groups: [String], percent: Double) async throws(SupervisorError) -> Report {
    try await change(try FaultChange.loss(groups, percent: percent, of: try ClusterDescription.ofRunning(folder)))
  }

  /// Sets the wall clocks of processes off; zero: they are right again.
  ///
  /// - Parameter names: with commas, or a region's.
  public func clock(_ names: String, offsetMs: Int) async throws(SupervisorError) -> Report {
    try await change(try FaultChange.clock(names, offsetMs: offsetMs, of: try ClusterDescription.ofRunning(folder)))
  }

  /// Makes the disks of nodes full, slow, both, or whole again.
  ///
  /// - Parameters:
  ///   - names: with commas.
  ///   - syncDelayMs: by how much each sync takes longer.
  public func disk(_ names: String, isFull: Bool = false, syncDelayMs: Int = 0) async throws(SupervisorError) -> Report
  {
    let cluster = try ClusterDescription.ofRunning(folder)
    return try await change(try FaultChange.disk(names, isFull: isFull, syncDelayMs: syncDelayMs, of: cluster))
  }

  /// Ends every cut, delay and loss that a command made. What the topology says of links stays, and so do clocks and disks.
  public func heal() async throws(SupervisorError) -> Report {
    _ = try ClusterDescription.ofRunning(folder)
    return try await change(.heal)
  }

  func change(_ change: FaultChange) async throws(SupervisorError) -> Report { try await self.change([change]) }

  private func change(_ changes: [FaultChange]) async throws(SupervisorError) -> Report {
    for change in changes {
      switch try ControlClient.ask(ControlRequest(change), folder) {
      case .done: break
      case .failed(let reason): throw SupervisorError(reason)
      case nil: try recordAlone(change)
      }
    }
    let (faults, paused) = try await HTTPClient.during { (http) async throws(SupervisorError) in
      try await FaultDelivery(folder: folder, http: http).settle()
    }
    return report(faults, paused: paused)
  }

  /// Without a supervisor: as it would have done it.
  private func recordAlone(_ change: FaultChange) throws(SupervisorError) {
    guard let held = try folder.lock() else {
      throw SupervisorError("the supervisor of \(folder.path) is starting or stopping; try again")
    }
    defer { FileLock.release(held) }
    var description = try ClusterDescription.ofRunning(folder)
    description.faults.apply(change)
    try description.save(folder)
  }

  private func report(_ faults: ClusterFaults, paused: [String]) -> Report {
    var text = faults.isEmpty ? "every link is whole" : faults.text
    if faults.isEmpty, !faults.links.isEmpty { text += ", and as the topology has it" }
    for name in paused { text += "\n\(name) is paused and is told when it resumes" }
    let json = JSONValue.members(["faults": faults.json, "paused": .array(paused.map { .text($0) })])
    return Report(text: text, json: json.compact + "\n")
  }
}
