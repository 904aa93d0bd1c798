internal import Bytes
internal import Items

/// `state.json`: what must be the same at the next start.
struct ClusterState: Equatable, Sendable {
  struct Ports: Equatable, Sendable {
    var listen: Int
    var admin: Int
  }

  /// The nodes of a region since one was added or taken away.
  struct Members: Equatable, Sendable {
    struct Node: Equatable, Sendable {
      var name: String
      var number: UInt32
    }

    var region: String
    /// Ascending by number.
    var nodes: [Node]
    /// The highest number that a node of the region ever had.
    var numberMax: UInt32
  }

  static let format = 1

  /// 32 lower-case hexadecimal digits, minted at the first start.
  var cluster: String
  var topology: String
  /// ``Topology/shape`` at the first start.
  var shape: String
  /// By process, sorted by name.
  var ports: [(name: String, ports: Ports)]
  var isLoaded: Bool
  /// Of regions whose nodes are no longer those of the topology.
  var members: [Members] = []

  static func == (left: ClusterState, right: ClusterState) -> Bool { left.json == right.json }

  func ports(of name: String) -> Ports? { ports.first { $0.name == name }?.ports }

  var processes: [String] { ports.map(\.name) }

  func members(of region: String) -> Members? { members.first { $0.region == region } }

  /// Changes the nodes of a region, which are those of the topology where none was changed before.
  mutating func change(_ region: Topology.Region, _ body: (inout Members) -> Void) {
    let first = region.numbered.map { Members.Node(name: $0.name, number: $0.number) }
    var changed =
      members(of: region.name) ?? Members(region: region.name, nodes: first, numberMax: first.last?.number ?? 0)
    body(&changed)
    members.removeAll { $0.region == region.name }
    members.append(changed)
    members.sort { $0.region < $1.region }
  }

  /// Every region is a cluster of its own: data and links of one are refused by another. The first has the id that was
  /// minted; those of the others follow from it.
  func cluster(of region: String, among regions: [String]) -> String {
    guard region != regions.first else { return cluster }
    return (UInt64(0)...1).map { seed in
      let digits = String(Hash64.hash(Array("\(cluster)/\(region)".utf8), seed: seed), radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }.joined()
  }

  static func load(_ folder: DataFolder) throws(SupervisorError) -> ClusterState? {
    guard let bytes = try Files.read(folder.statePath) else { return nil }
    guard let json = try? JSONValue(parsing: bytes), let state = ClusterState(json) else {
      throw SupervisorError(
        "\(folder.statePath) is damaged or of a newer version; use another folder (--data), or remove \(folder.path)")
    }
    return state
  }

  func save(_ folder: DataFolder) throws(SupervisorError) {
    try Files.replace(folder.statePath, with: json.indented)
  }

  var json: JSONValue {
    .members([
      "format": .integer(Self.format), "cluster": .text(cluster), "topology": .text(topology), "shape": .text(shape),
      "loaded": .bool(isLoaded),
      "ports": .array(
        ports.map {
          .members([
            "name": .text($0.name), "listen": .integer($0.ports.listen), "admin": .integer($0.ports.admin),
          ])
        }),
      "members": .array(members.map(\.json)),
    ])
  }
}

extension ClusterState {
  fileprivate init?(_ json: JSONValue) {
    guard json["format"]?.integer == Self.format, let cluster = json["cluster"]?.text,
      let topology = json["topology"]?.text, let shape = json["shape"]?.text, let isLoaded = json["loaded"]?.bool,
      let entries = json["ports"]?.elements
    else { return nil }
    self.init(cluster: cluster, topology: topology, shape: shape, ports: [], isLoaded: isLoaded)
    for entry in entries {
      guard let name = entry["name"]?.text, let listen = entry["listen"]?.integer, let admin = entry["admin"]?.integer
      else { return nil }
      ports.append((name: name, ports: Ports(listen: listen, admin: admin)))
    }
    // A file of an earlier build knows of none.
    for entry in json["members"]?.elements ?? [] {
      guard let region = Members(entry) else { return nil }
      members.append(region)
    }
  }
}

extension ClusterState.Members {
  fileprivate var json: JSONValue {
    .members([
      "region": .text(region), "numberMax": .integer(numberMax),
      "nodes": .array(nodes.map { .members(["name": .text($0.name), "number": .integer($0.number)]) }),
    ])
  }

  fileprivate init?(_ json: JSONValue) {
    guard let region = json["region"]?.text,
      let numberMax = json["numberMax"]?.integer.flatMap({ UInt32(exactly: $0) }),
      let entries = json["nodes"]?.elements
    else { return nil }
    self.init(region: region, nodes: [], numberMax: numberMax)
    for entry in entries {
      guard let name = entry["name"]?.text, let number = entry["number"]?.integer.flatMap({ UInt32(exactly: $0) })
      else {
        return nil
      }
      nodes.append(Node(name: name, number: number))
    }
  }
}
