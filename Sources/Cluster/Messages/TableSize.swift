import Bytes

/// How many rows a shard has of a table or an index, and what they weigh by DynamoDB's rules of item sizes.
public struct TableSize: Equatable, Sendable {
  public var rows: UInt64
  public var bytes: UInt64

  public init(rows: UInt64 = 0, bytes: UInt64 = 0) {
    self.rows = rows
    self.bytes = bytes
  }

  public static func += (sum: inout TableSize, size: TableSize) {
    sum.rows += size.rows
    sum.bytes += size.bytes
  }

  /// ```
  /// rows (varint) | bytes (varint)
  /// ```
  func encode(into writer: inout ByteWriter) {
    writer.varint(rows)
    writer.varint(bytes)
  }

  init(from reader: inout ByteReader) throws(MalformedBytes) {
    rows = try reader.varint()
    bytes = try reader.varint()
  }
}
