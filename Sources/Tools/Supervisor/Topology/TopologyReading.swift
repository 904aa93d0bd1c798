public import Settings

extension Topology {
  /// Reads a built-in topology by its name, or a file by its path. A path wins where both exist and it has a slash or
  /// ends in `.yaml`.
  public static func load(_ nameOrPath: String) throws(SettingsError) -> Topology {
    if let text = BuiltInTopologies.text(nameOrPath) { return try parse(text, source: nameOrPath) }
    let isPath = nameOrPath.contains("/") || nameOrPath.hasSuffix(".yaml") || nameOrPath.hasSuffix(".yml")
    guard isPath || Files.exists(nameOrPath) else {
      let names = BuiltInTopologies.names
      let hint = NearestName.of(nameOrPath, among: names).map { "; did you mean '\($0)'?" } ?? ""
      throw SettingsError(
        file: nameOrPath, "is neither a file nor a built-in topology (\(names.joined(separator: ", ")))\(hint)")
    }
    return try Topology(try SettingsSection.load(path: nameOrPath, keys: keys), source: nameOrPath)
  }

  static func parse(_ text: String, source: String) throws(SettingsError) -> Topology {
    try Topology(try SettingsSection.parse(text, file: source, keys: keys), source: source)
  }

  private init(_ section: SettingsSection, source: String) throws(SettingsError) {
    self.source = source
    regions = []
    for region in try section.sections("regions", keys: Self.regionKeys) { regions.append(try Region(region)) }
    tables = []
    for table in try section.sections("tables", keys: Self.tableKeys) {
      tables.append(Table(name: try table.text("TableName"), request: Array(table.json().utf8)))
    }
    if let data = try section.section("sampleData", keys: Self.sampleDataKeys) {
      sampleData = SampleDataPlan(
        table: try data.text("table"), seed: UInt64(try data.integer("seed")), patients: try data.integer("patients"))
    }
    nodeSettings = NodeTuning()
    if let settings = try section.section("nodeSettings", keys: NodeTuning.keys) {
      nodeSettings = try NodeTuning(settings)
      try nodeSettings.validate(file: settings.file, line: settings.line)
    }
    logFormat = try section.choice("logFormat", as: LogFormat.self)
    logLevel = try section.choice("logLevel", as: LogLevel.self)
    try validate(section)
  }

  private func validate(_ section: SettingsSection) throws(SettingsError) {
    guard !regions.isEmpty else { throw section.refusal(of: "regions", "lists no region") }
    for (index, region) in regions.enumerated() {
      guard RegionName.isValid(region.name) else {
        throw section.refusal(of: "regions", "has a region '\(region.name)': a name takes \(RegionName.form)")
      }
      guard !regions[..<index].contains(where: { $0.name == region.name }) else {
        throw section.refusal(of: "regions", "has two regions named '\(region.name)'")
      }
    }
    var names: Set<String> = []
    for name in regions.flatMap({ $0.nodes + $0.coordinators.map(\.name) }) {
      guard ProcessName.isValid(name), !DataFolder.reservedNames.contains(name) else {
        throw section.refusal(of: "regions", "has a process '\(name)': a name takes \(ProcessName.form)")
      }
      guard names.insert(name).inserted else {
        throw section.refusal(of: "regions", "has two processes named '\(name)'")
      }
    }
    let ports = regions.flatMap { $0.coordinators.map(\.port) }.filter { $0 != 0 }
    guard Set(ports).count == ports.count else {
      throw section.refusal(of: "regions", "gives one port to two coordinators")
    }
    guard sampleData.map({ data in tables.contains { $0.name == data.table } }) ?? true else {
      throw section.refusal(of: "sampleData", "names the table '\(sampleData!.table)', which is not among the tables")
    }
  }

  /// Every key with its default, unit and meaning.
  public static var printConfig: String {
    [
      SettingKey.documentation(keys, title: "A topology file"),
      SettingKey.documentation(regionKeys, title: "Each of 'regions'"),
      SettingKey.documentation(nodeKeys, title: "Each of a region's 'nodes'"),
      SettingKey.documentation(coordinatorKeys, title: "Each of a region's 'coordinators'"),
      SettingKey.documentation(NodeTuning.keys, title: "'nodeSettings'"),
      SettingKey.documentation(sampleDataKeys, title: "'sampleData'"),
    ].joined(separator: "\n")
  }

  private static let keys = [
    SettingKey(
      "regions", .sections("regions"),
      "The regions and their processes. The first one has the tables below and serves clients of unknown regions."),
    SettingKey("tables", .sections("CreateTable requests"), default: "[]", "Tables made once."),
    SettingKey(
      "sampleData", .any("a group of keys (table, seed, patients)"), default: "none", "Synthetic patients, loaded once."
    ),
    SettingKey(
      "nodeSettings", .any("a group of keys (\(NodeTuning.keys.map(\.name).joined(separator: ", ")))"), default: "none",
      "Times and sizes of every node, as in its settings file (gantry node --print-config); for drills."),
    SettingKey(
      "logFormat", .choice(LogFormat.allCases.map(\.rawValue)), default: "text",
      "Logs of all processes: lines for people (text) or one JSON object a line (json)."),
    SettingKey(
      "logLevel", .choice(LogLevel.allCases.map(\.rawValue)), default: "info", "The least severe messages written."),
  ]

  fileprivate static let regionKeys = [
    SettingKey("name", .text("a region name"), "Clients name it in their signatures."),
    SettingKey("shards", .integer(unit: "shards", 1...4_096), default: "6", "Ranges of the key space."),
    SettingKey("replication", .integer(unit: "replicas", 1...7), default: "3", "Replicas of each shard."),
    SettingKey("nodes", .sections("nodes (name)"), "The node processes."),
    SettingKey("coordinators", .sections("coordinators (name, port, loops)"), "The coordinator processes."),
  ]

  fileprivate static let nodeKeys = [SettingKey("name", .text("a name"), "The node's name.")]

  fileprivate static let coordinatorKeys = [
    SettingKey("name", .text("a name"), "The coordinator's name."),
    SettingKey("port", .integer(unit: "", 0...65_535), default: "0", "Its public API on loopback; 0: a free port."),
    SettingKey("loops", .integer(unit: "event loops", 1...256), default: "2", "Threads that serve connections."),
  ]

  private static let sampleDataKeys = [
    SettingKey("table", .text("a table's name"), "One of the tables above."),
    SettingKey("seed", .integer(unit: "", 0...Int.max), default: "1", "Equal seeds make equal patients."),
    SettingKey("patients", .integer(unit: "patients", 1...999_999), default: "200", "How many."),
  ]

  private static let tableKeys: [SettingKey] =
    [SettingKey("TableName", .text("a table's name"), "The table.")]
    + [
      ("AttributeDefinitions", false), ("KeySchema", false), ("BillingMode", true), ("ProvisionedThroughput", true),
      ("GlobalSecondaryIndexes", true), ("LocalSecondaryIndexes", true), ("StreamSpecification", true),
      ("SSESpecification", true), ("Tags", true), ("TableClass", true), ("DeletionProtectionEnabled", true),
    ].map { name, isOptional in
      SettingKey(name, .any("what CreateTable takes"), default: isOptional ? "none" : nil, "As in CreateTable.")
    }
}

extension Topology.Region {
  fileprivate init(_ section: SettingsSection) throws(SettingsError) {
    name = try section.text("name")
    shards = try section.integer("shards")
    replication = try section.integer("replication")
    nodes = []
    for node in try section.sections("nodes", keys: Topology.nodeKeys) { nodes.append(try node.text("name")) }
    coordinators = []
    for coordinator in try section.sections("coordinators", keys: Topology.coordinatorKeys) {
      coordinators.append(
        Topology.Coordinator(
          name: try coordinator.text("name"), port: try coordinator.integer("port"),
          loops: try coordinator.integer("loops")))
    }
    guard !nodes.isEmpty else { throw section.refusal(of: "nodes", "lists no node") }
    guard !coordinators.isEmpty else { throw section.refusal(of: "coordinators", "lists no coordinator") }
    guard replication <= nodes.count else {
      throw section.refusal(of: "replication", "is \(replication), but there are only \(nodes.count) nodes")
    }
    guard replication % 2 == 1 else {
      throw section.refusal(
        of: "replication", "is \(replication); an even number survives no more failures than \(replication - 1)")
    }
  }
}
