public import Bytes

/// What makes a change recognisable when it is sent again: no operation id is ever applied twice.
///
/// `origin` names one coordinator for one life; it numbers its changes in `sequence`. A shard remembers the answers of
/// the changes that it applied until the origin says that nobody waits for them (`answeredBelow`), or until its own
/// logical time (the highest issue time in its log) has passed `issuedAtMs` by ``windowMs``. By the same comparison a
/// change that old is refused, so that a forgotten one cannot be applied again.
public struct OperationStamp: Equatable, Sendable {
  public var origin: UInt64
  public var sequence: UInt64
  /// Every change of the origin below this has its answer, and will not be sent again.
  public var answeredBelow: UInt64
  /// The origin's hybrid clock when it first sent the change, in milliseconds.
  public var issuedAtMs: UInt64
  /// True where an earlier request for the same change may have arrived.
  public var isRetry: Bool

  public init(origin: UInt64, sequence: UInt64, answeredBelow: UInt64, issuedAtMs: UInt64, isRetry: Bool = false) {
    self.origin = origin
    self.sequence = sequence
    self.answeredBelow = answeredBelow
    self.issuedAtMs = issuedAtMs
    self.isRetry = isRetry
  }

  public static let windowMs: UInt64 = 30_000

  /// ```
  /// origin (u64) | sequence (varint) | sequence - answeredBelow (varint) | issue time (varint)
  /// ```
  @inlinable public func encode(into writer: inout ByteWriter) {
    writer.u64(origin)
    writer.varint(sequence)
    writer.varint(sequence - min(answeredBelow, sequence))
    writer.varint(issuedAtMs)
  }

  public init(from reader: inout ByteReader, isRetry: Bool = false) throws(MalformedBytes) {
    origin = try reader.u64()
    sequence = try reader.varint()
    let distance = try reader.varint()
    guard distance <= sequence else { throw MalformedBytes("an operation's number lies below those answered") }
    answeredBelow = sequence - distance
    issuedAtMs = try reader.varint()
    self.isRetry = isRetry
  }
}
