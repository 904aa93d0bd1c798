extension RelationalPlan {
  /// The plan as statements: parents are written before their children, and deleted after them. What is parked no more
  /// goes first: where another transaction is just giving such a row its place, what follows finds it there.
  func statements(_ schema: TargetSchema) -> [Statement] {
    var statements: [Statement] = []
    if !unparked.isEmpty { statements.append(ParkedRows.delete(unparked, schema)) }
    for table in schema.tables.indices where !upserts[table].isEmpty {
      statements.append(Self.upsert(upserts[table], schema.tables[table]))
    }
    for table in schema.tables.indices.reversed() where !deletes[table].isEmpty {
      statements.append(
        Statement(
          TableStatements.delete(schema.tables[table]), [.array(ArrayColumn(.text, deletes[table].inOrder))]))
    }
    statements += parked.map { ParkedRows.insert($0, schema) }
    return statements
  }

  private static func upsert(_ rows: [[UInt8]: MappedRow], _ table: TargetSchema.Table) -> Statement {
    var columns = table.rule.columns.map { _ in ArrayColumn(.text, capacity: 24 * rows.count) }
    for key in rows.keys.inOrder {
      for (index, value) in rows[key]!.values.enumerated() { columns[index].append(value) }
    }
    return Statement(TableStatements.upsert(table), columns.map { .array($0) })
  }

  /// Locks that keep a parent and its child from missing each other: whoever adds or removes rows shares the lock of
  /// each parent table, whoever parks a row has it alone. Taken in one order, and in one mode each, before anything is
  /// read; so nobody waits for somebody who waits for him.
  static func locks(_ schema: TargetSchema, exclusive: Set<Int>) -> [Statement] {
    schema.tables.indices.filter { !schema.children[$0].isEmpty }.map { table in
      let function = exclusive.contains(table) ? "pg_advisory_xact_lock" : "pg_advisory_xact_lock_shared"
      return Statement("SELECT \(function)(1734438516, hashtext($1))", [.text(schema.tables[table].name)])
    }
  }
}
