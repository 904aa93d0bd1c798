/// Everything a coordinator process is told at its start.
public struct CoordinatorSettings: Equatable, Sendable {
  /// 32 lower-case hexadecimal digits.
  public var cluster: String
  public var region: String
  public var name: String
  /// `host:port` of the public DynamoDB API.
  public var listen: String
  /// `host:port` of the HTTP/1.1 admin listener.
  public var admin: String
  /// The nodes that it may ask.
  public var nodes: [NodeAddress]
  /// All regions of the topology, this one included; empty where it has only one.
  public var regions: [RegionEndpoints]
  public var loops: Int
  public var callTimeoutMs: Int
  public var enableFaults: Bool
  public var insecureListen: Bool
  /// Origins of web pages that may call the API, or `*` for all; empty: none.
  public var corsOrigins: [String]
  /// Values of `Host` accepted besides loopback names and the listen address.
  public var allowedHosts: [String]
  public var logFormat: LogFormat
  public var logLevel: LogLevel

  public init(
    cluster: String, region: String, name: String, listen: String, admin: String, nodes: [NodeAddress],
    regions: [RegionEndpoints] = [], loops: Int = 2, callTimeoutMs: Int = 10_000, enableFaults: Bool = false,
    insecureListen: Bool = false,
    corsOrigins: [String] = [], allowedHosts: [String] = [], logFormat: LogFormat = .text, logLevel: LogLevel = .info
  ) {
    self.cluster = cluster
    self.region = region
    self.name = name
    self.listen = listen
    self.admin = admin
    self.nodes = nodes
    self.regions = regions
    self.loops = loops
    self.callTimeoutMs = callTimeoutMs
    self.enableFaults = enableFaults
    self.insecureListen = insecureListen
    self.corsOrigins = corsOrigins
    self.allowedHosts = allowedHosts
    self.logFormat = logFormat
    self.logLevel = logLevel
  }

  public static let keys: [SettingKey] =
    CommonSettings.identity + [
      SettingKey("listen", .text("host:port"), "The public DynamoDB API, HTTP/1.1."),
      CommonSettings.admin,
      SettingKey("nodes", .sections("{name, node, address}"), "The nodes that it routes to."),
      SettingKey(
        "regions", .sections("{name, endpoints}"), default: "[]",
        "Every region, this one included: requests signed for another one are passed on to it, and to the first what "
          + "is signed for none of them. Empty: all requests are served here."),
      SettingKey(
        "loops", .integer(unit: "event loops", 1...256), default: "2",
        "Threads that serve connections. More than the machine's idle cores: they only contend."),
      SettingKey(
        "callTimeoutMs", .integer(unit: "milliseconds", 100...120_000), default: "10000",
        "How long a call may take, retries inside the cluster included, before it answers InternalServerError."),
      CommonSettings.enableFaults, CommonSettings.insecureListen,
      corsOriginsKey,
      SettingKey(
        "allowedHosts", .texts("host names"), default: "[]",
        "Names accepted in the Host header besides localhost, loopback addresses and the listen address."),
    ] + CommonSettings.logging

  /// Reads and checks a settings file; the flags add to what the file allows.
  public static func load(
    path: String, insecureListen: Bool = false, enableFaults: Bool = false
  ) throws(SettingsError) -> CoordinatorSettings {
    var settings = try CoordinatorSettings(try SettingsSection.load(path: path, keys: keys))
    settings.enableFaults = settings.enableFaults || enableFaults
    settings.insecureListen = settings.insecureListen || insecureListen
    try settings.validate(file: path)
    return settings
  }

  init(_ section: SettingsSection) throws(SettingsError) {
    var nodes: [NodeAddress] = []
    for node in try section.sections("nodes", keys: NodeAddress.keys) { nodes.append(try NodeAddress(node)) }
    var regions: [RegionEndpoints] = []
    for region in try section.sections("regions", keys: RegionEndpoints.keys) {
      regions.append(try RegionEndpoints(region))
    }
    self.init(
      cluster: try section.text("cluster"), region: try section.text("region"), name: try section.text("name"),
      listen: try section.text("listen"), admin: try section.text("admin"), nodes: nodes, regions: regions,
      loops: try section.integer("loops"), callTimeoutMs: try section.integer("callTimeoutMs"),
      enableFaults: try section.flag("enableFaults"), insecureListen: try section.flag("insecureListen"),
      corsOrigins: try section.texts("corsOrigins"), allowedHosts: try section.texts("allowedHosts"),
      logFormat: try section.choice("logFormat", as: LogFormat.self),
      logLevel: try section.choice("logLevel", as: LogLevel.self))
  }

  /// Refuses combinations that no single key shows to be wrong.
  public func validate(file: String) throws(SettingsError) {
    try CommonSettings.checkCluster(cluster, file: file)
    try CommonSettings.checkName(name, file: file)
    try CommonSettings.checkListener("listen", listen, insecure: insecureListen, file: file)
    try CommonSettings.checkListener("admin", admin, insecure: insecureListen, file: file)
    try CommonSettings.checkNodes("nodes", nodes, file: file)
    try RegionEndpoints.check(regions, own: region, file: file)
    guard listen != admin else { throw SettingsError(file: file, "'listen' and 'admin' are both \(listen)") }
    try Self.checkOrigins(corsOrigins, file: file)
  }

  /// The same in a topology.
  public static let corsOriginsKey = SettingKey(
    "corsOrigins", .texts("origins, e.g. http://localhost:3000"), default: "[]",
    "Web pages of these origins may call the API; '*': every page that a browser here opens; empty: none may.")

  public static let everyOrigin = "*"

  public static func checkOrigins(_ origins: [String], file: String, line: Int? = nil) throws(SettingsError) {
    for origin in origins where !origin.hasPrefix("http://") && !origin.hasPrefix("https://") && origin != everyOrigin {
      throw SettingsError(
        file: file, line: line,
        "'corsOrigins' takes origins such as http://localhost:3000, or '*', but has '\(origin)'")
    }
  }

  /// The settings as a file that ``load(path:insecureListen:enableFaults:)`` reads back.
  public func yaml() -> String {
    let quoted = SettingsValue.quoted
    return """
      cluster: \(quoted(cluster))
      region: \(quoted(region))
      name: \(quoted(name))
      listen: \(quoted(listen))
      admin: \(quoted(admin))
      nodes:
      \(nodes.map(\.yaml).joined())regions: [\(regions.map(\.yaml).joined(separator: ", "))]
      loops: \(loops)
      callTimeoutMs: \(callTimeoutMs)
      enableFaults: \(enableFaults)
      insecureListen: \(insecureListen)
      corsOrigins: [\(corsOrigins.map(quoted).joined(separator: ", "))]
      allowedHosts: [\(allowedHosts.map(quoted).joined(separator: ", "))]
      logFormat: \(logFormat.rawValue)
      logLevel: \(logLevel.rawValue)

      """
  }

  /// Every key with its default, unit and meaning.
  public static var printConfig: String {
    SettingKey.documentation(keys, title: "Settings of a coordinator process")
  }
}
