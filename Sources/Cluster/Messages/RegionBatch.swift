public import Bytes
public import Items

/// Changes of items that were made in another region, in the order of the feed of the shard that they come from.
///
/// The shard that they are for keeps the highest sequence that it took of each source. A batch that says it follows on a
/// higher one is refused, because changes are missing before it; what it repeats is ignored, however late it comes.
public struct RegionBatch: Equatable, Sendable {
  public struct Change: Equatable, Sendable {
    /// Of the change in the source's feed; ascending.
    public var sequence: UInt64
    /// With the id that the table has where the batch goes.
    public var key: RowKey
    public var version: ItemVersion
    /// That of the item's protected attributes, where they are carried; a removal concerns both groups.
    public var protected: GroupVersions.Protected
    /// Nil for a removal.
    public var item: EncodedItem?
    /// The item was removed because its time to live had ended.
    public var isExpiry: Bool

    public init(
      sequence: UInt64, key: RowKey, version: ItemVersion,
      protected: GroupVersions.Protected = .same,
      item: EncodedItem?, isExpiry: Bool = false
    ) {
      self.protected = protected
      self.sequence = sequence
      self.key = key
      self.version = version
      self.item = item
      self.isExpiry = isExpiry
    }
  }

  /// Bytes that a change takes, roughly and rather more.
  public static func bytes(of change: Change) -> Int {
    96 + change.key.bytes.count + (change.item?.bytes.count ?? 0)
  }

  public var source: RegionSource
  /// The change before the first one of the batch, for the same shard; 0 where there was none.
  public var predecessor: UInt64
  /// At least one.
  public var changes: [Change]

  public init(source: RegionSource, predecessor: UInt64, changes: [Change]) {
    self.source = source
    self.predecessor = predecessor
    self.changes = changes
  }

  /// Of one batch.
  public static let changesMax = 512

  private enum Flag {
    static let isExpiry: UInt8 = 1, isWithoutProtected: UInt8 = 2, hasProtectedVersion: UInt8 = 4
  }

  public var last: UInt64 { changes.last?.sequence ?? predecessor }

  /// ```
  /// source | predecessor (varint) | changes (array): sequence above the one before (varint) | key (blob) | version |
  /// flags (u8: 1 expiry, 2 without protected attributes, 4 they have a version of their own) | [version] | item? (blob)
  /// ```
  public func encode(into writer: inout ByteWriter) {
    source.encode(into: &writer)
    writer.varint(predecessor)
    var before = predecessor
    writer.array(changes) { writer, change in
      writer.varint(change.sequence - before)
      before = change.sequence
      writer.rowKey(change.key)
      change.version.encode(into: &writer)
      var flags: UInt8 = change.isExpiry ? Flag.isExpiry : 0
      if change.protected == .absent { flags |= Flag.isWithoutProtected }
      if case .other = change.protected { flags |= Flag.hasProtectedVersion }
      writer.u8(flags)
      if case .other(let version) = change.protected { version.encode(into: &writer) }
      writer.optional(change.item) { $0.item($1) }
    }
  }

  public init(from reader: inout ByteReader) throws(MalformedBytes) {
    source = try RegionSource(from: &reader)
    predecessor = try reader.varint()
    var before = predecessor
    changes = try reader.array { (input) throws(MalformedBytes) in
      let (sequence, overflows) = before.addingReportingOverflow(try input.varint())
      guard !overflows else { throw MalformedBytes("a region batch's sequence is too high") }
      before = sequence
      let key = try input.rowKey()
      let version = try ItemVersion(from: &input)
      let flags = try input.u8()
      var protected = flags & Flag.isWithoutProtected > 0 ? GroupVersions.Protected.absent : .same
      if flags & Flag.hasProtectedVersion > 0 { protected = .other(try ItemVersion(from: &input)) }
      return Change(
        sequence: sequence, key: key, version: version, protected: protected,
        item: try input.optional { (input) throws(MalformedBytes) in try input.item() },
        isExpiry: flags & Flag.isExpiry > 0)
    }
    guard changes.count <= Self.changesMax else { throw MalformedBytes("a region batch has too many changes") }
  }
}

/// Where changes of a table come from: a shard of another region.
public struct RegionSource: Hashable, Sendable {
  /// As the receiving region numbers it.
  public var table: TableID
  public var region: String
  public var shard: ShardID

  public init(table: TableID, region: String, shard: ShardID) {
    self.table = table
    self.region = region
    self.shard = shard
  }

  public func encode(into writer: inout ByteWriter) {
    writer.table(table)
    writer.string(region)
    writer.shard(shard)
  }

  public init(from reader: inout ByteReader) throws(MalformedBytes) {
    table = try reader.table()
    region = try reader.string()
    shard = try reader.shard()
  }
}
