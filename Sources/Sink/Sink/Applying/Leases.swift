/// The right to apply one shard's records, and its number: whoever comes after has a higher one.
struct ShardLease: Hashable, Sendable {
  static let durationMs = 3_000

  var stream: String
  var shard: String
  var owner: String
  var epoch: Int

  /// The statement that moves the checkpoint and holds only for the owner of the lease's number.
  func fence(through sequence: SequenceNumber?, records: Int, changedAt: Timestamp?) -> Statement {
    Statement(
      """
      UPDATE gantry_shards SET position = COALESCE($5::numeric, position), records = records + $6,
        changed_at = COALESCE($7::timestamptz, changed_at),
        lease_expires_at = clock_timestamp() + interval '\(Self.durationMs) milliseconds'
      WHERE stream = $1 AND shard = $2 AND owner = $3 AND lease_epoch = $4
      """,
      [
        .text(stream), .text(shard), .text(owner), .integer(epoch), .optional(sequence?.description),
        .integer(records), .optional(changedAt?.description),
      ])
  }

  func fence(_ entries: ArraySlice<BatchEntry>) -> Statement {
    var changedAt: Timestamp?
    if case .change(let change) = entries.last { changedAt = change.changedAt }
    return fence(through: entries.last?.sequence, records: entries.count, changedAt: changedAt)
  }
}

/// Leases of shards in the database. Times are the database's own: sinks' clocks do not count.
struct Leases {
  let connection: Connection
  let table: String
  let owner: String

  struct Grant: Sendable {
    var lease: ShardLease
    /// The last record that was applied; nil before the first.
    var position: SequenceNumber?
  }

  /// Takes the shard if nobody holds it. Nil where somebody does.
  func take(_ shard: String, of stream: String) throws -> Grant? {
    let rows = try connection.query(
      """
      UPDATE gantry_shards SET owner = $3, lease_epoch = lease_epoch + 1,
        lease_expires_at = clock_timestamp() + interval '\(ShardLease.durationMs) milliseconds'
      WHERE (stream, shard) IN (
        SELECT stream, shard FROM gantry_shards
        WHERE stream = $1 AND shard = $2 AND NOT is_finished
          AND (owner IS NULL OR lease_expires_at < clock_timestamp())
        FOR UPDATE SKIP LOCKED)
      RETURNING lease_epoch, position
      """, [.text(stream), .text(shard), .text(owner)])
    guard rows.count == 1 else { return nil }
    return Grant(
      lease: ShardLease(stream: stream, shard: shard, owner: owner, epoch: rows.integer(0, 0)!),
      position: rows.text(0, 1).flatMap { SequenceNumber($0) })
  }

  /// Keeps a lease without applying anything. Throws `LeaseLost` where it has gone.
  ///
  /// - Parameter caughtUpMsAgo: how long ago a look began that found the shard's end.
  func renew(_ lease: ShardLease, caughtUpMsAgo: Int? = nil) throws {
    let rows = try connection.query(
      """
      UPDATE gantry_shards SET lease_expires_at = clock_timestamp() + interval '\(ShardLease.durationMs) milliseconds',
        caught_up_at = COALESCE(clock_timestamp() - $5::bigint * interval '1 millisecond', caught_up_at)
      WHERE stream = $1 AND shard = $2 AND owner = $3 AND lease_epoch = $4
      """,
      [
        .text(lease.stream), .text(lease.shard), .text(lease.owner), .integer(lease.epoch),
        caughtUpMsAgo.map { .integer($0) } ?? .null,
      ])
    guard rows.affected == 1 else { throw LeaseLost() }
  }

  /// The shard is closed and every record of it applied: its children may be read.
  func finish(_ lease: ShardLease) throws {
    let rows = try connection.query(
      """
      UPDATE gantry_shards SET is_finished = true, owner = NULL, lease_expires_at = NULL
      WHERE stream = $1 AND shard = $2 AND owner = $3 AND lease_epoch = $4
      """, [.text(lease.stream), .text(lease.shard), .text(lease.owner), .integer(lease.epoch)])
    guard rows.affected == 1 else { throw LeaseLost() }
  }

  /// Gives a lease back, so that another sink need not wait until it ends.
  func release(_ lease: ShardLease) throws {
    try connection.query(
      """
      UPDATE gantry_shards SET owner = NULL, lease_expires_at = NULL
      WHERE stream = $1 AND shard = $2 AND owner = $3 AND lease_epoch = $4
      """, [.text(lease.stream), .text(lease.shard), .text(lease.owner), .integer(lease.epoch)])
  }

  /// Says that this sink is alive, and returns how many are.
  func countSinks() throws -> Int {
    let alive = "seen_at > clock_timestamp() - interval '\(ShardLease.durationMs) milliseconds'"
    let answers = try connection.pipeline([
      Statement(
        """
        INSERT INTO gantry_sinks (table_name, owner, seen_at) VALUES ($1, $2, clock_timestamp())
        ON CONFLICT (table_name, owner) DO UPDATE SET seen_at = EXCLUDED.seen_at
        """, [.text(table), .text(owner)]),
      Statement(
        "DELETE FROM gantry_sinks WHERE table_name = $1 AND seen_at < clock_timestamp() - interval '1 day'",
        [.text(table)]),
      Statement("SELECT count(*) FROM gantry_sinks WHERE table_name = $1 AND \(alive)", [.text(table)]),
    ])
    return max(answers[2].integer(0, 0) ?? 1, 1)
  }

  /// This sink is no more.
  func leave() throws {
    try connection.query(
      "DELETE FROM gantry_sinks WHERE table_name = $1 AND owner = $2", [.text(table), .text(owner)])
  }
}
