import Bytes
public import Messages

/// How far the changes of a table's feed have been applied by the shards that hold its indexes: an entry of the source's
/// log, so that the next leader goes on there.
public struct FeedAdvance: Equatable, Sendable {
  /// The newest change of an index that a shard has applied.
  public struct Reached: Equatable, Sendable {
    public var index: TableID
    public var shard: ShardID
    public var sequence: UInt64

    public init(index: TableID, shard: ShardID, sequence: UInt64) {
      self.index = index
      self.shard = shard
      self.sequence = sequence
    }

    func encode(into writer: inout ByteWriter) {
      writer.table(index)
      writer.shard(shard)
      writer.varint(sequence)
    }

    init(from reader: inout ByteReader) throws(MalformedBytes) {
      index = try reader.table()
      shard = try reader.shard()
      sequence = try reader.varint()
    }
  }

  public var table: TableID
  /// Every change up to here has been applied everywhere.
  public var through: UInt64
  /// Those that are new since the last advance.
  public var reached: [Reached]

  public init(table: TableID, through: UInt64, reached: [Reached]) {
    self.table = table
    self.through = through
    self.reached = reached
  }

  /// ```
  /// table (u32) | through (varint) | reached (array): index (u32), shard (u32), sequence (varint)
  /// ```
  func encode(into writer: inout ByteWriter) {
    writer.table(table)
    writer.varint(through)
    writer.array(reached) { $1.encode(into: &$0) }
  }

  init(from reader: inout ByteReader) throws(MalformedBytes) {
    table = try reader.table()
    through = try reader.varint()
    reached = try reader.array { (input) throws(MalformedBytes) in try Reached(from: &input) }
  }
}
