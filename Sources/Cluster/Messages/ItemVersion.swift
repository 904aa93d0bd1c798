public import Bytes

/// When and where an item of a table with replicas was written last: of two versions in different regions the higher one
/// stays, everywhere.
///
/// Equal times are told apart by the region's name, so that the winner is the same whatever arrived first.
public struct ItemVersion: Hashable, Comparable, Sendable {
  /// Hybrid logical time: milliseconds since 1970 in the upper 48 bits, a count in the lower 16.
  public var time: UInt64
  /// Where the change was made.
  public var region: String

  public init(time: UInt64, region: String) {
    self.time = time
    self.region = region
  }

  /// That of an item that was there before its table had replicas.
  public static let first = ItemVersion(time: 0, region: "")

  static let countBits: UInt64 = 16

  /// The time of the next change: not before `ms`, and above `clock`, the highest that was seen.
  public static func time(atMs ms: UInt64, after clock: UInt64) -> UInt64 { max(ms << countBits, clock + 1) }

  public static func < (left: ItemVersion, right: ItemVersion) -> Bool {
    guard left.time == right.time else { return left.time < right.time }
    return left.region.utf8.lexicographicallyPrecedes(right.region.utf8)
  }

  /// ```
  /// time (u64) | region (string)
  /// ```
  public func encode(into writer: inout ByteWriter) {
    writer.u64(time)
    writer.string(region)
  }

  public init(from reader: inout ByteReader) throws(MalformedBytes) {
    time = try reader.u64()
    region = try reader.string()
  }
}
