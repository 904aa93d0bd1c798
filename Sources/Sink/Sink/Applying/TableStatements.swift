/// The SQL that reads and writes a mapped table, many rows a statement.
enum TableStatements {
  /// Takes one `text[]` a column. Where there is no value the column's own default stands.
  static func upsert(_ table: TargetSchema.Table) -> String {
    let rules = table.rule.columns
    let names = rules.map { Identifier.quoted($0.name) }
    let inputs = rules.indices.map { "$\($0 + 1)::text[]" }.joined(separator: ", ")
    let aliases = rules.indices.map { "c\($0)" }
    let values = zip(rules.indices, zip(rules, table.columns)).map { index, pair in
      let value = "v.\(aliases[index])\(pair.0.type.cast)"
      guard index != table.rule.key, let expression = pair.1.defaultExpression else { return value }
      return "COALESCE(\(value), \(expression))"
    }
    let updates = names.indices.filter { $0 != table.rule.key }.map { "\(names[$0]) = EXCLUDED.\(names[$0])" }
    let action = updates.isEmpty ? "DO NOTHING" : "DO UPDATE SET \(updates.joined(separator: ", "))"
    return """
      INSERT INTO \(Identifier.quoted(table.name)) (\(names.joined(separator: ", "))) \
      SELECT \(values.joined(separator: ", ")) FROM unnest(\(inputs)) AS v(\(aliases.joined(separator: ", "))) \
      ON CONFLICT (\(names[table.rule.key])) \(action)
      """
  }

  /// Takes the keys as `text[]`.
  static func delete(_ table: TargetSchema.Table) -> String {
    "DELETE FROM \(Identifier.quoted(table.name)) WHERE \(isAny(table, table.rule.key))"
  }

  /// Which of the keys there are.
  static func existing(_ table: TargetSchema.Table) -> String {
    let key = Identifier.quoted(table.rule.columns[table.rule.key].name)
    return "SELECT \(key)::text FROM \(Identifier.quoted(table.name)) WHERE \(isAny(table, table.rule.key))"
  }

  /// The rows that refer to one of the keys, all mapped columns as text.
  static func referring(_ table: TargetSchema.Table, _ foreignKey: TargetSchema.ForeignKey) -> String {
    let columns = table.rule.columns.map { "\(Identifier.quoted($0.name))::text" }.joined(separator: ", ")
    return "SELECT \(columns) FROM \(Identifier.quoted(table.name)) WHERE \(isAny(table, foreignKey.column))"
  }

  private static func isAny(_ table: TargetSchema.Table, _ column: Int) -> String {
    let rule = table.rule.columns[column]
    let cast = rule.type.cast.isEmpty ? "" : "\(rule.type.cast)[]"
    return "\(Identifier.quoted(rule.name)) = ANY($1::text[]\(cast))"
  }
}
