internal import Items
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
    links = []
    for links in try section.sections("links", keys: Self.linkKeys) {
      self.links.append(try RegionLinks(links, among: regions.map(\.name)))
    }
    tables = []
    for table in try section.sections("tables", keys: Self.tableKeys) {
      tables.append(Table(name: try table.text("TableName"), request: Array(table.json().utf8)))
    }
    if let data = try section.section("sampleData", keys: Self.sampleDataKeys) {
      sampleData = SampleDataPlan(
        table: try data.text("table"), seed: UInt64(try data.integer("seed")), patients: try data.integer("patients"))
    }
    if let own = try section.section("postgres", keys: Self.postgresKeys) { postgres = try Postgres(own) }
    if let mirror = try section.section("sink", keys: Self.sinkKeys) { sink = try Sink(mirror) }
    residency = []
    for rule in try section.sections("residency", keys: ResidencySettings.keys) {
      residency.append(try ResidencySettings(rule))
    }
    if section.has("residencyKeyFile") {
      residencyKeyFile = Files.absolute(try section.text("residencyKeyFile"))
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
    for name in regions.flatMap({ $0.nodes + $0.coordinators.map(\.name) }) + mirrorNames {
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
    try checkResidency(section)
    guard sink.map({ sink in tables.contains { $0.name == sink.table } }) ?? true else {
      throw section.refusal(of: "sink", "names the table '\(sink!.table)', which is not among the tables")
    }
    guard sink == nil || sink?.postgres != nil || postgres != nil else {
      throw section.refusal(of: "sink", "has nowhere to write to: there is neither 'postgres' beside it nor in it")
    }
    guard sampleData.map({ data in tables.contains { $0.name == data.table } }) ?? true else {
      throw section.refusal(of: "sampleData", "names the table '\(sampleData!.table)', which is not among the tables")
    }
  }

  /// Of tables that are listed here it is known at once which attributes are keys; others are refused where they are made.
  private func checkResidency(_ section: SettingsSection) throws(SettingsError) {
    try ResidencySettings.check(
      residency, regions: regions.map(\.name), keyFile: residencyKeyFile, file: section.file)
    if let residencyKeyFile, residency.contains(where: \.hashes) {
      _ = try ResidencySettings.key(in: residencyKeyFile)
    }
    for rule in residency {
      guard let table = tables.first(where: { $0.name == rule.table }) else { continue }
      for name in table.keyAttributes where (rule.drop + rule.hash + rule.mask).contains(name) {
        throw section.refusal(
          of: "residency",
          "withholds the attribute '\(name)' of \(rule.table), which is a key of the table or an index"
        )
      }
    }
  }

  /// Every key with its default, unit and meaning.
  public static var printConfig: String {
    [
      SettingKey.documentation(keys, title: "A topology file"),
      SettingKey.documentation(regionKeys, title: "Each of 'regions'"),
      SettingKey.documentation(nodeKeys, title: "Each of a region's 'nodes'"),
      SettingKey.documentation(coordinatorKeys, title: "Each of a region's 'coordinators'"),
      SettingKey.documentation(linkKeys, title: "Each of 'links'"),
      SettingKey.documentation(NodeTuning.keys, title: "'nodeSettings'"),
      SettingKey.documentation(ResidencySettings.keys, title: "Each of 'residency'"),
      SettingKey.documentation(sampleDataKeys, title: "'sampleData'"),
      SettingKey.documentation(postgresKeys, title: "'postgres'"),
      SettingKey.documentation(sinkKeys, title: "'sink'"),
    ].joined(separator: "\n")
  }

  private static let keys = [
    SettingKey(
      "regions", .sections("regions"),
      "The regions and their processes. The first one has the tables below and serves clients of unknown regions."),
    SettingKey(
      "links", .sections("groups of keys (between, delayMs, jitterMs, lossPercent)"), default: "[]",
      "How slow and lossy the links between nodes of different regions are. heal does not change that."),
    SettingKey("tables", .sections("CreateTable requests"), default: "[]", "Tables made once."),
    SettingKey(
      "sampleData", .any("a group of keys (table, seed, patients)"), default: "none", "Synthetic patients, loaded once."
    ),
    SettingKey(
      "postgres", .any("a group of keys (name, port)"), default: "none",
      "A PostgreSQL server of the cluster's own, its data in the cluster's folder."),
    SettingKey(
      "sink", .any("a group of keys (name, table, mapping, postgres)"), default: "none",
      "Mirrors a table to PostgreSQL."),
    ResidencySettings.listKey, ResidencySettings.keyFileKey,
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
    SettingKey(
      "coordinators", .sections("coordinators (name, port, loops, corsOrigins)"), "The coordinator processes."),
  ]

  fileprivate static let linkKeys = [
    SettingKey("between", .texts("two regions or more"), "The setting holds between each two of them, both ways."),
    SettingKey(
      "delayMs", .integer(unit: "milliseconds", 0...LinkImpairment.delayMsMax), default: "0",
      "Added to each message, each way."),
    SettingKey(
      "jitterMs", .integer(unit: "milliseconds", 0...LinkImpairment.delayMsMax), default: "0",
      "By how much a message's delay may differ, both ways. Messages stay in order."),
    SettingKey(
      "lossPercent", .decimal(unit: "percent", 0...100), default: "0", "How many messages get lost, each as a whole."),
  ]

  fileprivate static let nodeKeys = [SettingKey("name", .text("a name"), "The node's name.")]

  fileprivate static let coordinatorKeys = [
    SettingKey("name", .text("a name"), "The coordinator's name."),
    SettingKey("port", .integer(unit: "", 0...65_535), default: "0", "Its public API on loopback; 0: a free port."),
    SettingKey("loops", .integer(unit: "event loops", 1...256), default: "2", "Threads that serve connections."),
    CoordinatorSettings.corsOriginsKey,
  ]

  private static let sampleDataKeys = [
    SettingKey("table", .text("a table's name"), "One of the tables above."),
    SettingKey("seed", .integer(unit: "", 0...Int.max), default: "1", "Equal seeds make equal patients."),
    SettingKey("patients", .integer(unit: "patients", 1...999_999), default: "200", "How many."),
  ]

  private static let postgresKeys = [
    SettingKey("name", .text("a name"), default: "postgres", "The server's name."),
    SettingKey("port", .integer(unit: "", 0...65_535), default: "0", "Where it listens on loopback; 0: a free port."),
  ]

  private static let sinkKeys = [
    SettingKey("name", .text("a name"), default: "sink", "The sink's name."),
    SettingKey("table", .text("a table's name"), "One of the tables above; it needs a stream of new and old images."),
    SettingKey(
      "mapping", .text("a built-in mapping or a file"), default: "none",
      "Which items become rows of which tables; none: items are mirrored only."),
    SettingKey(
      "postgres", .text("a connection URL without its password"), default: "the cluster's own",
      "Another PostgreSQL to mirror to."),
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

extension Topology.Table {
  /// The names of the attributes that are keys of the table and its indexes; of what cannot be read: none.
  fileprivate var keyAttributes: [String] {
    guard let request = try? JSONValue(parsing: request) else { return [] }
    let indexes =
      (request["GlobalSecondaryIndexes"]?.elements ?? [])
      + (request["LocalSecondaryIndexes"]?.elements ?? [])
    return ([request] + indexes).flatMap { $0["KeySchema"]?.elements ?? [] }
      .compactMap { $0["AttributeName"]?.text }
  }
}

extension Topology.Postgres {
  fileprivate init(_ section: SettingsSection) throws(SettingsError) {
    name = try section.text("name")
    port = try section.integer("port")
  }
}

extension Topology.RegionLinks {
  fileprivate init(_ section: SettingsSection, among regions: [String]) throws(SettingsError) {
    between = try section.texts("between")
    delayMs = try section.integer("delayMs")
    jitterMs = try section.integer("jitterMs")
    lossPercent = try section.decimal("lossPercent")
    for name in between where !regions.contains(name) {
      let hint = NearestName.of(name, among: regions).map { "; did you mean '\($0)'?" } ?? ""
      throw section.refusal(of: "between", "names '\(name)', which is no region of the topology\(hint)")
    }
    guard between.count >= 2, Set(between).count == between.count else {
      throw section.refusal(of: "between", "takes two different regions or more")
    }
  }
}

extension Topology.Sink {
  fileprivate init(_ section: SettingsSection) throws(SettingsError) {
    name = try section.text("name")
    table = try section.text("table")
    mapping = section.has("mapping") ? try section.text("mapping") : nil
    postgres = section.has("postgres") ? try section.text("postgres") : nil
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
          loops: try coordinator.integer("loops"), corsOrigins: try coordinator.texts("corsOrigins")))
      try CoordinatorSettings.checkOrigins(
        coordinators.last!.corsOrigins, file: coordinator.file, line: coordinator.line)
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
