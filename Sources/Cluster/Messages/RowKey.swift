import Bytes
public import Items

/// The key of an item's row in a shard's store.
///
/// ```
/// table id (u32) | hash (u64) | partition component | sort component
/// ```
/// Big-endian, so rows order by table, then by place in the hash space, then by sort key. The components are those of
/// ``KeyCodec``; the hash is XXH64 over table id and partition component.
public struct RowKey: Hashable, Comparable, Sendable {
  public static let headerBytes = 12

  public var bytes: [UInt8]

  @inlinable public init(bytes: [UInt8]) { self.bytes = bytes }

  /// `sort` is nil for a table without a sort key.
  public init(table: TableID, partition: AttributeValue, sort: AttributeValue?) {
    self.init(table: table, partition: partition)
    if let sort { KeyCodec.appendSort(sort, to: &bytes) }
  }

  /// The prefix that all items of one partition share.
  public init(table: TableID, partition: AttributeValue) {
    var component: [UInt8] = []
    component.reserveCapacity(64)
    withUnsafeBytes(of: table.rawValue.bigEndian) { component.append(contentsOf: $0) }
    KeyCodec.appendPartition(partition, to: &component)
    var writer = ByteWriter(capacity: component.count + 40)
    writer.table(table)
    writer.u64(Hash64.hash(component))
    writer.raw(component[4...])
    bytes = writer.bytes
  }

  /// The first possible key of a table at or after `hash`.
  public init(table: TableID, hash: UInt64) {
    var writer = ByteWriter(capacity: Self.headerBytes)
    writer.table(table)
    writer.u64(hash)
    bytes = writer.bytes
  }

  public var table: TableID {
    TableID(bytes[..<4].reduce(0) { $0 << 8 | UInt32($1) })
  }

  /// The place in the hash space that picks the shard.
  public var hash: UInt64 {
    bytes[4..<Self.headerBytes].reduce(0) { $0 << 8 | UInt64($1) }
  }

  @inlinable public static func < (left: RowKey, right: RowKey) -> Bool {
    left.bytes.lexicographicallyPrecedes(right.bytes)
  }

  /// The smallest byte string above every string that starts with `prefix`; nil where there is none.
  public static func end(ofPrefix prefix: [UInt8]) -> [UInt8]? {
    var end = prefix
    while let last = end.popLast() {
      if last < 0xFF {
        end.append(last + 1)
        return end
      }
    }
    return nil
  }
}
