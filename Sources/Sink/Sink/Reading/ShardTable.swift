/// A shard as the database knows it.
struct KnownShard: Hashable, Sendable {
  var id: String
  var parent: String?
  var isFinished: Bool
  /// Whose lease holds; nil where nobody's does.
  var owner: String?
}

/// Which shards may be read, and how many are one sink's share.
enum ShardChoice {
  /// Shards that are not finished and whose parent is, or is no more.
  static func readable(_ shards: [KnownShard]) -> [KnownShard] {
    let open = Set(shards.filter { !$0.isFinished }.map(\.id))
    return shards.filter { shard in
      !shard.isFinished && shard.parent.map { !open.contains($0) } ?? true
    }
  }

  /// Free shards that this sink should take. Sinks share them evenly; what is left over goes to whoever is first.
  static func toTake(_ shards: [KnownShard], owner: String, sinks: Int) -> [String] {
    let readable = readable(shards)
    let mine = readable.count { $0.owner == owner }
    let share = (readable.count + sinks - 1) / sinks
    return readable.filter { $0.owner == nil }.prefix(max(0, share - mine)).map(\.id)
  }

  /// Shards that this sink should give to others, because it has more than its share.
  static func toGive(_ shards: [KnownShard], owner: String, sinks: Int) -> [String] {
    let readable = readable(shards)
    let mine = readable.filter { $0.owner == owner }.map(\.id)
    let share = (readable.count + sinks - 1) / sinks
    return Array(mine.dropFirst(share))
  }
}

/// The rows of `gantry_shards` of one table.
struct ShardTable {
  let connection: Connection
  let table: String

  /// Adds shards that are new. Returns all of the stream's.
  func update(_ stream: String, _ shards: [StreamShard]) throws -> [KnownShard] {
    if !shards.isEmpty {
      var parents = ArrayColumn(.text)
      for shard in shards { parents.append(shard.parent.map { Array($0.utf8) }) }
      try connection.query(
        """
        INSERT INTO gantry_shards (table_name, stream, shard, parent)
        SELECT $1, $2, v.a, v.b FROM unnest($3::text[], $4::text[]) AS v(a, b) ON CONFLICT (stream, shard) DO NOTHING
        """,
        [
          .text(table), .text(stream), .array(ArrayColumn(.text, shards.map { Array($0.id.utf8) })), .array(parents),
        ])
    }
    return try known(stream)
  }

  func known(_ stream: String) throws -> [KnownShard] {
    let rows = try connection.query(
      """
      SELECT shard, parent, is_finished, CASE WHEN lease_expires_at >= clock_timestamp() THEN owner END
      FROM gantry_shards WHERE stream = $1 ORDER BY shard
      """, [.text(stream)])
    return (0..<rows.count).map { row in
      KnownShard(
        id: rows.text(row, 0)!, parent: rows.text(row, 1), isFinished: rows.flag(row, 2), owner: rows.text(row, 3))
    }
  }

  /// Shards that were not read to their end and that the stream knows no more: what they had is lost to this sink.
  /// Returns how many gaps were recorded.
  func closeVanished(_ stream: String, _ shards: [StreamShard]) throws -> Int {
    let ids = ArrayColumn(.text, shards.map { Array($0.id.utf8) })
    return try connection.query(
      """
      WITH vanished AS (
        UPDATE gantry_shards SET is_finished = true, owner = NULL, lease_expires_at = NULL
        WHERE stream = $1 AND NOT is_finished AND NOT shard = ANY($2::text[])
          AND (owner IS NULL OR lease_expires_at < clock_timestamp())
        RETURNING shard, position, changed_at)
      INSERT INTO gantry_gaps (table_name, stream, shard, after_sequence_number, last_change_at, reason)
      SELECT $3, $1, shard, position, changed_at, 'the shard is no longer there and was not read to its end' FROM vanished
      """, [.text(stream), .array(ids), .text(table)]
    ).affected
  }

  /// Streams of the table before this one that were not read to their end.
  func olderStreams(than stream: String) throws -> [String] {
    let rows = try connection.query(
      "SELECT DISTINCT stream FROM gantry_shards WHERE table_name = $1 AND stream <> $2 AND NOT is_finished ORDER BY stream",
      [.text(table), .text(stream)])
    return (0..<rows.count).compactMap { rows.text($0, 0) }
  }

  /// Records a gap where the table was mirrored from another stream before: what was written between the two is in
  /// neither. To be asked before the first ``update(_:_:)`` of a stream. Returns whether there is one.
  func recordNewStream(_ stream: String) throws -> Bool {
    try connection.query(
      """
      INSERT INTO gantry_gaps (table_name, stream, shard, last_change_at, reason)
      SELECT $1, $2, '', max(changed_at), 'the table has a new stream' FROM gantry_shards
      WHERE table_name = $1 HAVING count(*) > 0 AND count(*) FILTER (WHERE stream = $2) = 0
        AND NOT EXISTS (SELECT 1 FROM gantry_gaps WHERE table_name = $1 AND stream = $2 AND shard = '')
      """, [.text(table), .text(stream)]
    ).affected > 0
  }

  /// The checkpoint of a lease is older than what the stream has: the shard is read from its oldest record on.
  func recordTrim(_ lease: ShardLease) throws {
    let answers = try connection.pipeline([
      .begin,
      Statement(
        """
        INSERT INTO gantry_gaps (table_name, stream, shard, after_sequence_number, last_change_at, reason)
        SELECT table_name, stream, shard, position, changed_at, 'the records after the checkpoint were no longer kept'
        FROM gantry_shards WHERE stream = $1 AND shard = $2 AND owner = $3 AND lease_epoch = $4
        """, [.text(lease.stream), .text(lease.shard), .text(lease.owner), .integer(lease.epoch)]),
      Statement(
        """
        UPDATE gantry_shards SET position = NULL
        WHERE stream = $1 AND shard = $2 AND owner = $3 AND lease_epoch = $4
        """, [.text(lease.stream), .text(lease.shard), .text(lease.owner), .integer(lease.epoch)]),
      .commit,
    ])
    guard answers[2].affected == 1 else { throw LeaseLost() }
  }
}
