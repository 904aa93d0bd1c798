internal import Items
public import Settings

extension Mapping {
  static let keys = [
    SettingKey(
      "schema", .choice(["radiology"]), default: "radiology",
      "A built-in set of tables that is made where it is missing; without this key the tables are yours."),
    SettingKey(
      "residency", .sections("{attribute, rule, keep}"), default: "[]",
      "What is done to attributes before anything leaves the sink."),
    SettingKey("tables", .sections("{table, pk, sk, key, columns}"), default: "[]", "Which items become rows."),
  ]

  private static let residencyKeys = [
    SettingKey("attribute", .text("the name of a top-level attribute"), "The attribute."),
    SettingKey(
      "rule", .choice(ResidencyRule.Action.allCases.map(\.rawValue)), "Leave it out, hash it with a key, or mask it."),
    SettingKey(
      "keep", .integer(unit: "characters", 0...16), default: "0", "How many characters at its end a mask leaves."),
  ]

  private static let tableKeys = [
    SettingKey("table", .text("the name of a PostgreSQL table"), "Where the rows go; each table once."),
    SettingKey("pk", .text("a pattern such as PATIENT#{patientId}"), "What the item's partition key looks like."),
    SettingKey(
      "sk", .text("a pattern such as ORDER#{orderId}"), default: "",
      "What its sort key looks like; without it, anything."),
    SettingKey("key", .text("the name of a column"), "The table's primary key, one of the columns."),
    SettingKey("columns", .sections("{name, attribute or part, type, default, transform}"), "How columns are filled."),
  ]

  private static let columnKeys = [
    SettingKey("name", .text("the name of a column"), "The column."),
    SettingKey("attribute", .text("the name of a top-level attribute"), default: "", "Where its value comes from…"),
    SettingKey("part", .text("a part of pk or sk"), default: "", "…or the named part of a key that it is."),
    SettingKey("type", .choice(ColumnType.allCases.map(\.rawValue)), default: "text", "What the column holds."),
    SettingKey(
      "default", .text("a value"), default: "", "For items without the attribute; else the column's own default."),
    SettingKey(
      "transform", .texts(Transform.allCases.map(\.rawValue).joined(separator: ", ")), default: "[]",
      "Changes to a text, in this order."),
  ]

  /// - Parameter name: of a built-in mapping, or the path of a file.
  public static func load(_ name: String) throws(SettingsError) -> Mapping {
    if let text = BuiltInMappings.text(name) { return try parse(text, file: name) }
    do throws(SettingsError) {
      return try parse(try SettingsFile.text(name), file: name)
    } catch {
      guard !name.contains("/"), !name.contains(".") else { throw error }
      let known = BuiltInMappings.names
      let hint =
        NearestName.of(name, among: known).map { "did you mean \($0)?" }
        ?? "built in are \(known.joined(separator: ", "))"
      throw SettingsError(file: name, "there is no such mapping, built in or file; \(hint)")
    }
  }

  /// - Parameter file: what errors call the text.
  static func parse(_ text: String, file: String) throws(SettingsError) -> Mapping {
    let section = try SettingsSection.parse(text, file: file, keys: keys)
    var residency: [ResidencyRule] = []
    for rule in try section.sections("residency", keys: residencyKeys) {
      residency.append(
        ResidencyRule(
          attribute: Array(try rule.text("attribute").utf8),
          action: try rule.choice("rule", as: ResidencyRule.Action.self), keep: try rule.integer("keep"),
          line: rule.line))
    }
    var tables: [TableRule] = []
    for table in try section.sections("tables", keys: tableKeys) {
      let rule = try TableRule(table)
      guard !tables.contains(where: { $0.table == rule.table }) else {
        throw table.refusal(of: "table", "is \(rule.table), which another entry of 'tables' fills already")
      }
      tables.append(rule)
    }
    return Mapping(
      file: file, text: text, schema: section.has("schema") ? try section.text("schema") : nil, residency: residency,
      tables: tables)
  }

  /// Every key with its default and meaning.
  public static var printConfig: String {
    SettingKey.documentation(keys, title: "A mapping")
      + "\n" + SettingKey.documentation(residencyKeys, title: "Each entry of residency")
      + "\n" + SettingKey.documentation(tableKeys, title: "Each entry of tables")
      + "\n" + SettingKey.documentation(columnKeys, title: "Each entry of a table's columns")
  }

  fileprivate static var keysOfColumns: [SettingKey] { columnKeys }
}

extension TableRule {
  fileprivate init(_ section: SettingsSection) throws(SettingsError) {
    let partition = try Self.pattern("pk", section)
    let sort = section.has("sk") ? try Self.pattern("sk", section) : nil
    let parts = partition.parts + (sort?.parts ?? [])
    if let twice = parts.first(where: { part in parts.count(where: { $0 == part }) > 1 }) {
      throw section.refusal(of: "sk", "has the part {\(twice)}, which 'pk' has too")
    }
    var columns: [ColumnRule] = []
    for column in try section.sections("columns", keys: Mapping.keysOfColumns) {
      let rule = try ColumnRule(column, parts: parts)
      guard !columns.contains(where: { $0.name == rule.name }) else {
        throw column.refusal(of: "name", "is \(rule.name), which is filled already")
      }
      columns.append(rule)
    }
    let key = try section.text("key")
    guard let index = columns.firstIndex(where: { $0.name == key }) else {
      throw section.refusal(of: "key", "is \(key), which is none of 'columns'" + Mapping.hint(key, columns.map(\.name)))
    }
    self.init(
      table: try section.text("table"), partition: partition, sort: sort, key: index, columns: columns,
      line: section.line)
  }

  private static func pattern(_ name: String, _ section: SettingsSection) throws(SettingsError) -> KeyPattern {
    let text = try section.text(name)
    do throws(MappingFault) {
      return try KeyPattern(text)
    } catch {
      throw section.refusal(of: name, error.reason)
    }
  }
}

extension ColumnRule {
  fileprivate init(_ section: SettingsSection, parts: [String]) throws(SettingsError) {
    let type = try section.choice("type", as: ColumnType.self)
    self.init(
      name: try section.text("name"), source: try Self.source(section, parts), type: type,
      defaultValue: try Self.defaultValue(section, type), transforms: try Self.transforms(section, type),
      line: section.line)
  }

  private static func source(_ section: SettingsSection, _ parts: [String]) throws(SettingsError) -> Source {
    switch (section.has("attribute"), section.has("part")) {
    case (true, false): return .attribute(Array(try section.text("attribute").utf8))
    case (false, true):
      let part = try section.text("part")
      guard let index = parts.firstIndex(of: part) else {
        throw section.refusal(of: "part", "is \(part), which is no part of the keys" + Mapping.hint(part, parts))
      }
      return .part(part, index: index)
    default: throw section.refusal(of: "name", "takes its value from either 'attribute' or 'part'")
    }
  }

  private static func defaultValue(_ section: SettingsSection, _ type: ColumnType) throws(SettingsError) -> [UInt8]? {
    guard section.has("default") else { return nil }
    let text = try section.text("default")
    if type == .json || type == .binary { return Array(text.utf8) }
    do throws(MappingFault) {
      return try type.column(.text(text))
    } catch {
      throw section.refusal(of: "default", "is '\(text)', which is no \(type.rawValue)")
    }
  }

  private static func transforms(_ section: SettingsSection, _ type: ColumnType) throws(SettingsError) -> [Transform] {
    var transforms: [Transform] = []
    for name in try section.texts("transform") {
      guard let transform = Transform(rawValue: name) else {
        throw section.refusal(
          of: "transform", "has no '\(name)'" + Mapping.hint(name, Transform.allCases.map(\.rawValue)))
      }
      transforms.append(transform)
    }
    return transforms
  }
}

extension Mapping {
  /// The nearest name, or all there are.
  static func hint(_ name: String, _ candidates: [String]) -> String {
    if let nearest = NearestName.of(name, among: candidates) { return "; did you mean '\(nearest)'?" }
    return candidates.isEmpty ? "" : "; known are \(candidates.joined(separator: ", "))"
  }
}
