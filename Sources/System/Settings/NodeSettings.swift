/// Everything a node process is told at its start.
public struct NodeSettings: Equatable, Sendable {
  /// 32 lower-case hexadecimal digits.
  public var cluster: String
  public var region: String
  public var name: String
  /// The node's number in its cluster, from 1.
  public var node: UInt32
  /// `host:port` of the internal HTTP/2 listener.
  public var listen: String
  /// `host:port` of the HTTP/1.1 admin listener.
  public var admin: String
  /// The directory that holds log, stores and identity.
  public var data: String
  /// Every node of the cluster, this one included.
  public var peers: [NodeAddress]
  /// The numbers of the nodes that the cluster was made with: its first replicas were placed on them.
  public var founders: [UInt32]
  /// The other regions of the topology.
  public var regions: [RegionNodes]
  /// What regions may hold of tables with replicas.
  public var residency: [ResidencySettings] = []
  /// Nil where no rule hashes.
  public var residencyKeyFile: String?
  public var shards: Int
  public var replication: Int
  public var tuning: NodeTuning
  public var enableFaults: Bool
  public var insecureListen: Bool
  public var logFormat: LogFormat
  public var logLevel: LogLevel

  public init(
    cluster: String, region: String, name: String, node: UInt32, listen: String, admin: String, data: String,
    peers: [NodeAddress], founders: [UInt32]? = nil, regions: [RegionNodes] = [], shards: Int = 6, replication: Int = 3,
    tuning: NodeTuning = NodeTuning(),
    enableFaults: Bool = false, insecureListen: Bool = false, logFormat: LogFormat = .text, logLevel: LogLevel = .info
  ) {
    self.cluster = cluster
    self.region = region
    self.name = name
    self.node = node
    self.listen = listen
    self.admin = admin
    self.data = data
    self.peers = peers
    self.founders = founders ?? peers.map(\.node)
    self.regions = regions
    self.shards = shards
    self.replication = replication
    self.tuning = tuning
    self.enableFaults = enableFaults
    self.insecureListen = insecureListen
    self.logFormat = logFormat
    self.logLevel = logLevel
  }

  public static let keys: [SettingKey] =
    CommonSettings.identity + [
      SettingKey("node", .integer(unit: "", 1...65_535), "The node's number in the cluster; never used again."),
      SettingKey("listen", .text("host:port"), "Internal HTTP/2 listener for nodes and coordinators."),
      CommonSettings.admin,
      SettingKey("data", .text("a directory"), "Holds log, stores and identity; made where it is missing."),
      SettingKey(
        "peers", .sections("{name, node, address}"), "Every node of the cluster, this one included."),
      SettingKey(
        "founders", .texts("numbers of nodes"), default: "[]",
        "The nodes that the cluster was made with, also those that left since; empty: the peers."),
      SettingKey(
        "regions", .sections("{name, cluster, nodes}"), default: "[]",
        "The other regions of the topology: replicas of tables may be there."),
      ResidencySettings.listKey, ResidencySettings.keyFileKey,
      SettingKey(
        "shards", .integer(unit: "shards", 1...4_096), default: "6",
        "How many ranges the key space is cut into when the cluster is made; later starts keep what was made."),
      SettingKey(
        "replication", .integer(unit: "replicas", 1...7), default: "3",
        "Replicas of each shard; odd, and at most the number of nodes."),
    ] + NodeTuning.keys + [CommonSettings.enableFaults, CommonSettings.insecureListen] + CommonSettings.logging

  /// Reads and checks a settings file; the flags add to what the file allows.
  public static func load(
    path: String, insecureListen: Bool = false, enableFaults: Bool = false
  ) throws(SettingsError) -> NodeSettings {
    let section = try SettingsSection.load(path: path, keys: keys)
    var settings = try NodeSettings(section)
    settings.insecureListen = settings.insecureListen || insecureListen
    settings.enableFaults = settings.enableFaults || enableFaults
    try settings.validate(file: path)
    return settings
  }

  init(_ section: SettingsSection) throws(SettingsError) {
    var peers: [NodeAddress] = []
    for peer in try section.sections("peers", keys: NodeAddress.keys) { peers.append(try NodeAddress(peer)) }
    var founders: [UInt32] = []
    for text in try section.texts("founders") {
      guard let number = UInt32(text) else {
        throw section.refusal(of: "founders", "has '\(text)', which is no number")
      }
      founders.append(number)
    }
    var regions: [RegionNodes] = []
    for region in try section.sections("regions", keys: RegionNodes.keys) { regions.append(try RegionNodes(region)) }
    self.init(
      cluster: try section.text("cluster"), region: try section.text("region"), name: try section.text("name"),
      node: UInt32(try section.integer("node")), listen: try section.text("listen"),
      admin: try section.text("admin"), data: try section.text("data"), peers: peers,
      founders: founders.isEmpty ? nil : founders, regions: regions,
      shards: try section.integer("shards"), replication: try section.integer("replication"),
      tuning: try NodeTuning(section),
      enableFaults: try section.flag("enableFaults"), insecureListen: try section.flag("insecureListen"),
      logFormat: try section.choice("logFormat", as: LogFormat.self),
      logLevel: try section.choice("logLevel", as: LogLevel.self))
    for rule in try section.sections("residency", keys: ResidencySettings.keys) {
      residency.append(try ResidencySettings(rule))
    }
    if section.has("residencyKeyFile") { residencyKeyFile = try section.text("residencyKeyFile") }
  }

  /// Refuses combinations that no single key shows to be wrong.
  public func validate(file: String) throws(SettingsError) {
    try CommonSettings.checkCluster(cluster, file: file)
    try CommonSettings.checkName(name, file: file)
    try CommonSettings.checkListener("listen", listen, insecure: insecureListen, file: file)
    try CommonSettings.checkListener("admin", admin, insecure: insecureListen, file: file)
    try CommonSettings.checkNodes("peers", peers, file: file)
    try RegionNodes.check(regions, besides: region, peers, file: file)
    try ResidencySettings.check(
      residency, regions: [region] + regions.map(\.name), keyFile: residencyKeyFile, file: file)
    guard listen != admin else {
      throw SettingsError(file: file, "'listen' and 'admin' are both \(listen)")
    }
    guard peers.contains(where: { $0.node == node && $0.name == name }) else {
      throw SettingsError(file: file, "'peers' must list this node itself: name \(name), node \(node)")
    }
    guard replication <= founders.count else {
      throw SettingsError(file: file, "'replication' is \(replication), but there are only \(founders.count) nodes")
    }
    guard replication % 2 == 1 else {
      throw SettingsError(
        file: file, "'replication' is \(replication); an even number survives no more failures than \(replication - 1)")
    }
    try tuning.validate(file: file)
  }

  /// What is left out where it is as it is by default: see ``NodeTuning/yaml``.
  private var laterKeys: String {
    var lines = ""
    if founders != peers.map(\.node) { lines += "founders: [\(founders.map { "\($0)" }.joined(separator: ", "))]\n" }
    if !residency.isEmpty { lines += "residency: [\(residency.map(\.yaml).joined(separator: ", "))]\n" }
    if let residencyKeyFile { lines += "residencyKeyFile: \(SettingsValue.quoted(residencyKeyFile))\n" }
    return lines
  }

  /// The settings as a file that ``load(path:insecureListen:enableFaults:)`` reads back.
  public func yaml() -> String {
    let quoted = SettingsValue.quoted
    return """
      cluster: \(quoted(cluster))
      region: \(quoted(region))
      name: \(quoted(name))
      node: \(node)
      listen: \(quoted(listen))
      admin: \(quoted(admin))
      data: \(quoted(data))
      peers:
      \(peers.map(\.yaml).joined())\(laterKeys)regions: [\(regions.map(\.yaml).joined(separator: ", "))]
      shards: \(shards)
      replication: \(replication)
      \(tuning.yaml)enableFaults: \(enableFaults)
      insecureListen: \(insecureListen)
      logFormat: \(logFormat.rawValue)
      logLevel: \(logLevel.rawValue)

      """
  }

  /// Every key with its default, unit and meaning.
  public static var printConfig: String { SettingKey.documentation(keys, title: "Settings of a node process") }
}
