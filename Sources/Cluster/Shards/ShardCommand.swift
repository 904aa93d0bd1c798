public import Bytes
public import Catalog
public import Items
public import Messages

/// What an entry of a shard's log says. Followers only carry it out: everything was decided by the leader.
///
/// ```
/// kind (u8) | fields
/// 1 put:       row key (blob), item (blob)
/// 2 delete:    row key (blob)
/// 3 configure: table settings (blob)
/// 4 drop:      table id (u32)
/// 5 checksum
/// 6 own:       first and last hash of the shard (u64, u64)
/// 7 index:     index batch
/// 8 advance:   feed advance
/// 9 backfill:  backfill slice
/// 10 expire:   expiry
/// 12 trim:     stream trim
/// 20 version:  time (u64), row key (blob), item? (blob)
/// 21 region:   region batch
/// 22 advance:  region advance
/// 23 copy:     region copy
/// 24 raise:    table id (u32), time (u64)
/// 25 forget:   forgotten traces
/// 26 refill:   table id (u32), region (string)
/// 27 close:    table id (u32)
/// 40 sum:      range sum order
/// ```
public enum ShardCommand: Sendable {
  case put(RowKey, EncodedItem)
  case delete(RowKey)
  /// Has an effect where the shard does not serve the table, or by settings of a lower version.
  case configure(TableSettings)
  case drop(TableID)
  case checksum
  case own(ClosedRange<UInt64>)
  /// Changes of an index's rows that another shard's feed asked for.
  case index(IndexBatch)
  /// A table's feed has reached its indexes up to there.
  case advance(FeedAdvance)
  /// Puts the next rows of the table into its feed for an index that is not filled yet, or, where that is local, into it.
  case backfill(BackfillSlice)
  /// Removes an item whose time to live has ended, as it was seen.
  case expire(Expiry)
  /// A table's streams give up their oldest records.
  case trim(StreamTrim)
  /// A put, or a delete, of an item with replicas in other regions, at that hybrid time (``ItemVersion``).
  case version(RowKey, EncodedItem?, time: UInt64)
  /// Changes that were made in another region.
  case region(RegionBatch)
  /// A table's feed has reached another region up to there.
  case regionAdvance(RegionAdvance)
  /// Puts the next rows of the table into its feed for a region that has not got them yet.
  case regionCopy(RegionCopy)
  /// Local writes of the table are above that hybrid time from here on.
  case raiseClock(TableID, to: UInt64)
  /// A region that is too far behind gets what the table holds instead of the changes that it missed.
  case refillRegion(TableID, String)
  /// The table is to go from this region: it takes no more writes of clients.
  case closeTable(TableID)
  /// Traces of removed items go.
  case forgetTraces(ForgottenTraces)
  /// Every replica sums some of its rows, to be compared.
  case sumRange(RangeSumOrder)

  /// Whether a leader that proposes it knows what becomes of items and their versions: it notes every write, and the
  /// others of these change none.
  var isForeseen: Bool {
    switch self {
    case .put, .delete, .version, .region, .index, .advance, .regionAdvance, .trim: true
    default: false
    }
  }

  private enum Kind {
    static let put: UInt8 = 1, delete: UInt8 = 2, configure: UInt8 = 3, drop: UInt8 = 4, checksum: UInt8 = 5
    static let own: UInt8 = 6, index: UInt8 = 7, advance: UInt8 = 8, backfill: UInt8 = 9
    static let expire: UInt8 = 10
    static let trim: UInt8 = 12
    static let version: UInt8 = 20, region: UInt8 = 21, regionAdvance: UInt8 = 22, regionCopy: UInt8 = 23
    static let raiseClock: UInt8 = 24, forgetTraces: UInt8 = 25, refillRegion: UInt8 = 26
    static let closeTable: UInt8 = 27
    static let sumRange: UInt8 = 40
  }

  public func encode() -> [UInt8] {
    var writer = ByteWriter(capacity: sizeHint)
    encode(into: &writer)
    return writer.bytes
  }

  public func encode(into writer: inout ByteWriter) {
    switch self {
    case .put(let key, let item):
      writer.u8(Kind.put)
      writer.rowKey(key)
      writer.item(item)
    case .delete(let key):
      writer.u8(Kind.delete)
      writer.rowKey(key)
    case .configure(let settings):
      writer.u8(Kind.configure)
      writer.blob(settings.encode())
    case .drop(let table):
      writer.u8(Kind.drop)
      writer.table(table)
    case .checksum: writer.u8(Kind.checksum)
    case .own(let range):
      writer.u8(Kind.own)
      writer.u64(range.lowerBound)
      writer.u64(range.upperBound)
    case .index(let batch):
      writer.u8(Kind.index)
      batch.encode(into: &writer)
    case .advance(let advance):
      writer.u8(Kind.advance)
      advance.encode(into: &writer)
    case .backfill(let slice):
      writer.u8(Kind.backfill)
      slice.encode(into: &writer)
    case .expire(let expiry):
      writer.u8(Kind.expire)
      expiry.encode(into: &writer)
    case .trim(let trim):
      writer.u8(Kind.trim)
      trim.encode(into: &writer)
    case .version(let key, let item, let time):
      writer.u8(Kind.version)
      writer.u64(time)
      writer.rowKey(key)
      writer.optional(item) { $0.item($1) }
    case .region(let batch):
      writer.u8(Kind.region)
      batch.encode(into: &writer)
    case .regionAdvance(let advance):
      writer.u8(Kind.regionAdvance)
      advance.encode(into: &writer)
    case .regionCopy(let copy):
      writer.u8(Kind.regionCopy)
      copy.encode(into: &writer)
    case .raiseClock(let table, let time):
      writer.u8(Kind.raiseClock)
      writer.table(table)
      writer.u64(time)
    case .refillRegion(let table, let region):
      writer.u8(Kind.refillRegion)
      writer.table(table)
      writer.string(region)
    case .closeTable(let table):
      writer.u8(Kind.closeTable)
      writer.table(table)
    case .forgetTraces(let forgotten):
      writer.u8(Kind.forgetTraces)
      forgotten.encode(into: &writer)
    case .sumRange(let order):
      writer.u8(Kind.sumRange)
      order.encode(into: &writer)
    }
  }

  /// Reads what stands in `bytes` from `start` to the end.
  public init(_ bytes: [UInt8], from start: Int = 0) throws(MalformedBytes) {
    var reader = ByteReader(bytes, in: start..<bytes.count)
    switch try reader.u8() {
    case Kind.put:
      let key = try reader.rowKey()
      self = .put(key, try reader.item())
    case Kind.delete: self = .delete(try reader.rowKey())
    case Kind.configure: self = .configure(try TableSettings(try reader.blob()))
    case Kind.drop: self = .drop(try reader.table())
    case Kind.checksum: self = .checksum
    case Kind.own:
      let lower = try reader.u64()
      let upper = try reader.u64()
      guard lower <= upper else { throw MalformedBytes("a shard's range is empty") }
      self = .own(lower...upper)
    case Kind.index: self = .index(try IndexBatch(from: &reader))
    case Kind.advance: self = .advance(try FeedAdvance(from: &reader))
    case Kind.backfill: self = .backfill(try BackfillSlice(from: &reader))
    case Kind.expire: self = .expire(try Expiry(from: &reader))
    case Kind.trim: self = .trim(try StreamTrim(from: &reader))
    case Kind.version:
      let time = try reader.u64()
      let key = try reader.rowKey()
      let item = try reader.optional { (input) throws(MalformedBytes) in try input.item() }
      self = .version(key, item, time: time)
    case Kind.region: self = .region(try RegionBatch(from: &reader))
    case Kind.regionAdvance: self = .regionAdvance(try RegionAdvance(from: &reader))
    case Kind.regionCopy: self = .regionCopy(try RegionCopy(from: &reader))
    case Kind.raiseClock:
      let table = try reader.table()
      self = .raiseClock(table, to: try reader.u64())
    case Kind.refillRegion:
      let table = try reader.table()
      self = .refillRegion(table, try reader.string())
    case Kind.closeTable: self = .closeTable(try reader.table())
    case Kind.forgetTraces: self = .forgetTraces(try ForgottenTraces(from: &reader))
    case Kind.sumRange: self = .sumRange(try RangeSumOrder(from: &reader))
    default: throw MalformedBytes("an unknown shard command")
    }
    try reader.finish()
  }

  /// The hybrid time of a change with one.
  public var time: UInt64? {
    if case .version(_, _, let time) = self { return time }
    return nil
  }

  /// What a node has to speak to read it.
  public var version: UInt16 {
    switch self {
    case .sumRange: EntryVersions.rangeSums
    case .raiseClock, .forgetTraces, .refillRegion, .closeTable: EntryVersions.traces
    // By name, so that a new kind is not forgotten here.
    case .put, .delete, .configure, .drop, .checksum, .own, .index, .advance, .backfill, .expire, .trim, .version,
      .region,
      .regionAdvance, .regionCopy:
      EntryVersions.first
    }
  }

  /// Bytes of the encoded command, roughly and rather more.
  public var sizeHint: Int {
    switch self {
    case .put(let key, let item): key.bytes.count + item.bytes.count + 16
    case .version(let key, let item, _): key.bytes.count + (item?.bytes.count ?? 0) + 32
    case .region(let batch): batch.changes.reduce(64) { $0 + RegionBatch.bytes(of: $1) }
    case .index(let batch): batch.changes.reduce(64) { $0 + 96 + ($1.put?.item.bytes.count ?? 0) }
    default: 64
    }
  }
}
