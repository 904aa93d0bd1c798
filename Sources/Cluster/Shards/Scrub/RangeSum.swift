import Bytes
public import Store

/// Asks every replica for the sum over some of its rows as they are at this entry, so that they can be compared: from a
/// key on, whole rows until they weigh enough.
public struct RangeSumOrder: Equatable, Sendable {
  /// Rows behind this key; empty: from the first on.
  public var after: [UInt8]
  /// Keys and values together after which the range ends.
  public var bytesMax: UInt32

  public init(after: [UInt8], bytesMax: UInt32) {
    self.after = after
    self.bytesMax = bytesMax
  }

  func encode(into writer: inout ByteWriter) {
    writer.blob(after)
    writer.u32(bytesMax)
  }

  init(from reader: inout ByteReader) throws(MalformedBytes) {
    after = try reader.blob()
    bytesMax = try reader.u32()
  }
}

/// What a replica has in the range of an order: equal on every replica of a shard.
public struct RangeSum: Equatable, Sendable {
  public var sum: UInt64 = 0
  /// The last key of the range; nil where it has no row.
  public var last: [UInt8]?
  /// No row is behind it.
  public var isEnd = true

  /// Reads that part of the view; runs on a thread of its own. `ranges` are those that the shard serves, ascending.
  public static func compute(_ view: StoreView, ranges: [RowRange], _ order: RangeSumOrder) throws -> RangeSum {
    var result = RangeSum()
    var bytes = 0
    for range in ranges where order.after.isEmpty || order.after.lexicographicallyPrecedes(range.upper) {
      // A key is followed at once by itself with one byte more.
      let isInside = !order.after.isEmpty && !order.after.lexicographicallyPrecedes(range.lower)
      let lower = isInside ? order.after + [0] : range.lower
      try view.scan(from: lower, to: range.upper, reverse: false) { key, value in
        guard bytes < Int(order.bytesMax) else {
          result.isEnd = false
          return .stop
        }
        bytes += key.count + value.count
        result.sum = ShardChecksum.add(key, value, to: result.sum)
        result.last = key
        return .proceed
      }
      if !result.isEnd { break }
    }
    return result
  }
}
