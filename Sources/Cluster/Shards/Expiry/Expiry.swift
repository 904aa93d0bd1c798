public import Bytes
public import Items
public import Messages

/// An item whose time to live has ended, as the leader saw it.
public struct Expiry: Equatable, Sendable {
  public var key: RowKey
  /// XXH64 of the item's encoding: another version of it stays.
  public var seen: UInt64
  /// The wall clock by which it has expired.
  public var atMs: UInt64

  public init(key: RowKey, item: EncodedItem, atMs: UInt64) {
    self.key = key
    seen = Self.sum(item)
    self.atMs = atMs
  }

  static func sum(_ item: EncodedItem) -> UInt64 { Hash64.hash(item.bytes) }

  /// ```
  /// row key (blob) | sum of the item (u64) | time (varint)
  /// ```
  func encode(into writer: inout ByteWriter) {
    writer.rowKey(key)
    writer.u64(seen)
    writer.varint(atMs)
  }

  init(from reader: inout ByteReader) throws(MalformedBytes) {
    key = try reader.rowKey()
    seen = try reader.u64()
    atMs = try reader.varint()
  }
}

/// Which items have expired at a time (*Using time to live*, Developer Guide): those whose attribute is a Number of
/// seconds since 1970 that has passed, and not by more than five years.
public struct ExpiryRule: Sendable {
  private let attribute: [UInt8]
  private let latest: Number
  private let earliest: Number

  /// A year is 365 days here; the guide says no more than "five years".
  private static let yearsMax: UInt64 = 5

  public init(attribute: [UInt8], atMs: UInt64) {
    self.attribute = attribute
    let seconds = atMs / 1_000
    latest = Number(Int(clamping: seconds))
    earliest = Number(Int(clamping: seconds) - Int(Self.yearsMax * 365 * 86_400))
  }

  public func hasExpired(_ item: EncodedItem) throws(MalformedBytes) -> Bool {
    guard case .number(let time)? = try item.value(named: attribute) else { return false }
    return time <= latest && time >= earliest
  }
}
