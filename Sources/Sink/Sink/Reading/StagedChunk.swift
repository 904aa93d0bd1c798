internal import Bytes
internal import Glibc
internal import Items

/// A piece of staging, parents first, as changes of the load's generation. Their number is 0, below any record's.
struct StagedChunk {
  /// What dead letters of a load are filed under.
  static let streamName = "load"

  let entries: [BatchEntry]
  private let ranks: [[UInt8]: Int]

  static func read(_ lease: LoadLease, _ shape: TableShape, _ connection: Connection) throws -> StagedChunk {
    let rows = try connection.query(
      """
      SELECT s.rank, s.id, s.image FROM gantry_staging s
      WHERE s.table_name = $1 AND s.generation = $2 AND (s.rank, s.id) > (
        SELECT COALESCE(cursor_rank, -1::smallint), COALESCE(cursor_id, ''::bytea) FROM gantry_loads WHERE table_name = $1)
      ORDER BY s.rank, s.id LIMIT \(LoadRun.chunkRows)
      """, [.text(lease.table), .integer(lease.generation)])
    var entries: [BatchEntry] = []
    var ranks: [[UInt8]: Int] = [:]
    let time = now()
    for row in 0..<rows.count {
      let image = try EncodedItem(validating: rows.binary(row, 2)!).decode()
      guard let identity = ItemIdentity(image, of: shape) else { continue }
      ranks[identity.id] = rows.integer(row, 0)!
      entries.append(
        .change(ItemChange(identity: identity, event: .insert, sequence: .zero, changedAt: time, image: image)))
    }
    return StagedChunk(entries: entries, ranks: ranks)
  }

  /// Each part of the chunk moves the load's own checkpoint.
  func place(_ lease: LoadLease) -> BatchPlace {
    let ranks = ranks
    return BatchPlace(stream: Self.streamName, shard: lease.table) { entries in
      guard case .change(let last) = entries.last else { return lease.fence() }
      return lease.fence(
        ", cursor_rank = $5::smallint, cursor_id = $6, published = published + $7",
        [.integer(ranks[last.identity.id] ?? 0), .bytes(last.identity.id), .integer(entries.count)])
    }
  }

  /// The service tells no time of an item's last change: that of the load stands for it.
  static func now() -> Timestamp {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000)
  }
}
