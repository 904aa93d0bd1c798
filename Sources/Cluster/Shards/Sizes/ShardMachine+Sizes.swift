import Items
public import Messages
public import Raft
import Store

/// How much a shard holds of each table: counted now and then by whoever keeps the replica, and no part of its state.
/// Counting as writes are applied would need the image before each, which a table without readers does not look at.
extension ShardMachine {
  /// What was found when all rows were last gone through.
  public struct Count {
    /// The newest entry when that began: what came later may be missing.
    public var asOf: LogIndex
    /// Of tables and indexes that have rows.
    public var sizes: [TableID: TableSize]

    public init(asOf: LogIndex, sizes: [TableID: TableSize] = [:]) {
      self.asOf = asOf
      self.sizes = sizes
    }
  }

  /// The sizes of these tables and indexes; nil before the rows were gone through once.
  public func sizes(of tables: [TableID]) -> [TableSize]? {
    count.map { count in tables.map { count.sizes[$0] ?? TableSize() } }
  }

  /// Adds the rows from `lower` on (nil: the first), until there were `rowsMax` or they had `bytesMax`.
  ///
  /// - Returns: where to go on; nil at the end.
  public func addRows(
    from lower: [UInt8]?, rowsMax: Int, bytesMax: Int, to sizes: inout [TableID: TableSize]
  ) throws -> [UInt8]? {
    var next: [UInt8]?
    var (rows, bytes) = (0, 0)
    // Rows of one table lie together.
    var (table, found) = (TableID.shardState, TableSize())
    let first = RowKey(table: TableID(TableID.shardState.rawValue + 1), hash: 0).bytes
    try store.scan(from: lower ?? first, to: RowRange.feeds.lower, reverse: false) { key, value in
      guard rows < rowsMax, bytes < bytesMax else {
        next = key
        return .stop
      }
      rows += 1
      bytes += key.count + value.count
      let owner = RowKey(bytes: key).table
      if owner != table {
        sizes[table, default: TableSize()] += found
        (table, found) = (owner, TableSize())
      }
      found += TableSize(rows: 1, bytes: UInt64(EncodedItem(trusted: value).sizeBytes))
      return .proceed
    }
    sizes[table, default: TableSize()] += found
    return next
  }
}
