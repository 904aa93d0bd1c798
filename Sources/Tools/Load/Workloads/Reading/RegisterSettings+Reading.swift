internal import Settings

extension RegisterSettings {
  static let settingKeys: [SettingKey] = [
    WorkloadKind.tableKey(default: "registers"),
    SettingKey("keys", .integer(unit: "keys", 1...10_000), default: "6", "The registers."),
    SettingKey(
      "consistentRead", .flag, default: "true",
      "Whether reads see every write acknowledged before them; a checker finds it where they do not."),
  ]

  init(_ section: SettingsSection) throws(SettingsError) {
    self.init()
    table = try section.tableName()
    keys = try section.integer("keys")
    consistentRead = try section.flag("consistentRead")
  }
}
