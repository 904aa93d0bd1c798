internal import Settings

/// What a workload file is about; each kind has keys of its own.
enum WorkloadKind: String, CaseIterable {
  case keyValue = "key-value"
  case registers
  case risDay = "ris-day"

  static let key = SettingKey("kind", .choice(allCases.map(\.rawValue)), "What the operations are about.")

  /// The keys of all kinds, for finding out the kind; only the first of a name counts.
  static var everyKey: [SettingKey] {
    let all = allCases.flatMap(\.keys).map { SettingKey($0.name, .any("a value"), default: "none", $0.meaning) }
    return [key] + all
  }

  /// All but `kind`.
  var keys: [SettingKey] {
    switch self {
    case .keyValue: KeyValueSettings.settingKeys
    case .registers: RegisterSettings.settingKeys
    case .risDay: RISDaySettings.settingKeys
    }
  }

  func content(_ section: SettingsSection) throws(SettingsError) -> Workload.Content {
    switch self {
    case .keyValue: .keyValue(try KeyValueSettings(section))
    case .registers: .registers(try RegisterSettings(section))
    case .risDay: .risDay(try RISDaySettings(section))
    }
  }

  static func tableKey(default name: String) -> SettingKey {
    SettingKey("table", .text("a table's name"), default: name, "The table; made where it does not exist.")
  }
}

extension SettingsSection {
  /// The name of a table by the rule of the API, which also needs no escapes in JSON.
  func tableName() throws(SettingsError) -> String {
    let name = try text("table")
    guard TableNameRule.allows(name) else {
      throw refusal(of: "table", "\(TableNameRule.words), but is '\(name.prefix(60))'")
    }
    return name
  }
}
