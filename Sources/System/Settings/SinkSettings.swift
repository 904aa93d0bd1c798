/// Everything a sink process is told at its start.
public struct SinkSettings: Equatable, Sendable {
  public var name: String
  /// URLs of the API that it reads, with commas between them: when one fails the next is asked.
  public var endpoint: String
  public var region: String
  public var table: String
  /// A connection URL without its password.
  public var postgres: String
  /// A built-in mapping or a file; nil mirrors items only.
  public var mapping: String?
  /// `host:port` of the HTTP/1.1 admin listener; nil: none.
  public var admin: String?
  /// Whether a table that is not there yet is waited for.
  public var awaitsTable: Bool
  public var logFormat: LogFormat
  public var logLevel: LogLevel

  public init(
    name: String = "sink", endpoint: String, region: String, table: String, postgres: String, mapping: String? = nil,
    admin: String? = nil, awaitsTable: Bool = false, logFormat: LogFormat = .text, logLevel: LogLevel = .info
  ) {
    self.name = name
    self.endpoint = endpoint
    self.region = region
    self.table = table
    self.postgres = postgres
    self.mapping = mapping
    self.admin = admin
    self.awaitsTable = awaitsTable
    self.logFormat = logFormat
    self.logLevel = logLevel
  }

  public static let keys: [SettingKey] =
    [
      SettingKey("name", .text("a name"), default: "sink", "What it is called in logs."),
      SettingKey(
        "endpoint", .text("http://host:port[,…]"), "The API that it reads; when one endpoint fails the next is asked."),
      SettingKey("region", .text("a region name"), "The region that its requests name."),
      SettingKey("table", .text("a table's name"), "What it mirrors; it needs a stream of new and old images."),
      SettingKey("postgres", .text("a connection URL without its password"), "Where it writes to."),
      SettingKey("mapping", .text("a built-in mapping or a file"), default: "none", "Which items become rows."),
      SettingKey(
        "admin", .text("host:port"), default: "none", "Its /healthz, /readyz and /metrics, on loopback."),
      SettingKey(
        "awaitsTable", .flag, default: "true", "Whether it waits for a table that is not there yet, or refuses it."),
    ] + CommonSettings.logging

  /// Reads and checks a settings file.
  public static func load(path: String) throws(SettingsError) -> SinkSettings {
    let settings = try SinkSettings(try SettingsSection.load(path: path, keys: keys))
    try settings.validate(file: path)
    return settings
  }

  private init(_ section: SettingsSection) throws(SettingsError) {
    self.init(
      name: try section.text("name"), endpoint: try section.text("endpoint"), region: try section.text("region"),
      table: try section.text("table"), postgres: try section.text("postgres"),
      mapping: section.has("mapping") ? try section.text("mapping") : nil,
      admin: section.has("admin") ? try section.text("admin") : nil, awaitsTable: try section.flag("awaitsTable"),
      logFormat: try section.choice("logFormat", as: LogFormat.self),
      logLevel: try section.choice("logLevel", as: LogLevel.self))
  }

  public func validate(file: String) throws(SettingsError) {
    guard let admin else { return }
    try CommonSettings.checkListener("admin", admin, insecure: false, file: file)
  }

  /// The settings as a file that ``load(path:)`` reads back.
  public func yaml() -> String {
    let quoted = SettingsValue.quoted
    let optional = [("mapping", mapping), ("admin", admin)].compactMap { name, value in
      value.map { "\(name): \(quoted($0))\n" }
    }
    return """
      name: \(quoted(name))
      endpoint: \(quoted(endpoint))
      region: \(quoted(region))
      table: \(quoted(table))
      postgres: \(quoted(postgres))
      \(optional.joined())awaitsTable: \(awaitsTable)
      logFormat: \(logFormat.rawValue)
      logLevel: \(logLevel.rawValue)

      """
  }

  /// Every key with its default, unit and meaning.
  public static var printConfig: String { SettingKey.documentation(keys, title: "Settings of a sink process") }
}
