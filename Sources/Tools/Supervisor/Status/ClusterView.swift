public import Client
internal import Settings

/// What a drill has to know of a cluster at one moment.
public struct ClusterView: Sendable {
  public struct Process: Sendable {
    public enum Kind: Sendable { case node, coordinator, other }

    public var name: String
    public var kind: Kind
    /// `host:port`; of a coordinator that of its API.
    public var address: String
    public var dataDir: String
    public var region: String

    public init(name: String, kind: Kind, address: String, dataDir: String, region: String = "") {
      self.name = name
      self.kind = kind
      self.address = address
      self.dataDir = dataDir
      self.region = region
    }
  }

  /// The mirror of a table in PostgreSQL.
  public struct Mirror: Sendable {
    public var table: String
    /// A connection URL.
    public var postgres: String
  }

  /// The first one.
  public var region: String
  public var processes: [Process]
  /// The names of the nodes that lead the first region's shards which have a leader, the metadata group left out.
  public var leaders: [String]
  /// What keeps the cluster from being whole: processes that are not up, shards without a leader, replicas that are not
  /// healthy, and, where checksums were asked for, replicas that differ or did not show theirs.
  public var obstacles: [String]
  /// All of them, the first one first.
  public var regions: [String]
  /// Nil where the cluster has no sink.
  public var mirror: Mirror?

  public init(region: String, processes: [Process], leaders: [String], obstacles: [String]) {
    self.region = region
    regions = [region]
    self.processes = processes
    self.leaders = leaders
    self.obstacles = obstacles
  }

  /// A replica that a snapshot brought beyond the entry never shows its sum: whoever wants it asks again.
  static let checksumTimeoutMs = 5_000

  /// - Parameter checksums: as ``StatusReader/read(checksums:timeoutMs:)`` takes it.
  public init(of folder: DataFolder, checksums: Bool = false) async throws(SupervisorError) {
    let status = try await StatusReader(folder).read(checksums: checksums, timeoutMs: Self.checksumTimeoutMs)
    region = status.regions[0].name
    processes = status.processes.map { process in
      Process(
        name: process.described.name, kind: Process.Kind(process.described.role), address: process.described.address,
        dataDir: process.described.dataDir, region: process.region)
    }
    leaders = status.regions[0].shards.compactMap(\.leader)
    regions = status.regions.map(\.name)
    obstacles = Self.obstacles(status, checksums)
    mirror = status.processes.first { $0.described.role == .sink }.flatMap { Mirror($0.described, folder) }
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
    obstacles += status.regions.compactMap { $0.members?.text }
    if status.regions.contains(where: \.groups.isEmpty) { obstacles.append("no node tells of its shards") }
    if checksums, status.agreement != .equal {
      obstacles.append(status.agreement == .unequal ? "replicas differ" : "not every replica showed its checksum")
    }
    return obstacles
  }

  public var nodes: [String] { processes.filter { $0.kind == .node }.map(\.name) }
  public var coordinators: [String] { processes.filter { $0.kind == .coordinator }.map(\.name) }

  /// Where clients reach the first region: every coordinator's API.
  public var endpoints: [Endpoint] { endpoints(of: region) }

  /// The API of every coordinator of a region.
  public func endpoints(of region: String) -> [Endpoint] {
    let coordinators = processes.filter { $0.kind == .coordinator && ($0.region == region || regions.count == 1) }
    return coordinators.compactMap { Endpoint("http://\($0.address)") }
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

extension ClusterView.Mirror {
  /// By the sink's own settings.
  fileprivate init?(_ sink: DescribedProcess, _ folder: DataFolder) {
    guard let settings = try? SinkSettings.load(path: folder.settingsPath(of: sink.name)) else { return nil }
    self.init(table: settings.table, postgres: settings.postgres)
  }
}
