import Bytes
import Catalog
public import Messages

/// What a shard holds of a table with replicas, so that regions can be compared: the sum over the items of XXH64 of key
/// and item, in no order. The sum over the shards of a region is the same wherever the same items are, however they are
/// spread and whatever id the table has.
public struct TableDigest: Equatable, Sendable {
  public var table: TableID
  /// That of all replicas of the table.
  public var uniqueID: [UInt8]
  public var items: UInt64 = 0
  public var sum: UInt64 = 0

  public init(table: TableID, uniqueID: [UInt8]) {
    self.table = table
    self.uniqueID = uniqueID
  }

  /// Counts an item's row.
  mutating func add(_ key: [UInt8], _ item: [UInt8]) {
    var row = ByteWriter(capacity: key.count + item.count + 8)
    row.blob(Array(key[RowKey.headerBytes...]))
    row.raw(item)
    items += 1
    sum &+= Hash64.hash(row.bytes)
  }
}

extension ShardMachine {
  /// Of the tables that have replicas, before any item was counted.
  public var digests: [TableDigest] {
    replicatedTables.compactMap { id in
      tables[id]?.settings.replication.map { TableDigest(table: id, uniqueID: $0.table) }
    }
  }
}
