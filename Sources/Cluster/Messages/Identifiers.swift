public import Bytes

/// One machine of a region, as its topology numbers it (from 1).
public struct NodeID: Hashable, Comparable, Sendable {
  public var rawValue: UInt32

  @inlinable public init(_ rawValue: UInt32) { self.rawValue = rawValue }

  @inlinable public static func < (left: NodeID, right: NodeID) -> Bool { left.rawValue < right.rawValue }
}

/// One contiguous range of the hash space, or the metadata group (0). Equal to the number of its Raft group.
public struct ShardID: Hashable, Comparable, Sendable {
  public var rawValue: UInt32

  @inlinable public init(_ rawValue: UInt32) { self.rawValue = rawValue }

  /// The metadata group: tables, shard map, membership, configuration.
  public static let metadata = ShardID(0)

  @inlinable public static func < (left: ShardID, right: ShardID) -> Bool { left.rawValue < right.rawValue }
}

/// A table or a hidden index table; never used again after the table is deleted. 0 is the shard's own state.
public struct TableID: Hashable, Comparable, Sendable {
  public var rawValue: UInt32

  @inlinable public init(_ rawValue: UInt32) { self.rawValue = rawValue }

  public static let shardState = TableID(0)
  /// The changes of a shard's tables, for their readers. No table has so high an id.
  public static let changeFeed = TableID(.max - 1)
  /// The versions of items that have replicas in other regions. No table has so high an id.
  public static let itemVersions = TableID(.max - 2)

  @inlinable public static func < (left: TableID, right: TableID) -> Bool { left.rawValue < right.rawValue }
}

extension ByteWriter {
  @inlinable public mutating func node(_ node: NodeID) { u32(node.rawValue) }
  @inlinable public mutating func shard(_ shard: ShardID) { u32(shard.rawValue) }
  @inlinable public mutating func table(_ table: TableID) { u32(table.rawValue) }
}

extension ByteReader {
  public mutating func node() throws(MalformedBytes) -> NodeID { NodeID(try u32()) }
  public mutating func shard() throws(MalformedBytes) -> ShardID { ShardID(try u32()) }
  public mutating func table() throws(MalformedBytes) -> TableID { TableID(try u32()) }
}
