/// The progress of a table's load in the database, under a lease of its own.
struct LoadLease: Hashable, Sendable {
  var table: String
  var generation: Int
  var owner: String
  var epoch: Int

  static let condition = "table_name = $1 AND generation = $2 AND owner = $3 AND lease_epoch = $4"

  var parameters: [Parameter] { [.text(table), .integer(generation), .text(owner), .integer(epoch)] }

  /// Holds only for the owner of the lease's number.
  func fence(_ change: String = "", _ more: [Parameter] = []) -> Statement {
    Statement(
      """
      UPDATE gantry_loads SET lease_expires_at = clock_timestamp() + interval '\(ShardLease.durationMs) milliseconds'\(change)
      WHERE \(Self.condition)
      """, parameters + more)
  }
}

/// Where a load is.
enum LoadState: String, Sendable {
  /// Segments are read into staging.
  case scanning
  /// Until every shard's reader has passed the position that was taken after the scan.
  case waiting
  /// Staged items that no record has touched meanwhile go to the mirror.
  case publishing
  /// Items of earlier loads that are no more go.
  case removing
  case done
}

struct LoadTable {
  let connection: Connection
  let table: String

  /// Begins a load, unless one is under way. Every change that is applied from here on belongs to its generation.
  func begin(segments: Int) throws {
    try connection.transaction {
      try connection.query(
        "SELECT pg_advisory_xact_lock(\(TableProgress.generationLock), hashtext($1))", [.text(table)])
      let running = try connection.query(
        "SELECT 1 FROM gantry_loads WHERE table_name = $1 AND state <> 'done'", [.text(table)])
      if running.count > 0 { return }
      let generation = try connection.query(
        "UPDATE gantry_tables SET generation = generation + 1 WHERE table_name = $1 RETURNING generation",
        [.text(table)]
      ).integer(0, 0)!
      _ = try connection.pipeline([
        Statement("DELETE FROM gantry_staging WHERE table_name = $1", [.text(table)]),
        Statement("DELETE FROM gantry_load_segments WHERE table_name = $1", [.text(table)]),
        Statement(
          """
          INSERT INTO gantry_loads (table_name, generation, state, segments) VALUES ($1, $2, 'scanning', $3)
          ON CONFLICT (table_name) DO UPDATE SET generation = EXCLUDED.generation, state = 'scanning',
            segments = EXCLUDED.segments, owner = NULL, lease_expires_at = NULL, published = 0, cursor_rank = NULL,
            cursor_id = NULL, scanned_at = NULL, started_at = clock_timestamp(), finished_at = NULL
          """, [.text(table), .integer(generation), .integer(segments)]),
        Statement(
          """
          INSERT INTO gantry_load_segments (table_name, generation, segment)
          SELECT $1, $2, s FROM generate_series(0, $3::integer - 1) AS s
          """, [.text(table), .integer(generation), .integer(segments)]),
      ])
    }
  }

  /// Whether a load must begin: the table never had one, or records were lost since the last.
  func isDue() throws -> Bool {
    let rows = try connection.query(
      """
      SELECT t.loaded_at IS NULL OR EXISTS (
        SELECT 1 FROM gantry_gaps g WHERE g.table_name = t.table_name AND g.resynchronised_at IS NULL)
      FROM gantry_tables t WHERE t.table_name = $1
      """, [.text(table)])
    return rows.count == 1 && rows.flag(0, 0)
  }

  /// Takes the load that is under way, if nobody works at it.
  func take(owner: String) throws -> (lease: LoadLease, state: LoadState, segments: Int)? {
    let rows = try connection.query(
      """
      UPDATE gantry_loads SET owner = $2, lease_epoch = lease_epoch + 1,
        lease_expires_at = clock_timestamp() + interval '\(ShardLease.durationMs) milliseconds'
      WHERE table_name = $1 AND state <> 'done' AND (owner IS NULL OR lease_expires_at < clock_timestamp())
      RETURNING generation, lease_epoch, state, segments
      """, [.text(table), .text(owner)])
    guard rows.count == 1, let state = rows.text(0, 2).flatMap({ LoadState(rawValue: $0) }) else { return nil }
    let lease = LoadLease(
      table: table, generation: rows.integer(0, 0)!, owner: owner, epoch: rows.integer(0, 1)!)
    return (lease, state, rows.integer(0, 3)!)
  }

  func move(_ lease: LoadLease, to state: LoadState) throws {
    let times: String =
      switch state {
      case .waiting: ", scanned_at = clock_timestamp()"
      case .done: ", finished_at = clock_timestamp(), owner = NULL"
      case .scanning, .publishing, .removing: ""
      }
    let statement = lease.fence(", state = '\(state.rawValue)'\(times)")
    guard try connection.query(statement.sql, statement.parameters).affected == 1 else { throw LeaseLost() }
  }

  func renew(_ lease: LoadLease) throws {
    let statement = lease.fence()
    guard try connection.query(statement.sql, statement.parameters).affected == 1 else { throw LeaseLost() }
  }

  /// Tidies up, and says that the gaps that were found before the load began are mended.
  func finish(_ lease: LoadLease) throws {
    try connection.transaction {
      try move(lease, to: .done)
      _ = try connection.pipeline([
        Statement("DELETE FROM gantry_staging WHERE table_name = $1", [.text(table)]),
        Statement("UPDATE gantry_tables SET loaded_at = clock_timestamp() WHERE table_name = $1", [.text(table)]),
        Statement(
          """
          UPDATE gantry_gaps SET resynchronised_at = clock_timestamp()
          WHERE table_name = $1 AND resynchronised_at IS NULL
            AND found_at < (SELECT started_at FROM gantry_loads WHERE table_name = $1)
          """, [.text(table)]),
      ])
    }
  }
}
