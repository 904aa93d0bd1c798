/// What has to be looked after now and then, by whichever sink comes first.
struct Maintenance {
  static let lock = 1_734_438_518
  /// Longer than any stream keeps records: no older record can come after that.
  static let tombstoneDays = 8

  let connection: Connection
  let schema: TargetSchema

  /// As ``Sweep/run()``; does nothing where another sink is at it.
  func run() throws -> (found: Int, refusal: PostgresError?) {
    let isMine = try connection.query("SELECT pg_try_advisory_lock(\(Self.lock))").flag(0, 0)
    guard isMine else { return (0, nil) }
    defer { _ = try? connection.query("SELECT pg_advisory_unlock(\(Self.lock))") }
    try connection.query(
      """
      DELETE FROM gantry_tombstones t WHERE t.deleted_at < clock_timestamp() - interval '\(Self.tombstoneDays) days'
        AND NOT EXISTS (SELECT 1 FROM gantry_loads l WHERE l.table_name = t.table_name AND l.state <> 'done')
      """)
    return try Sweep(schema: schema, connection: connection).run()
  }
}
