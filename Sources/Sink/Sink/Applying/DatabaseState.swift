internal import Bytes
internal import Crypto
internal import Items

/// The mapped tables and the parked rows, as the transaction under way sees them.
struct DatabaseState: RelationalState {
  let connection: Connection
  let schema: TargetSchema

  func existing(_ table: Int, _ keys: [[UInt8]]) throws -> Set<[UInt8]> {
    let rows = try connection.query(
      TableStatements.existing(schema.tables[table]), [.array(ArrayColumn(.text, keys))])
    return Set((0..<rows.count).compactMap { rows.bytes($0, 0) })
  }

  func referring(_ table: Int, foreignKey: Int, _ keys: [[UInt8]]) throws -> [MappedRow] {
    let target = schema.tables[table]
    let rows = try connection.query(
      TableStatements.referring(target, target.foreignKeys[foreignKey]), [.array(ArrayColumn(.text, keys))])
    return (0..<rows.count).compactMap { row in
      let values = target.rule.columns.indices.map { rows.bytes(row, $0) }
      return values[target.rule.key].map { MappedRow(table: table, key: $0, values: values) }
    }
  }

  func parked(waitingFor table: Int, _ keys: [[UInt8]]) throws -> [MappedRow] {
    let name = schema.tables[table].name
    let ids = keys.map { ParkedRows.id(name, $0) }
    // They are held: whoever changes such an item meanwhile waits until its row is where this plan puts it.
    return ParkedRows.rows(
      try connection.query(
        ParkedRows.select + " WHERE waiting_id = ANY($1) ORDER BY id FOR UPDATE",
        [.array(ArrayColumn(.bytea, ids))]),
      schema)
  }
}

/// The form of rows in `gantry_parked`.
enum ParkedRows {
  static let select =
    "SELECT target_table, target_key, to_json(columns)::text, to_json(row_values)::text FROM gantry_parked"

  /// SHA-256 of a table's name and a row's key: what it waits under, and what it is parked under.
  static func id(_ table: String, _ key: [UInt8]) -> [UInt8] {
    var writer = ByteWriter(capacity: 64)
    writer.blob(Array(table.utf8))
    writer.blob(key)
    return Array(SHA256.hash(data: writer.bytes))
  }

  /// Rows of tables that the mapping still has; columns that it has no more are left out.
  static func rows(_ result: ResultRows, _ schema: TargetSchema) -> [MappedRow] {
    (0..<result.count).compactMap { row in
      guard let table = schema.index(of: result.text(row, 0)!) else { return nil }
      let names = texts(result.bytes(row, 2))
      let stored = texts(result.bytes(row, 3))
      let values = schema.tables[table].rule.columns.map { rule in
        names.firstIndex(of: Array(rule.name.utf8)).flatMap { stored[$0] }
      }
      return MappedRow(table: table, key: result.bytes(row, 1)!, values: values)
    }
  }

  private static func texts(_ json: [UInt8]?) -> [[UInt8]?] {
    let elements = json.flatMap { try? JSONValue(parsing: $0) }?.elements ?? []
    return elements.map { element in
      if case .string(let text) = element { text } else { nil }
    }
  }

  static func delete(_ names: Set<RowName>, _ schema: TargetSchema) -> Statement {
    let ids = names.map { id(schema.tables[$0.table].name, $0.key) }.inOrder
    return Statement("DELETE FROM gantry_parked WHERE id = ANY($1)", [.array(ArrayColumn(.bytea, ids))])
  }

  static func insert(_ parked: ParkedRow, _ schema: TargetSchema) -> Statement {
    let table = schema.tables[parked.row.table]
    let parent = schema.tables[parked.waitingFor.table].name
    var columns = ArrayColumn(.text)
    var values = ArrayColumn(.text)
    for (rule, value) in zip(table.rule.columns, parked.row.values) {
      columns.append(rule.name)
      values.append(value)
    }
    return Statement(
      """
      INSERT INTO gantry_parked
        (id, target_table, target_key, waiting_id, waiting_table, waiting_key, columns, row_values)
      VALUES ($1, $2, convert_from($3, 'UTF8'), $4, $5, convert_from($6, 'UTF8'), $7, $8)
      ON CONFLICT (id) DO UPDATE SET waiting_id = EXCLUDED.waiting_id, waiting_table = EXCLUDED.waiting_table,
        waiting_key = EXCLUDED.waiting_key, columns = EXCLUDED.columns, row_values = EXCLUDED.row_values
      """,
      [
        .bytes(id(table.name, parked.row.key)), .text(table.name), .bytes(parked.row.key),
        .bytes(id(parent, parked.waitingFor.key)), .text(parent), .bytes(parked.waitingFor.key), .array(columns),
        .array(values),
      ])
  }
}
