internal import Client
internal import Items

/// `gantry cluster partition|isolate|heal`: records what is cut, then tells the processes.
public struct FaultCommands: Sendable {
  let folder: DataFolder

  public init(_ folder: DataFolder) { self.folder = folder }

  public struct Report: Sendable {
    public var text: String
    public var json: String
  }

  /// - Parameter groups: names with commas; nothing passes between two groups.
  public func partition(_ groups: [String]) async throws(SupervisorError) -> Report {
    try await change(try FaultChange.partition(groups, of: try ClusterDescription.ofRunning(folder)))
  }

  /// What `from` sends does not reach `to` any more.
  public func isolate(from: String, to: String) async throws(SupervisorError) -> Report {
    try await change(try FaultChange.isolate(from: from, to: to, of: try ClusterDescription.ofRunning(folder)))
  }

  public func heal() async throws(SupervisorError) -> Report {
    _ = try ClusterDescription.ofRunning(folder)
    return try await change(.heal)
  }

  private func change(_ change: FaultChange) async throws(SupervisorError) -> Report {
    switch try ControlClient.ask(ControlRequest(change), folder) {
    case .done: break
    case .failed(let reason): throw SupervisorError(reason)
    case nil: try recordAlone(change)
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
    for name in paused { text += "\n\(name) is paused and is told when it resumes" }
    let json = JSONValue.members(["faults": faults.json, "paused": .array(paused.map { .text($0) })])
    return Report(text: text, json: json.compact + "\n")
  }
}
