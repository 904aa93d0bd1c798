internal import Bytes
internal import Items

/// `state.json`: what must be the same at the next start.
struct ClusterState: Equatable, Sendable {
  struct Ports: Equatable, Sendable {
    var listen: Int
    var admin: Int
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

  static func == (left: ClusterState, right: ClusterState) -> Bool { left.json == right.json }

  func ports(of name: String) -> Ports? { ports.first { $0.name == name }?.ports }

  var processes: [String] { ports.map(\.name) }

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
  }
}
