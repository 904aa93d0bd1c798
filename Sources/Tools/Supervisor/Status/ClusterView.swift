public import Client

/// What a drill has to know of a cluster at one moment.
public struct ClusterView: Sendable {
  public struct Process: Sendable {
    public enum Kind: Sendable { case node, coordinator, other }

    public var name: String
    public var kind: Kind
    /// `host:port`; of a coordinator that of its API.
    public var address: String
    public var dataDir: String

    public init(name: String, kind: Kind, address: String, dataDir: String) {
      self.name = name
      self.kind = kind
      self.address = address
      self.dataDir = dataDir
    }
  }

  public var region: String
  public var processes: [Process]
  /// The names of the nodes that lead the shards which have a leader, the metadata group left out.
  public var leaders: [String]
  /// What keeps the cluster from being whole: processes that are not up, shards without a leader, replicas that are not
  /// healthy, and, where checksums were asked for, replicas that differ or did not show theirs.
  public var obstacles: [String]

  public init(region: String, processes: [Process], leaders: [String], obstacles: [String]) {
    self.region = region
    self.processes = processes
    self.leaders = leaders
    self.obstacles = obstacles
  }

  /// - Parameter checksums: as ``StatusReader/read(checksums:)`` takes it.
  public init(of folder: DataFolder, checksums: Bool = false) async throws(SupervisorError) {
    let status = try await StatusReader(folder).read(checksums: checksums)
    region = status.regions[0].name
    processes = status.processes.map { process in
      Process(
        name: process.described.name, kind: Process.Kind(process.described.role), address: process.described.address,
        dataDir: process.described.dataDir)
    }
    leaders = status.regions.flatMap(\.shards).compactMap(\.leader)
    obstacles = Self.obstacles(status, checksums)
  }

  private static func obstacles(_ status: ClusterStatus, _ checksums: Bool) -> [String] {
    var obstacles: [String] = []
    for process in status.processes
    where process.state != .up || (process.described.role != .postgres && process.isReady != true) {
      obstacles.append("\(process.described.name) is \(process.state == .up ? "not ready" : process.state.rawValue)")
    }
    for group in status.regions.flatMap(\.groups) {
      let name = group.id == 0 ? "the metadata group" : "shard \(group.id)"
      if group.leader == nil { obstacles.append("\(name) has no leader") }
      for replica in group.replicas where !replica.isHealthy {
        obstacles.append("\(replica.node)'s replica of \(name) is not healthy")
      }
    }
    if status.regions.contains(where: \.groups.isEmpty) { obstacles.append("no node tells of its shards") }
    if checksums, status.agreement != .equal {
      obstacles.append(status.agreement == .unequal ? "replicas differ" : "not every replica showed its checksum")
    }
    return obstacles
  }

  public var nodes: [String] { processes.filter { $0.kind == .node }.map(\.name) }
  public var coordinators: [String] { processes.filter { $0.kind == .coordinator }.map(\.name) }

  /// Where clients reach the cluster: every coordinator's API.
  public var endpoints: [Endpoint] {
    processes.filter { $0.kind == .coordinator }.compactMap { Endpoint("http://\($0.address)") }
  }
}

extension ClusterView.Process.Kind {
  fileprivate init(_ role: ProcessRole) {
    switch role {
    case .node: self = .node
    case .coordinator: self = .coordinator
    case .postgres, .sink: self = .other
    }
  }
}
