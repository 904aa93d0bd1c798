import Bytes
import Catalog
import Environment
import Items
public import Messages
import Store

extension ShardMachine {
  /// What a record of a table's feed says to another region, with the key that its item has there; nil where it says
  /// nothing: the change came from another region itself, or the record is for another reader.
  public func change(
    of record: ChangeRecord, in id: TableID, for region: String, as table: TableID
  ) throws -> RegionBatch.Change? {
    guard record.index == nil, let version = record.version, let settings = tables[id]?.settings,
      version.region == settings.replication?.region || record.region != nil,
      record.region == nil || record.region == region
    else { return nil }
    let change = RegionBatch.Change(
      sequence: record.sequence, key: try record.key.moved(to: table, settings.key.partition.type),
      version: version,
      protected: record.protected, item: record.new, isExpiry: record.flags.contains(.isExpiry))
    #if GANTRY_PLANTS
      if Plants.planted == .residencyFilterBypassed { return change }
    #endif
    return try tables[id]?.residency?.outgoing(change, to: region, residencyHash) ?? change
  }
}

extension ShardMachine {
  /// What waits in a table's feed for other regions.
  public struct Waiting: Equatable, Sendable {
    public var changes: UInt64 = 0
    /// They weigh about that much.
    public var bytes: UInt64 = 0
    /// The shard's logical time at which the oldest of them was made; nil where there is none.
    public var sinceMs: UInt64?

    public init() {}
  }

  /// What lies behind a place of the feed. One seek.
  public func waiting(in id: TableID, after place: UInt64) throws -> Waiting {
    guard let feed = tables[id]?.feed, let first = try records(of: id, after: place, countMax: 1, bytesMax: 1).first
    else { return Waiting() }
    let isCounted = first.region != nil || first.version?.region == tables[id]?.settings.replication?.region
    var waiting = Waiting()
    waiting.changes = feed.endCount - min(feed.endCount, first.regionCount) + (isCounted ? 1 : 0)
    waiting.bytes = feed.endBytes - min(feed.endBytes, first.feedBytes) + first.weight
    if waiting.changes > 0 { waiting.sinceMs = first.timeMs }
    return waiting
  }
}

extension RowKey {
  /// The key of the same item in another table.
  fileprivate func moved(to table: TableID, _ type: KeyType) throws(MalformedBytes) -> RowKey {
    var reader = ByteReader(bytes, in: Self.headerBytes..<bytes.count)
    var key = RowKey(table: table, partition: try KeyCodec.readPartition(type, from: &reader))
    key.bytes += bytes[reader.position...]
    return key
  }
}
