/// What the database knows of a mirrored table as a whole.
enum TableProgress {
  /// The first half of an advisory lock: shared by whoever applies, alone for whoever begins a load. So no change that
  /// is applied in a load's generation was read before the load began.
  static let generationLock = 1_734_438_517

  /// Registers the table, or refuses it where it is not the mirrored one of its name.
  static func register(_ facts: TableFacts, mapping: Mapping, on connection: Connection) throws {
    let shape = facts.shape
    let partition = String(decoding: shape.partitionKey, as: UTF8.self)
    let sort = shape.sortKey.map { String(decoding: $0, as: UTF8.self) }
    try connection.query(
      """
      INSERT INTO gantry_tables (table_name, partition_key, sort_key, mapping) VALUES ($1, $2, $3, $4)
      ON CONFLICT (table_name) DO NOTHING
      """, [.text(shape.name), .text(partition), .optional(sort), .text(mapping.text)])
    try bind(facts, on: connection)
    let rows = try connection.query(
      "SELECT partition_key, sort_key FROM gantry_tables WHERE table_name = $1", [.text(shape.name)])
    guard rows.text(0, 0) == partition, rows.text(0, 1) == sort else {
      throw SinkError(
        "the table \(shape.name) has other keys than the one of that name that this database mirrors; mirror it into another database"
      )
    }
    try connection.query(
      "UPDATE gantry_tables SET mapping = $2 WHERE table_name = $1 AND mapping <> $2",
      [.text(shape.name), .text(mapping.text)])
  }

  /// Binds the name to this table where it is free, and refuses every other table of the name: another cluster's would
  /// disturb this one's mirror, and one that was made in the place of a dropped one would empty it unasked.
  static func bind(_ facts: TableFacts, on connection: Connection) throws {
    guard let identity = facts.identity else { return }
    let name = facts.shape.name
    try connection.query(
      "UPDATE gantry_tables SET identity = $2 WHERE table_name = $1 AND identity IS NULL",
      [.text(name), .text(identity)])
    let bound = try connection.query("SELECT identity FROM gantry_tables WHERE table_name = $1", [.text(name)])
    guard let other = bound.text(0, 0), other != identity else { return }
    throw SinkError(
      """
      this database mirrors another table named \(name): it has \(other), and the endpoint has \(identity). If both are \
      in use, mirror this one into another database or another schema (options=-csearch_path%3DNAME in the URL); if it \
      takes the other's place, say so with 'gantry sink rebind --table \(name) --postgres URL' and start again: what only \
      the other table had then leaves the mirror
      """)
  }

  /// Frees a name for the table that a sink finds next. Returns whether the name is known.
  static func unbind(_ table: String, on connection: Connection) throws -> Bool {
    try connection.query("UPDATE gantry_tables SET identity = NULL WHERE table_name = $1", [.text(table)]).affected == 1
  }

  static func shape(_ table: String, on connection: Connection) throws -> TableShape? {
    let rows = try connection.query(
      "SELECT partition_key, sort_key FROM gantry_tables WHERE table_name = $1", [.text(table)])
    guard rows.count == 1 else { return nil }
    return TableShape(name: table, partitionKey: rows.text(0, 0)!, sortKey: rows.text(0, 1))
  }
}
