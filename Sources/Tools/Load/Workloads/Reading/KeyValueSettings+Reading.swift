internal import Settings

extension KeyValueSettings {
  /// A limit of the API; the key and the names of attributes count too.
  private static let itemBytesMax = 400_000

  static let settingKeys: [SettingKey] = [
    WorkloadKind.tableKey(default: "usertable"),
    SettingKey("records", .integer(unit: "records", 1...1_000_000_000), default: "1000", "Records of the beginning."),
    SettingKey("fields", .integer(unit: "fields", 1...1_000), default: "10", "Attributes of an item beside its key."),
    SettingKey("fieldBytes", .integer(unit: "bytes", 1...400_000), default: "100", "Of each field's text."),
    SettingKey(
      "distribution", .choice(KeyDistribution.allCases.map(\.rawValue)), default: "zipfian",
      "Which keys are asked for often: all alike, few of them, or the newest."),
    SettingKey(
      "mix", .any("a group of shares (\(KeyValueAction.allCases.map(\.setting).joined(separator: ", ")))"),
      "The share of each operation; together 1."),
    SettingKey("scanLengthMax", .integer(unit: "items", 1...10_000), default: "100", "Scans are uniform from 1 to it."),
    SettingKey("consistentRead", .flag, default: "false", "Whether reads see every write acknowledged before them."),
    SettingKey("preload", .flag, default: "true", "Whether the records are written before the operations begin."),
  ]

  private static let mixKeys = KeyValueAction.allCases.map {
    SettingKey($0.setting, .decimal(unit: "", 0...1), default: "0", "Its share.")
  }

  init(_ section: SettingsSection) throws(SettingsError) {
    self.init()
    table = try section.tableName()
    records = try section.integer("records")
    fields = try section.integer("fields")
    fieldBytes = try section.integer("fieldBytes")
    distribution = try section.choice("distribution", as: KeyDistribution.self)
    scanLengthMax = try section.integer("scanLengthMax")
    consistentRead = try section.flag("consistentRead")
    preload = try section.flag("preload")
    mix = []
    if let shares = try section.section("mix", keys: Self.mixKeys) {
      for key in Self.mixKeys { mix.append(try shares.decimal(key.name)) }
    }
    let sum = mix.reduce(0, +)
    guard abs(sum - 1) < 1e-9 else { throw section.refusal(of: "mix", "must add up to 1, but adds up to \(sum)") }
    guard fields * (fieldBytes + 8) < Self.itemBytesMax else {
      throw section.refusal(of: "fieldBytes", "makes items larger than the \(Self.itemBytesMax) bytes of the API")
    }
  }
}
