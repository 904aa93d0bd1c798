import Bytes
import Catalog
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
    return RegionBatch.Change(
      sequence: record.sequence, key: try record.key.moved(to: table, settings.key.partition.type), version: version,
      item: record.new, isExpiry: record.flags.contains(.isExpiry))
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
