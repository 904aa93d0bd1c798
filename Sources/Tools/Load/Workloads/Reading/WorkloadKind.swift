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
    let isPlain = name.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."):
        true
      default: false
      }
    }
    guard isPlain, (3...255).contains(name.utf8.count) else {
      throw refusal(of: "table", "takes 3 to 255 letters, digits, '_', '-' and '.', but is '\(name.prefix(60))'")
    }
    return name
  }
}
