import Bytes

/// What a shard says to a region that wants to forget the traces of removed items (``Operation/regionMark(_:)``).
///
/// Once a mark's clock has reached a time, the shard writes nothing at or below that time any more. What it had written by
/// then lies in its feed up to the mark's end; it has arrived in every region once a later mark is settled up to there.
public struct RegionMark: Equatable, Sendable {
  /// The highest hybrid time that the shard knows of the table.
  public var clock: UInt64
  /// The newest change in its feed.
  public var end: UInt64
  /// Every change up to here has arrived in every region; 0 while one of them is being filled.
  public var settled: UInt64

  public init(clock: UInt64, end: UInt64, settled: UInt64) {
    self.clock = clock
    self.end = end
    self.settled = settled
  }

  /// ```
  /// clock (u64) | end (varint) | settled (varint)
  /// ```
  func encode(into writer: inout ByteWriter) {
    writer.u64(clock)
    writer.varint(end)
    writer.varint(settled)
  }

  init(from reader: inout ByteReader) throws(MalformedBytes) {
    clock = try reader.u64()
    end = try reader.varint()
    settled = try reader.varint()
  }
}

/// Asks a shard for its mark, and that its clock be raised to a time.
public struct RegionMarkRead: Equatable, Sendable {
  /// As the shard's region numbers it.
  public var table: TableID
  /// Who asks.
  public var region: String
  public var time: UInt64

  public init(table: TableID, region: String, time: UInt64) {
    self.table = table
    self.region = region
    self.time = time
  }

  /// ```
  /// table (u32) | region (string) | time (u64)
  /// ```
  func encode(into writer: inout ByteWriter) {
    writer.table(table)
    writer.string(region)
    writer.u64(time)
  }

  init(from reader: inout ByteReader) throws(MalformedBytes) {
    table = try reader.table()
    region = try reader.string()
    time = try reader.u64()
  }
}
