/// The nodes of another region, as a node of this one reaches them.
public struct RegionNodes: Hashable, Sendable {
  public var name: String
  /// The id of its cluster, 32 lower-case hexadecimal digits.
  public var cluster: String
  public var nodes: [NodeAddress]

  public init(name: String, cluster: String, nodes: [NodeAddress]) {
    self.name = name
    self.cluster = cluster
    self.nodes = nodes
  }

  static let keys = [
    SettingKey("name", .text("a region name"), "The region, e.g. eu-west-1."),
    SettingKey("cluster", .text("32 hexadecimal digits"), "The id of its cluster."),
    SettingKey("nodes", .sections("{name, node, address}"), "Its nodes."),
  ]

  init(_ section: SettingsSection) throws(SettingsError) {
    var nodes: [NodeAddress] = []
    for node in try section.sections("nodes", keys: NodeAddress.keys) { nodes.append(try NodeAddress(node)) }
    self.init(name: try section.text("name"), cluster: try section.text("cluster"), nodes: nodes)
  }

  var yaml: String {
    let quoted = SettingsValue.quoted
    let list = nodes.map(\.flow).joined(separator: ", ")
    return "{name: \(quoted(name)), cluster: \(quoted(cluster)), nodes: [\(list)]}"
  }

  /// Regions have names and clusters of their own, and no two processes of the topology share a name.
  static func check(
    _ regions: [RegionNodes], besides own: String, _ peers: [NodeAddress], file: String
  ) throws(SettingsError) {
    var names = [own]
    var processes = peers.map(\.name)
    for region in regions {
      guard RegionName.isValid(region.name), !names.contains(region.name) else {
        throw SettingsError(
          file: file, "'regions' names '\(region.name)': each name is there once and takes \(RegionName.form)")
      }
      names.append(region.name)
      try CommonSettings.checkCluster(region.cluster, file: file)
      try CommonSettings.checkNodes("regions", region.nodes, file: file)
      for node in region.nodes {
        guard !processes.contains(node.name) else {
          throw SettingsError(file: file, "'regions' has a second process named \(node.name)")
        }
        processes.append(node.name)
      }
    }
  }
}
