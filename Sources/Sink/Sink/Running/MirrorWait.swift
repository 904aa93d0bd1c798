/// Waits until a mirror has all that its table had when the wait began.
public enum MirrorWait {
  static let pollMs = 50

  /// Returns whether it was so within the time. Before the sink has made its tables nothing is there to ask.
  public static func run(_ target: PostgresTarget, table: String, timeoutMs: Int) async throws -> Bool {
    let session = Session(target)
    defer { session.end() }
    let deadline = ContinuousClock.now + .milliseconds(timeoutMs)
    var began: String?
    while ContinuousClock.now < deadline {
      do {
        // The database's clock is the one that readers' looks are told in.
        let start: String
        if let began { start = began } else { start = try await session.run { try now($0) } }
        began = start
        if try await session.run({ try hasAll($0, table, since: start) }) { return true }
      } catch let error as PostgresError where error.isConnectionLost && !error.isHopeless {
        // It starts.
      }
      try await Task.sleep(for: .milliseconds(pollMs))
    }
    return false
  }

  private static func now(_ connection: Connection) throws -> String {
    try connection.query("SELECT clock_timestamp()").text(0, 0)!
  }

  /// The table is loaded, and each reader has found its shard's end in a look after `time`.
  private static func hasAll(_ connection: Connection, _ table: String, since time: String) throws -> Bool {
    guard !(try connection.query("SELECT to_regclass('gantry_loads')").isNull(0, 0)) else { return false }
    let rows = try connection.query(
      """
      SELECT loaded_at IS NOT NULL AND EXISTS (SELECT 1 FROM gantry_shards s WHERE s.table_name = t.table_name)
        AND NOT EXISTS (SELECT 1 FROM gantry_shards s WHERE s.table_name = t.table_name AND NOT s.is_finished
          AND COALESCE(s.caught_up_at, '-infinity') < $2::timestamptz)
      FROM gantry_tables t WHERE table_name = $1
      """, [.text(table), .text(time)])
    return rows.count == 1 && rows.flag(0, 0)
  }
}
