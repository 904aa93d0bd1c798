internal import Items

extension ClusterDescription {
  var json: JSONValue {
    .members([
      "cluster": .text(cluster), "topology": .text(topology), "bootId": .text(bootID),
      "supervisor": .members(["pid": .integer(supervisor.pid), "startTime": .integer(supervisor.startTime)]),
      "regions": .array(regions.map(\.json)), "faults": faults.json,
    ])
  }

  init?(_ json: JSONValue) {
    guard let cluster = json["cluster"]?.text, let topology = json["topology"]?.text,
      let bootID = json["bootId"]?.text, let supervisor = json["supervisor"].flatMap(ProcessIdentity.init(json:)),
      let regions = json["regions"]?.elements
    else { return nil }
    self.init(cluster: cluster, topology: topology, bootID: bootID, supervisor: supervisor, regions: [])
    for entry in regions {
      guard let region = Region(entry) else { return nil }
      self.regions.append(region)
    }
    guard let faults = json["faults"].map({ ClusterFaults($0) }) ?? ClusterFaults() else { return nil }
    self.faults = faults
  }
}

extension ClusterDescription.Region {
  fileprivate var json: JSONValue {
    .members([
      "name": .text(name), "endpoint": .text(endpoint),
      "nodes": .array(processes.filter { $0.role == .node }.map(\.json)),
      "coordinators": .array(processes.filter { $0.role == .coordinator }.map(\.json)),
      "postgres": processes.first { $0.role == .postgres }?.json ?? .null,
      "sink": processes.first { $0.role == .sink }?.json ?? .null,
    ])
  }

  fileprivate init?(_ json: JSONValue) {
    guard let name = json["name"]?.text, let endpoint = json["endpoint"]?.text, let nodes = json["nodes"]?.elements,
      let coordinators = json["coordinators"]?.elements
    else { return nil }
    // A file of an earlier build has no mirror.
    let mirror = [("postgres", ProcessRole.postgres), ("sink", .sink)].compactMap { name, role in
      json.member(name).flatMap { $0 == .null ? nil : ($0, role) }
    }
    let processes =
      nodes.map { DescribedProcess($0, role: .node) } + coordinators.map { DescribedProcess($0, role: .coordinator) }
      + mirror.map { DescribedProcess($0, role: $1) }
    self.init(name: name, endpoint: endpoint, processes: processes.compactMap { $0 })
    guard self.processes.count == processes.count else { return nil }
  }
}

extension DescribedProcess {
  fileprivate var json: JSONValue {
    var members: [JSONValue.Member] = []
    func add(_ name: String, _ value: JSONValue) { members.append(.init(name: Array(name.utf8), value: value)) }
    add("name", .text(name))
    if let node { add("node", .integer(node)) }
    add("pid", .integer(identity?.pid))
    add("startTime", .integer(identity?.startTime))
    add("address", .text(address))
    add("admin", .text(admin))
    add("dataDir", .text(dataDir))
    if let postgres { add("postgres", .text(postgres)) }
    return .object(members)
  }

  fileprivate init?(_ json: JSONValue, role: ProcessRole) {
    guard let name = json["name"]?.text, let address = json["address"]?.text, let admin = json["admin"]?.text,
      let dataDir = json["dataDir"]?.text
    else { return nil }
    self.init(
      name: name, role: role, node: json["node"]?.integer, identity: ProcessIdentity(json: json), address: address,
      admin: admin, dataDir: dataDir, postgres: json["postgres"]?.text)
  }
}

extension ProcessIdentity {
  fileprivate init?(json: JSONValue) {
    guard let pid = json["pid"]?.integer, let startTime = json["startTime"]?.integer else { return nil }
    self.init(pid: Int32(pid), startTime: UInt64(startTime))
  }
}
