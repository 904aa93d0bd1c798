import Bytes
public import Messages

/// Records of a table's feed that streams need not show any more, because they are too old or too many. An entry of the
/// log, so that every replica drops the same; a slice of the records that are due.
public struct StreamTrim: Equatable, Sendable {
  public var table: TableID
  public var through: UInt64
  /// The newest one up to there that a stream showed; 0 where none was.
  public var lost: UInt64
  /// What the feed's records up to `through` weigh (``ChangeRecord``).
  public var bytes: UInt64
  /// Streams that are off, named by their starts, of which nothing is left.
  public var forgotten: [UInt64]

  public init(table: TableID, through: UInt64, lost: UInt64, bytes: UInt64, forgotten: [UInt64] = []) {
    self.table = table
    self.through = through
    self.lost = lost
    self.bytes = bytes
    self.forgotten = forgotten
  }

  /// Bounds of one slice.
  static let recordsMax = 512
  static let bytesMax = 1 << 20

  /// ```
  /// table (u32) | through (varint) | lost (varint) | bytes (varint) | forgotten (array of varints)
  /// ```
  func encode(into writer: inout ByteWriter) {
    writer.table(table)
    writer.varint(through)
    writer.varint(lost)
    writer.varint(bytes)
    writer.array(forgotten) { $0.varint($1) }
  }

  init(from reader: inout ByteReader) throws(MalformedBytes) {
    table = try reader.table()
    through = try reader.varint()
    lost = try reader.varint()
    bytes = try reader.varint()
    forgotten = try reader.array { (input) throws(MalformedBytes) in try input.varint() }
  }
}
