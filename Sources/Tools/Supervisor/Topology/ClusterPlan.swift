internal import Settings

/// A topology with every port, path and settings file decided.
struct ClusterPlan: Sendable {
  struct Process: Sendable {
    var name: String
    var role: ProcessRole
    var node: Int?
    var listen: String
    var admin: String
    var dataDir: String
    /// The text of its settings file; nil for PostgreSQL.
    var settings: String?
    /// Where a sink writes to.
    var postgres: String?
  }

  struct Region: Sendable {
    var name: String
    /// Nodes in the order of their numbers, then coordinators, then PostgreSQL and the sink.
    var processes: [Process]
  }

  var regions: [Region]

  /// - Parameter ports: one entry for every process of the topology.
  init(_ topology: Topology, _ state: ClusterState, _ folder: DataFolder) {
    let all = topology.regions.map { region in
      RegionEndpoints(
        name: region.name, endpoints: region.coordinators.map { Self.address(Self.ports(state, $0.name).listen) })
    }
    let nodes = topology.regions.map { region in
      RegionNodes(
        name: region.name, cluster: state.cluster(of: region.name, among: topology.regions.map(\.name)),
        nodes: region.numbered.map { name, number in
          NodeAddress(name: name, node: number, address: Self.address(Self.ports(state, name).listen))
        })
    }
    regions = zip(topology.regions, nodes).map { region, own in
      let (cluster, addresses) = (own.cluster, own.nodes)
      let others = nodes.filter { $0.name != region.name }
      let nodes = addresses.map { Self.node($0, addresses, others, region, cluster, topology, state, folder) }
      let coordinators = region.coordinators.map {
        Self.coordinator($0, addresses, region, cluster, all.count > 1 ? all : [], topology, state, folder)
      }
      return Region(name: region.name, processes: nodes + coordinators)
    }
    if let postgres = topology.postgres { regions[0].processes.append(Self.postgres(postgres, state, folder)) }
    if let sink = topology.sink {
      regions[0].processes.append(Self.sink(sink, topology, state, folder, endpoints: all[0].endpoints))
    }
  }

  private static func postgres(
    _ postgres: Topology.Postgres, _ state: ClusterState, _ folder: DataFolder
  ) -> Process {
    Process(
      name: postgres.name, role: .postgres, node: nil, listen: address(ports(state, postgres.name).listen), admin: "",
      dataDir: folder.dataPath(of: postgres.name))
  }

  private static func sink(
    _ sink: Topology.Sink, _ topology: Topology, _ state: ClusterState, _ folder: DataFolder, endpoints: [String]
  ) -> Process {
    let own = topology.postgres.map { postgres in
      PostgresServer(folder, postgres.name).url(port: ports(state, postgres.name).listen)
    }
    guard let url = sink.postgres ?? own else { fatalError("A sink was planned without a PostgreSQL.") }
    let settings = SinkSettings(
      name: sink.name, endpoint: endpoints.map { "http://\($0)" }.joined(separator: ","),
      region: topology.regions[0].name, table: sink.table, postgres: url, mapping: sink.mapping.map(Files.absolute),
      admin: address(ports(state, sink.name).admin), awaitsTable: true,
      logFormat: topology.logFormat, logLevel: topology.logLevel)
    return Process(
      name: sink.name, role: .sink, node: nil, listen: "", admin: settings.admin ?? "",
      dataDir: folder.folder(of: sink.name), settings: settings.yaml(), postgres: url)
  }

  /// What clients of a region are told.
  func endpoint(of region: Region) -> String {
    "http://\(region.processes.first { $0.role == .coordinator }?.listen ?? "")"
  }

  private static func node(
    _ own: NodeAddress, _ peers: [NodeAddress], _ others: [RegionNodes], _ region: Topology.Region,
    _ cluster: String, _ topology: Topology, _ state: ClusterState, _ folder: DataFolder
  ) -> Process {
    let admin = address(ports(state, own.name).admin)
    let data = folder.dataPath(of: own.name)
    var settings = NodeSettings(
      cluster: cluster, region: region.name, name: own.name, node: own.node, listen: own.address, admin: admin,
      data: data, peers: peers, founders: region.founderNumbers, regions: others, shards: region.shards,
      replication: region.replication,
      tuning: topology.nodeSettings, logFormat: topology.logFormat, logLevel: topology.logLevel)
    settings.residency = topology.residency
    settings.residencyKeyFile = topology.residencyKeyFile
    return Process(
      name: own.name, role: .node, node: Int(own.node), listen: own.address, admin: admin, dataDir: data,
      settings: settings.yaml())
  }

  private static func coordinator(
    _ coordinator: Topology.Coordinator, _ nodes: [NodeAddress], _ region: Topology.Region, _ cluster: String,
    _ regions: [RegionEndpoints], _ topology: Topology, _ state: ClusterState, _ folder: DataFolder
  ) -> Process {
    let ports = ports(state, coordinator.name)
    let settings = CoordinatorSettings(
      cluster: cluster, region: region.name, name: coordinator.name, listen: address(ports.listen),
      admin: address(ports.admin), nodes: nodes, regions: regions, loops: coordinator.loops,
      corsOrigins: coordinator.corsOrigins, logFormat: topology.logFormat, logLevel: topology.logLevel)
    return Process(
      name: coordinator.name, role: .coordinator, node: nil, listen: settings.listen, admin: settings.admin,
      dataDir: folder.folder(of: coordinator.name), settings: settings.yaml())
  }

  private static func ports(_ state: ClusterState, _ name: String) -> ClusterState.Ports {
    guard let ports = state.ports(of: name) else { fatalError("The process \(name) was planned without ports.") }
    return ports
  }

  static func address(_ port: Int) -> String { "127.0.0.1:\(port)" }

  var processes: [Process] { regions.flatMap(\.processes) }
}
