import Bytes
public import Messages

/// Where the readers of a table's feed stand, as of the same entry as the rows: one row of the shard's own state.
public struct FeedState: Equatable, Sendable {
  public struct Index: Equatable, Sendable {
    public var id: TableID
    /// Changes up to here are not for it: the index was made after them.
    public var since: UInt64
    public var filling: Filling
  }

  public enum Filling: Equatable, Sendable {
    /// Rows above `after` are still to be put into the feed; nil: all.
    case walking(after: [UInt8]?)
    /// All are; the last has that sequence, 0 where there was none.
    case walked(through: UInt64)
  }

  /// Every change up to here has been applied by every shard that holds a part of an index.
  public internal(set) var cursor: UInt64 = 0
  /// Ascending by id.
  public internal(set) var indexes: [Index] = []
  /// Ascending by index and shard.
  public internal(set) var reached: [FeedAdvance.Reached] = []
  /// The newest record, 0 where there was none, and what all up to it weigh.
  public internal(set) var end: UInt64 = 0
  var endBytes: UInt64 = 0
  /// Ascending; only the last may be open.
  public internal(set) var streams: [Stream] = []
  /// No stream shows records up to here any more, and what those weigh.
  public internal(set) var expired: UInt64 = 0
  var expiredBytes: UInt64 = 0
  /// The newest record that a stream showed and shows no more.
  public internal(set) var lost: UInt64 = 0
  /// The highest hybrid time among the versions of the table's items here, whichever region made them; 0 where it never
  /// had replicas.
  public internal(set) var clock: UInt64 = 0
  /// What the next record is surely no older than: milliseconds since 1970.
  var timeMs: UInt64 { max(ItemVersion(time: clock, region: "").ms, streams.last?.startedAtMs ?? 0) }
  /// Ascending by name.
  public internal(set) var regions: [Region] = []
  /// How many records up to the newest one are for other regions.
  public internal(set) var endCount: UInt64 = 0

  public func index(_ id: TableID) -> Index? { indexes.first { $0.id == id } }

  /// The newest change for the index that the shard is known to have applied; 0 where there is none.
  public func reached(_ index: TableID, _ shard: ShardID) -> UInt64 {
    reached.first { $0.index == index && $0.shard == shard }?.sequence ?? 0
  }

  /// Whether every row that the table had when the index was made has come to it, and every change up to then.
  public func isFilled(_ id: TableID) -> Bool {
    guard case .walked(let through)? = index(id)?.filling else { return false }
    return cursor >= through
  }

  mutating func add(_ id: TableID, since: UInt64, _ filling: Filling) {
    let place = indexes.firstIndex { $0.id >= id } ?? indexes.count
    if place < indexes.count, indexes[place].id == id { return }
    indexes.insert(Index(id: id, since: since, filling: filling), at: place)
  }

  mutating func remove(_ id: TableID) {
    indexes.removeAll { $0.id == id }
    reached.removeAll { $0.index == id }
  }

  mutating func set(_ filling: Filling, of id: TableID) {
    guard let place = indexes.firstIndex(where: { $0.id == id }) else { return }
    indexes[place].filling = filling
  }

  mutating func advance(_ advance: FeedAdvance) {
    cursor = max(cursor, advance.through)
    for new in advance.reached where index(new.index) != nil {
      let place = reached.firstIndex { ($0.index, $0.shard) >= (new.index, new.shard) } ?? reached.count
      if place < reached.count, reached[place].index == new.index, reached[place].shard == new.shard {
        reached[place].sequence = max(reached[place].sequence, new.sequence)
      } else {
        reached.insert(new, at: place)
      }
    }
  }
}

/// ```
/// cursor (varint) | indexes (array): id (u32), since (varint), filling (u8: 0 walked, 1 walking from the start, 2 walking
/// after), through (varint) or after (blob) | reached (array) | end (varint) | end bytes (varint) | streams (array) |
/// expired (varint) | expired bytes (varint) | lost (varint) | [clock (varint) | [regions (array) | [count (varint)]]]
/// ```
/// A table that never had replicas ends before the clock: so had an earlier build it.
extension FeedState {
  func encode() -> [UInt8] {
    var writer = ByteWriter(capacity: 64 + 16 * reached.count)
    writer.varint(cursor)
    writer.array(indexes) { writer, index in
      writer.table(index.id)
      writer.varint(index.since)
      index.filling.encode(into: &writer)
    }
    writer.array(reached) { $1.encode(into: &$0) }
    writer.varint(end)
    writer.varint(endBytes)
    writer.array(streams) { $1.encode(into: &$0) }
    writer.varint(expired)
    writer.varint(expiredBytes)
    writer.varint(lost)
    guard clock > 0 || !regions.isEmpty else { return writer.bytes }
    writer.varint(clock)
    guard !regions.isEmpty else { return writer.bytes }
    writer.array(regions) { $1.encode(into: &$0) }
    writer.varint(endCount)
    return writer.bytes
  }

  init(_ bytes: [UInt8]) throws(MalformedBytes) {
    var reader = ByteReader(bytes)
    cursor = try reader.varint()
    indexes = try reader.array { (input) throws(MalformedBytes) in
      let id = try input.table()
      let since = try input.varint()
      return Index(id: id, since: since, filling: try Filling(from: &input))
    }
    reached = try reader.array { (input) throws(MalformedBytes) in try FeedAdvance.Reached(from: &input) }
    end = try reader.varint()
    endBytes = try reader.varint()
    streams = try reader.array { (input) throws(MalformedBytes) in try Stream(from: &input) }
    expired = try reader.varint()
    expiredBytes = try reader.varint()
    lost = try reader.varint()
    if !reader.isAtEnd { clock = try reader.varint() }
    if !reader.isAtEnd { regions = try reader.array { (input) throws(MalformedBytes) in try Region(from: &input) } }
    if !reader.isAtEnd { endCount = try reader.varint() }
    try reader.finish()
  }
}

extension FeedState.Filling {
  private enum Code { static let walked: UInt8 = 0, start: UInt8 = 1, after: UInt8 = 2 }

  func encode(into writer: inout ByteWriter) {
    switch self {
    case .walked(let through):
      writer.u8(Code.walked)
      writer.varint(through)
    case .walking(nil): writer.u8(Code.start)
    case .walking(let after?):
      writer.u8(Code.after)
      writer.blob(after)
    }
  }

  init(from reader: inout ByteReader) throws(MalformedBytes) {
    switch try reader.u8() {
    case Code.walked: self = .walked(through: try reader.varint())
    case Code.start: self = .walking(after: nil)
    case Code.after: self = .walking(after: try reader.blob())
    default: throw MalformedBytes("an unknown state of a reader that is filled")
    }
  }
}
