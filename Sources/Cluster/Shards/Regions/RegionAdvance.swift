import Bytes
public import Messages

/// How far the changes of a table's feed have arrived in another region: an entry of the source's log, so that the next
/// leader goes on there.
public struct RegionAdvance: Equatable, Sendable {
  /// The newest change that a shard of the region has taken.
  public struct Reached: Equatable, Sendable {
    public var shard: ShardID
    public var sequence: UInt64

    public init(shard: ShardID, sequence: UInt64) {
      self.shard = shard
      self.sequence = sequence
    }

    func encode(into writer: inout ByteWriter) {
      writer.shard(shard)
      writer.varint(sequence)
    }

    init(from reader: inout ByteReader) throws(MalformedBytes) {
      shard = try reader.shard()
      sequence = try reader.varint()
    }
  }

  public var table: TableID
  public var region: String
  /// Every change up to here has arrived.
  public var through: UInt64
  /// Of every shard of the region that took something, ascending.
  public var reached: [Reached]

  public init(table: TableID, region: String, through: UInt64, reached: [Reached]) {
    self.table = table
    self.region = region
    self.through = through
    self.reached = reached
  }

  /// ```
  /// table (u32) | region (string) | through (varint) | reached (array): shard (u32), sequence (varint)
  /// ```
  func encode(into writer: inout ByteWriter) {
    writer.table(table)
    writer.string(region)
    writer.varint(through)
    writer.array(reached) { $1.encode(into: &$0) }
  }

  init(from reader: inout ByteReader) throws(MalformedBytes) {
    table = try reader.table()
    region = try reader.string()
    through = try reader.varint()
    reached = try reader.array { (input) throws(MalformedBytes) in try Reached(from: &input) }
  }
}

/// Some rows of a table, to be put into its feed for a region that has not got them yet. Which ones they are follows from
/// the shard's state.
public struct RegionCopy: Equatable, Sendable {
  public var table: TableID
  public var region: String
  /// At most ``ChangeRecord/ordinalsMax``.
  public var rowsMax: UInt32
  /// The row that reaches it is the last.
  public var bytesMax: UInt32

  public init(table: TableID, region: String, rowsMax: UInt32 = 256, bytesMax: UInt32 = 128 << 10) {
    self.table = table
    self.region = region
    self.rowsMax = rowsMax
    self.bytesMax = bytesMax
  }

  /// ```
  /// table (u32) | region (string) | rows at most (u32) | bytes at most (u32)
  /// ```
  func encode(into writer: inout ByteWriter) {
    writer.table(table)
    writer.string(region)
    writer.u32(rowsMax)
    writer.u32(bytesMax)
  }

  init(from reader: inout ByteReader) throws(MalformedBytes) {
    table = try reader.table()
    region = try reader.string()
    rowsMax = min(try reader.u32(), UInt32(ChangeRecord.ordinalsMax))
    bytesMax = try reader.u32()
  }
}
