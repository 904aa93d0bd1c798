import Bytes
public import Messages

/// Some rows of a table, to be put into its feed for an index that is not filled yet, or into the index where it is local.
/// Which ones they are follows from the shard's state.
public struct BackfillSlice: Equatable, Sendable {
  public var table: TableID
  public var index: TableID
  /// At most ``ChangeRecord/ordinalsMax``.
  public var rowsMax: UInt32
  /// The row that reaches it is the last.
  public var bytesMax: UInt32

  public init(table: TableID, index: TableID, rowsMax: UInt32 = 256, bytesMax: UInt32 = 128 << 10) {
    self.table = table
    self.index = index
    self.rowsMax = rowsMax
    self.bytesMax = bytesMax
  }

  /// ```
  /// table id (u32) | index id (u32) | rows at most (u32) | bytes at most (u32)
  /// ```
  func encode(into writer: inout ByteWriter) {
    writer.table(table)
    writer.table(index)
    writer.u32(rowsMax)
    writer.u32(bytesMax)
  }

  init(from reader: inout ByteReader) throws(MalformedBytes) {
    table = try reader.table()
    index = try reader.table()
    rowsMax = min(try reader.u32(), UInt32(ChangeRecord.ordinalsMax))
    bytesMax = try reader.u32()
  }
}
