internal import Client
internal import Items

/// The part of `gantry cluster up` that follows once the processes were started: by this process or another one.
public struct ClusterUp: Sendable {
  let folder: DataFolder
  let topology: Topology
  let progress: @Sendable (String) -> Void

  public init(_ folder: DataFolder, _ topology: Topology, progress: @escaping @Sendable (String) -> Void) {
    self.folder = folder
    self.topology = topology
    self.progress = progress
  }

  /// Waits until every shard has a leader and the API answers, then makes tables and data unless a former start did.
  public func complete() async throws(SupervisorError) -> UpReport {
    try await HTTPClient.during { (http) async throws(SupervisorError) in try await complete(http) }
  }

  private func complete(_ http: HTTPClient) async throws(SupervisorError) -> UpReport {
    try await Readiness(folder: folder, http: http).wait()
    guard let description = try ClusterDescription.load(folder), let region = description.regions.first,
      let endpoint = Endpoint(region.endpoint), var state = try ClusterState.load(folder)
    else { throw SupervisorError("the cluster was taken down while it started") }
    if !state.isLoaded {
      let client = DynamoClient(endpoint: endpoint, region: region.name, http: http)
      try await TableLoader(client: client, progress: progress).load(topology)
      state.isLoaded = true
      try state.save(folder)
    }
    return UpReport(description, topology, isAlreadyUp: false)
  }

  /// For a folder whose supervisor runs already: finishes a start that was broken off after the processes were up.
  public func join() async throws(SupervisorError) -> UpReport {
    let description = try await runningDescription()
    let states = description.processes.map { (name: $0.name, state: $0.state(in: folder)) }
    if states.allSatisfy({ $0.state == .up }), let state = try ClusterState.load(folder), !state.isLoaded,
      state.shape == topology.shape
    {
      _ = try await complete()
    }
    return UpReport(description, topology, isAlreadyUp: true, states: states)
  }

  /// Another start may hold the lock and not have written `cluster.json` yet.
  private func runningDescription() async throws(SupervisorError) -> ClusterDescription {
    let deadline = ContinuousClock.now + .seconds(15)
    while true {
      if let description = try ClusterDescription.load(folder) { return description }
      guard ContinuousClock.now < deadline else {
        throw SupervisorError("another supervisor holds \(folder.path) but no cluster comes up there")
      }
      try? await Task.sleep(for: .milliseconds(20))
    }
  }

  /// After a failed start: ends what was started, so that the next one begins clean.
  public func abandon() {
    _ = try? ClusterDown(folder).stop()
  }
}
