public import Bytes
public import Raft

/// What two nodes tell each other on a bulk connection while one fetches a group's state from the other.
///
/// The follower asks, one question at a time, and the server answers each: a header, then numbered items. The first
/// items are pieces of the metadata, as many as the header says; those behind are the rows (``Store/SnapshotChunk``).
/// A question that got no answer is asked again. Integers are big-endian:
///
/// ```
/// group (u32) | fetch (u64) | tag (u8) | body
/// open 1: index, term (u64) | next 2: sequence (u64) | keep 3 | close 4
/// header 16: identity (u64), index, term (u64), metadata bytes (u64), metadata CRC-32C (u32)
/// item 17: sequence (u64), the rest is the item | refused 18: reason (u8)
/// ```
public struct SnapshotFrame: Equatable, Sendable {
  public enum Body: Equatable, Sendable {
    /// Opens a view that is at least as new as this position.
    case open(atLeast: LogPosition)
    /// Asks for an item: the one behind the last, or the last once more.
    case next(UInt64)
    /// The follower is still busy with the last item: the server keeps the view.
    case keep
    case close
    case header(SnapshotHeader)
    case item(UInt64, [UInt8])
    case refused(Refusal)
  }

  /// Why a server does not serve. Raw values are on the wire.
  public enum Refusal: UInt8, Sendable {
    /// It serves as many as it may.
    case busy = 1
    /// It does not have the group's state as of that position.
    case behind = 2
    /// It knows of no such fetch, or no longer.
    case unknown = 3
    /// Its own store could not be read.
    case failed = 4
  }

  public var group: GroupID
  /// Chosen by the follower; differs between all its fetches.
  public var fetch: UInt64
  public var body: Body

  public init(group: GroupID, fetch: UInt64, body: Body) {
    self.group = group
    self.fetch = fetch
    self.body = body
  }

  /// Bytes of an item, about: a row larger than that travels alone.
  public static let itemBytesMax = 512 << 10
}

/// What the items of a fetch are.
public struct SnapshotHeader: Equatable, Sendable {
  /// Goes into the checksum of every chunk of rows.
  public var identity: UInt64
  /// The entry whose state it is.
  public var position: LogPosition
  public var metadataBytes: UInt64
  public var metadataSum: UInt32

  public init(identity: UInt64, position: LogPosition, metadata: [UInt8]) {
    self.identity = identity
    self.position = position
    metadataBytes = UInt64(metadata.count)
    metadataSum = CRC32C.checksum(metadata)
  }

  /// Items before the first one of rows.
  public var metadataItems: UInt64 {
    let bytes = UInt64(SnapshotFrame.itemBytesMax)
    return metadataBytes / bytes + (metadataBytes % bytes == 0 ? 0 : 1)
  }

  /// The bytes of the metadata that are item `sequence`.
  public func metadataRange(_ sequence: UInt64) -> Range<Int> {
    let start = Int(sequence) * SnapshotFrame.itemBytesMax
    return start..<min(start + SnapshotFrame.itemBytesMax, Int(metadataBytes))
  }
}

extension SnapshotFrame {
  /// On the wire: never renumber.
  private enum Tag: UInt8 {
    case open = 1
    case next = 2
    case keep = 3
    case close = 4
    case header = 16
    case item = 17
    case refused = 18
  }

  public func encode() -> [UInt8] {
    var writer = ByteWriter(capacity: 64)
    writer.u32(group.rawValue)
    writer.u64(fetch)
    switch body {
    case .open(let position):
      writer.u8(Tag.open.rawValue)
      writer.u64(position.index)
      writer.u64(position.term)
    case .next(let sequence):
      writer.u8(Tag.next.rawValue)
      writer.u64(sequence)
    case .keep: writer.u8(Tag.keep.rawValue)
    case .close: writer.u8(Tag.close.rawValue)
    case .header(let header):
      writer.u8(Tag.header.rawValue)
      header.encode(into: &writer)
    case .item(let sequence, let bytes):
      writer.u8(Tag.item.rawValue)
      writer.u64(sequence)
      writer.raw(bytes)
    case .refused(let reason):
      writer.u8(Tag.refused.rawValue)
      writer.u8(reason.rawValue)
    }
    return writer.bytes
  }

  public init(_ bytes: [UInt8]) throws(MalformedBytes) {
    var reader = ByteReader(bytes)
    group = GroupID(try reader.u32())
    fetch = try reader.u64()
    guard let tag = Tag(rawValue: try reader.u8()) else { throw MalformedBytes("a snapshot frame has an unknown tag") }
    switch tag {
    case .open: body = .open(atLeast: try reader.position())
    case .next: body = .next(try reader.u64())
    case .keep: body = .keep
    case .close: body = .close
    case .header: body = .header(try SnapshotHeader(from: &reader))
    case .item:
      let sequence = try reader.u64()
      body = .item(sequence, try reader.raw(reader.remaining))
    case .refused:
      guard let reason = Refusal(rawValue: try reader.u8()) else { throw MalformedBytes("a refusal is unknown") }
      body = .refused(reason)
    }
    try reader.finish()
  }
}

extension SnapshotHeader {
  fileprivate func encode(into writer: inout ByteWriter) {
    writer.u64(identity)
    writer.u64(position.index)
    writer.u64(position.term)
    writer.u64(metadataBytes)
    writer.u32(metadataSum)
  }

  fileprivate init(from reader: inout ByteReader) throws(MalformedBytes) {
    identity = try reader.u64()
    position = try reader.position()
    metadataBytes = try reader.u64()
    metadataSum = try reader.u32()
    guard metadataBytes <= Self.metadataBytesMax else { throw MalformedBytes("a snapshot's metadata is too large") }
  }

  /// What a follower is willing to keep in memory for it.
  static let metadataBytesMax: UInt64 = 1 << 30
}

extension ByteReader {
  fileprivate mutating func position() throws(MalformedBytes) -> LogPosition {
    LogPosition(index: try u64(), term: try u64())
  }
}
