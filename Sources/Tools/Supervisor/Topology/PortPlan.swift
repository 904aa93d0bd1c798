/// Gives every process of a topology its ports.
struct PortPlan {
  private var taken: Set<Int> = []
  private let former: ClusterState?

  init(former: ClusterState?) { self.former = former }

  /// Internal and admin ports stay as they were while they are free. Public ports are the topology's; `publicPort`
  /// replaces that of the first coordinator, and its followers count up from there.
  mutating func assign(
    _ topology: Topology, publicPort: Int?
  ) throws(SupervisorError) -> [(name: String, ports: ClusterState.Ports)] {
    var result: [(name: String, ports: ClusterState.Ports)] = []
    let coordinators = topology.regions.flatMap(\.coordinators)
    var publicPorts: [String: Int] = [:]
    for (index, coordinator) in coordinators.enumerated() {
      let wanted = publicPort.map { $0 == 0 ? 0 : $0 + index } ?? coordinator.port
      publicPorts[coordinator.name] = try publicListen(wanted, coordinator.name)
    }
    if let postgres = topology.postgres { publicPorts[postgres.name] = try publicListen(postgres.port, postgres.name) }
    for name in topology.regions.flatMap({ $0.nodes + $0.coordinators.map(\.name) }) + topology.mirrorNames {
      let before = former?.ports(of: name)
      let listen = if let port = publicPorts[name] { port } else { try kept(before?.listen) }
      result.append((name: name, ports: ClusterState.Ports(listen: listen, admin: try kept(before?.admin))))
    }
    // What is left out this time keeps its data, and its ports for the next.
    result += (former?.ports ?? []).filter { entry in !result.contains { $0.name == entry.name } }
    return result.sorted { $0.name < $1.name }
  }

  private mutating func publicListen(_ wanted: Int, _ name: String) throws(SupervisorError) -> Int {
    if wanted == 0 { return try kept(former?.ports(of: name)?.listen) }
    guard (1...65_535).contains(wanted) else {
      throw SupervisorError("\(wanted) is no port; it takes 0 (any free one) to 65535", exitCode: 2)
    }
    guard Ports.isFree(wanted) else {
      throw SupervisorError(
        "port \(wanted) on 127.0.0.1, meant for \(name), is taken or not allowed; end the program that uses it, or "
          + "choose another with --port (0: any free one)")
    }
    taken.insert(wanted)
    return wanted
  }

  private mutating func kept(_ port: Int?) throws(SupervisorError) -> Int {
    let isUsable = port.map { Ports.range.contains($0) && !taken.contains($0) && Ports.isFree($0) } ?? false
    let chosen = isUsable ? port! : try Ports.pick(except: taken)
    taken.insert(chosen)
    return chosen
  }
}
