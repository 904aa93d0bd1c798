internal import Settings

extension RISDaySettings {
  static let settingKeys: [SettingKey] = [
    WorkloadKind.tableKey(default: "ris-patient-tracking"),
    SettingKey("patients", .integer(unit: "patients", 1...999_999), default: "500", "Each comes once a day."),
    SettingKey("studies", .integer(unit: "studies a day", 0...999_999), default: "200", "Examinations, on average."),
    SettingKey("readsPerMonth", .integer(unit: "reads", 0...Int.max >> 20), default: "20000000", "In thirty days."),
    SettingKey("writesPerMonth", .integer(unit: "writes", 1...Int.max >> 20), default: "2000000", "In thirty days."),
    SettingKey(
      "compression", .decimal(unit: "", 0.001...1_000_000), default: "1", "How much faster than in reality time passes."
    ),
    SettingKey("worklists", .flag, default: "false", "Whether worklists are queried, which needs the two indexes."),
  ]

  init(_ section: SettingsSection) throws(SettingsError) {
    self.init()
    table = try section.tableName()
    patients = try section.integer("patients")
    studies = try section.integer("studies")
    readsPerMonth = try section.integer("readsPerMonth")
    writesPerMonth = try section.integer("writesPerMonth")
    compression = try section.decimal("compression")
    worklists = try section.flag("worklists")
    guard courseWritesPerDay <= writesPerMonth / Self.daysOfMonth else {
      throw section.refusal(
        of: "writesPerMonth",
        "leaves no room for \(patients) patients and \(studies) studies a day, which need "
          + "\(courseWritesPerDay * Self.daysOfMonth)")
    }
  }
}
