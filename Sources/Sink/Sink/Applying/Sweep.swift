/// Brings parked rows to parents that came without the sink: by hand, or while a waiting row was refused.
struct Sweep {
  static let rowsMax = 500

  let schema: TargetSchema
  let connection: Connection

  /// Returns how many rows found their parents, and why PostgreSQL refused one: it stays parked, and the others go on.
  func run() throws -> (found: Int, refusal: PostgresError?) {
    var found = 0
    var refusal: PostgresError?
    for table in schema.tables.indices where !schema.children[table].isEmpty {
      for row in try waiting(for: table) {
        do {
          found += try place(row)
        } catch let error as PostgresError where error.isAboutData || error.isSerializationFailure {
          refusal = error
        }
      }
    }
    return (found, refusal)
  }

  private func waiting(for parent: Int) throws -> [MappedRow] {
    let table = schema.tables[parent]
    let key = Identifier.quoted(table.rule.columns[table.rule.key].name)
    return ParkedRows.rows(
      try connection.query(
        ParkedRows.select
          + " WHERE waiting_table = $1 AND EXISTS (SELECT 1 FROM \(Identifier.quoted(table.name)) p WHERE p.\(key)::text = waiting_key) LIMIT \(Self.rowsMax)",
        [.text(table.name)]),
      schema)
  }

  /// Returns how many rows came: the row, and those that waited for it.
  private func place(_ row: MappedRow) throws -> Int {
    var exclusive: Set<Int> = []
    while true {
      do {
        return try connection.transaction { try placeUnderLocks(row, exclusive) }
      } catch let error as NeedsLocks {
        exclusive.formUnion(error.tables)
      }
    }
  }

  private func placeUnderLocks(_ row: MappedRow, _ exclusive: Set<Int>) throws -> Int {
    let table = schema.tables[row.table]
    for lock in RelationalPlan.locks(schema, exclusive: exclusive) { try connection.query(lock.sql, lock.parameters) }
    // Somebody may have changed or placed it meanwhile.
    let current = ParkedRows.rows(
      try connection.query(
        ParkedRows.select + " WHERE id = $1 FOR UPDATE", [.bytes(ParkedRows.id(table.name, row.key))]), schema)
    guard let current = current.first else { return 0 }
    let plan = try RelationalPlan(
      schema, rows: [current], removals: [], state: DatabaseState(connection: connection, schema: schema))
    let missing = plan.exclusiveTables.subtracting(exclusive)
    guard missing.isEmpty else { throw NeedsLocks(tables: missing) }
    _ = try connection.pipeline(plan.statements(schema))
    return plan.upserts[row.table].count + plan.unparkedRows
  }
}
