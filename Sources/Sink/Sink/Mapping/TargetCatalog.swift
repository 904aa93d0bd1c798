/// Holds a mapping against the database: every table and column must be there and take what it is to get.
struct TargetCatalog {
  let connection: Connection
  let mapping: Mapping

  /// Throws a `SinkError` that names exactly what is missing.
  func read() throws -> TargetSchema {
    let oids = try mapping.tables.map(oid)
    let columns = try zip(mapping.tables, oids).map { try self.columns($0, $1) }
    let parents = try zip(mapping.tables, oids).map { try foreignKeys($0, $1, oids) }
    let order = try parentsFirst(parents)
    let tables = order.map { index in
      TargetSchema.Table(
        rule: mapping.tables[index], columns: columns[index],
        foreignKeys: parents[index].map { key in
          TargetSchema.ForeignKey(column: key.column, parent: order.firstIndex(of: key.parent)!)
        })
    }
    let schema = TargetSchema(
      tables: tables, matchOrder: mapping.tables.indices.map { order.firstIndex(of: $0)! })
    for index in tables.indices { try checkStatement(schema, index) }
    return schema
  }

  private func refusal(_ line: Int, _ message: String) -> SinkError { SinkError("\(mapping.file):\(line): \(message)") }

  private func oid(_ rule: TableRule) throws -> Int {
    let rows = try connection.query(
      "SELECT to_regclass($1)::oid::bigint", [.text(Identifier.quoted(rule.table))])
    if let oid = rows.integer(0, 0) { return oid }
    let names = try connection.query(
      "SELECT tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')")
    let known = (0..<names.count).compactMap { names.text($0, 0) }.filter { !$0.hasPrefix("gantry_") }
    throw refusal(rule.line, "the database has no table \"\(rule.table)\"" + Mapping.hint(rule.table, known))
  }

  // MARK: Columns

  private func columns(_ rule: TableRule, _ oid: Int) throws -> [TargetSchema.Column] {
    let rows = try connection.query(
      """
      SELECT a.attname, a.attnotnull, pg_get_expr(d.adbin, d.adrelid), a.attidentity <> '' OR a.attgenerated <> '',
        CASE WHEN a.atttypid IN (1042, 1043) AND a.atttypmod > 4 THEN a.atttypmod - 4 END
      FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
      WHERE a.attrelid = $1 AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
      """, [.integer(oid)])
    var known: [String: TargetSchema.Column] = [:]
    var names: [String] = []
    for row in 0..<rows.count {
      let name = rows.text(row, 0)!
      let isFilled = !rows.isNull(row, 2) || rows.flag(row, 3)
      names.append(name)
      known[name] = TargetSchema.Column(
        isRequired: rows.flag(row, 1) && !isFilled, charactersMax: rows.integer(row, 4),
        defaultExpression: rows.flag(row, 3) ? nil : rows.text(row, 2))
    }
    for name in names where known[name]!.isRequired && !rule.columns.contains(where: { $0.name == name }) {
      throw refusal(
        rule.line,
        "column \"\(name)\" of table \"\(rule.table)\" takes no NULL and has no default, but nothing fills it")
    }
    return try rule.columns.map { column in
      if let found = known[column.name] { return found }
      throw refusal(
        column.line,
        "table \"\(rule.table)\" has no column \"\(column.name)\"" + Mapping.hint(column.name, names))
    }
  }

  // MARK: Foreign keys

  /// Foreign keys to other tables of the mapping; PostgreSQL alone checks the others.
  private func foreignKeys(
    _ rule: TableRule, _ oid: Int, _ oids: [Int]
  ) throws -> [(column: Int, parent: Int)] {
    let rows = try connection.query(
      """
      SELECT c.conname, c.confrelid::bigint, cardinality(c.conkey), child.attname, parent.attname
      FROM pg_constraint c
      JOIN pg_attribute child ON child.attrelid = c.conrelid AND child.attnum = c.conkey[1]
      JOIN pg_attribute parent ON parent.attrelid = c.confrelid AND parent.attnum = c.confkey[1]
      WHERE c.contype = 'f' AND c.conrelid = $1 ORDER BY c.conname
      """, [.integer(oid)])
    var keys: [(column: Int, parent: Int)] = []
    for row in 0..<rows.count {
      guard let parent = oids.firstIndex(of: rows.integer(row, 1)!),
        let column = rule.columns.firstIndex(where: { $0.name == rows.text(row, 3) })
      else { continue }
      let other = mapping.tables[parent]
      guard rows.integer(row, 2) == 1, rows.text(row, 4) == other.columns[other.key].name, oids[parent] != oid else {
        throw refusal(
          rule.line,
          "the foreign key \(rows.text(row, 0)!) of table \"\(rule.table)\" is not to the one column that is the key of another mapped table; only those can be kept"
        )
      }
      keys.append((column, parent))
    }
    return keys
  }

  /// Indices of the mapping's tables, none before its parents.
  private func parentsFirst(_ parents: [[(column: Int, parent: Int)]]) throws -> [Int] {
    var order: [Int] = []
    while order.count < parents.count {
      let next = parents.indices.first { index in
        !order.contains(index) && parents[index].allSatisfy { order.contains($0.parent) }
      }
      guard let next else {
        throw SinkError(
          "\(mapping.file): the foreign keys of its tables form a circle, so that none could be filled first")
      }
      order.append(next)
    }
    return order
  }

  /// Lets PostgreSQL plan the statement that fills the table, so that a column of another type or a key that is not
  /// unique shows now.
  private func checkStatement(_ schema: TargetSchema, _ index: Int) throws {
    let table = schema.tables[index]
    let nulls = table.columns.map { _ in "NULL" }.joined(separator: ", ")
    do {
      try connection.query("PREPARE gantry_check AS \(TableStatements.upsert(table))")
      defer { _ = try? connection.query("DEALLOCATE gantry_check") }
      try connection.query("EXPLAIN EXECUTE gantry_check(\(nulls))")
    } catch {
      guard error.kind == .server else { throw error }
      throw refusal(
        table.rule.line, "table \"\(table.name)\" cannot be filled so: \(error.message) (SQLSTATE \(error.sqlState))")
    }
  }
}
