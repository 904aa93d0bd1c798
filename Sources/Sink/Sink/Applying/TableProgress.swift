/// What the database knows of a mirrored table as a whole.
enum TableProgress {
  /// The first half of an advisory lock: shared by whoever applies, alone for whoever begins a load. So no change that
  /// is applied in a load's generation was read before the load began.
  static let generationLock = 1_734_438_517

  /// Registers the table, or refuses it where its keys are not those of the mirrored one.
  static func register(_ shape: TableShape, mapping: Mapping, on connection: Connection) throws {
    let partition = String(decoding: shape.partitionKey, as: UTF8.self)
    let sort = shape.sortKey.map { String(decoding: $0, as: UTF8.self) }
    try connection.query(
      """
      INSERT INTO gantry_tables (table_name, partition_key, sort_key, mapping) VALUES ($1, $2, $3, $4)
      ON CONFLICT (table_name) DO UPDATE SET mapping = EXCLUDED.mapping
      """, [.text(shape.name), .text(partition), .optional(sort), .text(mapping.text)])
    let rows = try connection.query(
      "SELECT partition_key, sort_key FROM gantry_tables WHERE table_name = $1", [.text(shape.name)])
    guard rows.text(0, 0) == partition, rows.text(0, 1) == sort else {
      throw SinkError(
        "the table \(shape.name) has other keys than the one of that name that this database mirrors; mirror it into another database"
      )
    }
  }

  static func shape(_ table: String, on connection: Connection) throws -> TableShape? {
    let rows = try connection.query(
      "SELECT partition_key, sort_key FROM gantry_tables WHERE table_name = $1", [.text(table)])
    guard rows.count == 1 else { return nil }
    return TableShape(name: table, partitionKey: rows.text(0, 0)!, sortKey: rows.text(0, 1))
  }
}
