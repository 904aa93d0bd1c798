internal import Client
internal import Items

/// Asks every process of a cluster for its status; needs neither a supervisor nor a quorum, and writes nothing.
public struct StatusReader: Sendable {
  static let askTimeoutMs = 2_000
  public static let checksumTimeoutMs = 60_000
  static let lastLines = 5

  let folder: DataFolder

  public init(_ folder: DataFolder) { self.folder = folder }

  /// - Parameter checksums: proposes a checksum entry in every shard and waits, within a bound, for all living replicas
  ///   to show their sum at it.
  /// - Parameter timeoutMs: that bound.
  public func read(
    checksums: Bool, timeoutMs: Int = checksumTimeoutMs
  ) async throws(SupervisorError) -> ClusterStatus {
    let description = try ClusterDescription.ofRunning(folder)
    return try await HTTPClient.during { (http) async throws(SupervisorError) in
      checksums ? try await readWithChecksums(description, timeoutMs, http) : await status(description, http)
    }
  }

  private func status(_ description: ClusterDescription, _ http: HTTPClient) async -> ClusterStatus {
    async let readiness = readiness(description.processes, http)
    async let members = members(description.processes.filter { $0.role == .node }, http)
    let reports = await reports(description.processes.filter { $0.role == .node }, http)
    let ready = await readiness
    let processes = description.regions.flatMap { region in
      region.processes.map { process in
        let state = process.state(in: folder)
        let lines = state == .down ? ProcessLog.lastLines(folder.logPath(of: process.name), count: Self.lastLines) : []
        return ClusterStatus.Process(
          described: process, region: region.name, state: state, isReady: ready[process.name], lastLines: lines)
      }
    }
    return ClusterStatus(
      cluster: description.cluster, regions: Self.regions(description, reports, await members),
      processes: processes, faults: description.faults)
  }

  private static func regions(
    _ description: ClusterDescription, _ reports: [NodeReport], _ members: [String: MembersView]
  ) -> [ClusterStatus.Region] {
    description.regions.map { region in
      var status = status(of: region, reports)
      let views = region.processes.compactMap { members[$0.name] }
      status.members = views.max { $0.version < $1.version }.flatMap { $0.version > 0 ? $0 : nil }
      return status
    }
  }

  private static func status(
    of region: ClusterDescription.Region, _ reports: [NodeReport]
  ) -> ClusterStatus.Region {
    let nodes = region.processes.filter { $0.role == .node }.map(\.name)
    let reports = reports.filter { nodes.contains($0.name) }
    let silent = nodes.filter { node in !reports.contains { $0.name == node } }
    let replicas = Dictionary(grouping: reports.flatMap(\.groups), by: \.id).values.map(\.count).max() ?? 0
    let groups = ClusterStatus.Shard.merged(reports, silent: silent, everyNodeHasAll: replicas == reports.count)
    return ClusterStatus.Region(name: region.name, endpoint: region.endpoint, groups: groups)
  }

  private func readiness(_ processes: [DescribedProcess], _ http: HTTPClient) async -> [String: Bool] {
    var ready = await answers(processes) { endpoint in
      let response = try? await http.get("/readyz", from: endpoint, timeoutMs: Self.askTimeoutMs)
      return response.map { $0.status == 200 }
    }
    for process in processes where process.role == .postgres {
      ready[process.name] = PostgresServer(folder, process.name).isReady(process.identity)
    }
    return ready
  }

  private func members(_ nodes: [DescribedProcess], _ http: HTTPClient) async -> [String: MembersView] {
    await answers(nodes) { endpoint in
      let response = try? await http.get("/members", from: endpoint, timeoutMs: Self.askTimeoutMs)
      return response.flatMap { $0.status == 200 ? MembersView($0.body) : nil }
    }
  }

  private func reports(_ nodes: [DescribedProcess], _ http: HTTPClient) async -> [NodeReport] {
    let found: [String: NodeReport] = await answers(nodes) { endpoint in
      let response = try? await http.get("/status", from: endpoint, timeoutMs: Self.askTimeoutMs)
      return response.flatMap { $0.status == 200 ? NodeReport($0.body) : nil }
    }
    return found.values.sorted { $0.name < $1.name }
  }

  /// Asks all at once, but for those that are paused; who does not answer is missing from the result.
  private func answers<Answer: Sendable>(
    _ processes: [DescribedProcess], _ ask: @escaping @Sendable (Endpoint) async -> Answer?
  ) async -> [String: Answer] {
    await withTaskGroup(of: (String, Answer?).self) { group in
      for process in processes where process.state(in: folder) == .up {
        guard let endpoint = Endpoint(process.admin) else { continue }
        group.addTask { (process.name, await ask(endpoint)) }
      }
      var found: [String: Answer] = [:]
      for await (name, answer) in group { found[name] = answer }
      return found
    }
  }

  // MARK: Checksums

  private func readWithChecksums(
    _ description: ClusterDescription, _ timeoutMs: Int, _ http: HTTPClient
  ) async throws(SupervisorError) -> ClusterStatus {
    let nodes = description.processes.filter { $0.role == .node }
    let proposals = await answers(nodes) { endpoint -> [Int: UInt64]? in
      let response = try? await http.post("/checksum", to: endpoint, timeoutMs: 15_000)
      return response.flatMap { $0.status == 200 ? Self.proposed($0.body) : nil }
    }
    let indexes = Self.newest(proposals, description)
    let deadline = ContinuousClock.now + .milliseconds(timeoutMs)
    while true {
      var status = await status(description, http)
      let verdicts = status.regions.flatMap { region in
        region.shards.map { shard in
          indexes[region.name]?[shard.id].map { shard.agreement(at: $0) } ?? .incomplete
        }
      }
      status.agreement = Self.overall(verdicts)
      if status.agreement != .incomplete || indexes.isEmpty || ContinuousClock.now > deadline { return status }
      try? await Task.sleep(for: .milliseconds(50))
    }
  }

  /// By region and shard, the highest index that one of its nodes has proposed.
  private static func newest(
    _ proposals: [String: [Int: UInt64]], _ description: ClusterDescription
  ) -> [String: [Int: UInt64]] {
    var indexes: [String: [Int: UInt64]] = [:]
    for region in description.regions {
      for process in region.processes {
        for (id, index) in proposals[process.name] ?? [:] {
          indexes[region.name, default: [:]][id] = max(indexes[region.name]?[id] ?? 0, index)
        }
      }
    }
    return indexes
  }

  /// One unequal shard is a finding, whatever the others say.
  static func overall(_ verdicts: [ClusterStatus.Agreement]) -> ClusterStatus.Agreement {
    if verdicts.contains(.unequal) { return .unequal }
    return verdicts.isEmpty || verdicts.contains(.incomplete) ? .incomplete : .equal
  }

  static func proposed(_ body: [UInt8]) -> [Int: UInt64]? {
    guard let entries = (try? JSONValue(parsing: body))?["proposed"]?.elements else { return nil }
    var indexes: [Int: UInt64] = [:]
    for entry in entries {
      guard let id = entry["id"]?.integer, let index = entry["index"]?.integer else { return nil }
      indexes[id] = UInt64(index)
    }
    return indexes
  }
}
