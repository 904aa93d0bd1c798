import Bytes
public import Items
public import Messages

/// One change of an item, as its table's feed keeps it.
public struct ChangeRecord: Equatable, Sendable {
  /// Stored: the raw values.
  public struct Flags: OptionSet, Sendable {
    public var rawValue: UInt8

    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// The item is as it was. Streams do not show it; to other readers it is a change like any other.
    public static let changesNothing = Flags(rawValue: 1)
    /// The item was removed because its time to live had ended.
    public static let isExpiry = Flags(rawValue: 2)
    /// No change but the image at this place of the feed, for an index that is being filled (``index``).
    public static let isImage = Flags(rawValue: 4)
  }

  /// Strictly increasing within the shard, whoever leads it (``sequence(at:ordinal:)``).
  public var sequence: UInt64
  public var key: RowKey
  public var old: EncodedItem?
  public var new: EncodedItem?
  public var flags: Flags
  /// The shard's logical time: milliseconds since 1970, as far as the clocks of those who asked tell. Of a change that
  /// another region made, where no client may write here, at least ``FeedState/timeMs``.
  public var timeMs: UInt64
  /// The only index that it is for; nil: every reader.
  public var index: TableID?
  /// Of an item with replicas in other regions: which version the change made.
  public var version: ItemVersion?
  /// Of an image: that of its protected attributes.
  public var protected = GroupVersions.Protected.same
  /// Then also the table's clock, with this change (``FeedState/clock``).
  var clock: UInt64 = 0
  /// The only region that it is for, with ``Flags/isImage``; nil: every reader.
  public var region: String?
  /// What the feed's records up to this one weigh, those included that are gone (``weight``).
  var feedBytes: UInt64 = 0
  /// How many of the feed's records up to this one are for other regions, those included that are gone.
  var regionCount: UInt64 = 0

  public init(
    sequence: UInt64, key: RowKey, old: EncodedItem?, new: EncodedItem?, flags: Flags = [], timeMs: UInt64 = 0,
    index: TableID? = nil
  ) {
    self.sequence = sequence
    self.key = key
    self.old = old
    self.new = new
    self.flags = flags
    self.timeMs = timeMs
    self.index = index
  }

  /// Bytes that it takes, roughly.
  var weight: UInt64 {
    UInt64(key.bytes.count + (old?.bytes.count ?? 0) + (new?.bytes.count ?? 0)) + Self.overheadBytes
  }

  private static let overheadBytes: UInt64 = 64

  /// Records of one entry at most.
  public static let ordinalsMax: UInt64 = 1 << 16

  /// The sequence of the `ordinal`th record that the log's entry at `index` makes: it follows from the log alone, and no
  /// replica has to count.
  public static func sequence(at index: UInt64, ordinal: UInt64 = 0) -> UInt64 { index * ordinalsMax + ordinal }

  /// ```
  /// flags (u8) | time (varint) | key (blob) | old? (blob) | new? (blob) | index? (u32) | bytes of the feed (varint) |
  /// [version | clock (varint) | region? (string) | [count (varint) | [versions of
  /// its groups]]]
  /// ```
  /// The sequence stands in the row's key.
  func encode() -> [UInt8] {
    // Enough for all but long names of regions: a second allocation would be twice as large, and stays in memory.
    let images = key.bytes.count + (old?.bytes.count ?? 0) + (new?.bytes.count ?? 0)
    var writer = ByteWriter(capacity: images + (version == nil ? 40 : 112))
    writer.u8(flags.rawValue)
    writer.varint(timeMs)
    writer.rowKey(key)
    writer.optional(old) { $0.item($1) }
    writer.optional(new) { $0.item($1) }
    writer.optional(index) { $0.table($1) }
    writer.varint(feedBytes)
    if let version {
      version.encode(into: &writer)
      writer.varint(clock)
      writer.optional(region) { $0.string($1) }
      writer.varint(regionCount)
      if protected != .same { GroupVersions(version, protected: protected).encode(into: &writer) }
    }
    return writer.bytes
  }

  init(sequence: UInt64, _ bytes: [UInt8]) throws(MalformedBytes) {
    self.sequence = sequence
    var reader = ByteReader(bytes)
    flags = Flags(rawValue: try reader.u8())
    timeMs = try reader.varint()
    key = try reader.rowKey()
    old = try reader.optional { (input) throws(MalformedBytes) in try input.item() }
    new = try reader.optional { (input) throws(MalformedBytes) in try input.item() }
    index = try reader.optional { (input) throws(MalformedBytes) in try input.table() }
    feedBytes = try reader.varint()
    if !reader.isAtEnd {
      version = try ItemVersion(from: &reader)
      clock = try reader.varint()
      region = try reader.optional { (input) throws(MalformedBytes) in try input.string() }
      // An earlier build did not count.
      if !reader.isAtEnd { regionCount = try reader.varint() }
      if !reader.isAtEnd { protected = try GroupVersions(toEnd: &reader).protected }
    }
    try reader.finish()
  }
}

/// Where the rows of a shard lie that are no items.
enum FeedRow {
  /// The feed of a table: `reserved id (u32) | table id (u32) | sequence (u64)`.
  static func prefix(_ table: TableID) -> [UInt8] {
    var writer = ByteWriter(capacity: 16)
    writer.table(.changeFeed)
    writer.table(table)
    return writer.bytes
  }

  static func key(_ table: TableID, _ sequence: UInt64) -> [UInt8] {
    var writer = ByteWriter(capacity: 16)
    writer.table(.changeFeed)
    writer.table(table)
    writer.u64(sequence)
    return writer.bytes
  }

  static func table(of key: [UInt8]) throws(MalformedBytes) -> TableID {
    var reader = ByteReader(key, in: min(4, key.count)..<key.count)
    return try reader.table()
  }

  static func sequence(of key: [UInt8]) throws(MalformedBytes) -> UInt64 {
    var reader = ByteReader(key, in: min(8, key.count)..<key.count)
    let sequence = try reader.u64()
    try reader.finish()
    return sequence
  }
}
