import Bytes
import Catalog
import Items
public import Messages
import Raft
import Store

/// What a table held before a region got its replica.
extension ShardMachine {
  /// The next slice for a region that has not got all; nil where it has.
  public func nextCopy(of id: TableID, to region: String) -> RegionCopy? {
    guard case .walking? = tables[id]?.feed.region(region)?.filling else { return nil }
    return RegionCopy(table: id, region: region)
  }

  /// Whether all that the shard held has arrived in the region.
  public func isCopied(_ id: TableID, to region: String) -> Bool { tables[id]?.feed.isCopied(to: region) ?? false }

  func advance(_ advance: RegionAdvance) {
    guard let table = tables[advance.table] else { return }
    let before = table.spare
    table.feed.advance(advance)
    keep(table)
    remove(table, after: before, through: table.spare)
  }

  /// The next items, or the next traces of removed ones, as they are at this place of the feed.
  ///
  /// Another region that has the table sends what it wrote itself; everything else is sent from here, also what a region
  /// wrote that has left since. Where two send the same, the versions are equal and the second does nothing.
  func copy(_ copy: RegionCopy, at position: LogPosition, timeMs: UInt64) {
    guard let table = tables[copy.table], let replication = table.settings.replication,
      case .walking(let after)? = table.feed.region(copy.region)?.filling
    else { return }
    let elsewhere = replication.others.filter { $0 != copy.region }
    let traces = RowRange.versions(of: copy.table)
    // Keys of versions are above those of items.
    let isAtTraces = after.map { !ByteOrder.precedes($0, traces.lower) } ?? false
    do {
      let range = isAtTraces ? traces : RowRange.table(copy.table)
      let rows = try rows(range, after: after, rowsMax: copy.rowsMax, bytesMax: copy.bytesMax)
      for (ordinal, row) in rows.found.enumerated() {
        let key = isAtTraces ? RowKey(bytes: Array(row.key[4...])) : RowKey(bytes: row.key)
        // Items were sent before.
        if isAtTraces, try store.get(key.bytes) != nil { continue }
        guard let versions = try self.versions(of: key), !isSent(versions, by: elsewhere) else {
          continue
        }
        var record = ChangeRecord(
          sequence: ChangeRecord.sequence(at: position.index, ordinal: UInt64(ordinal)), key: key, old: nil,
          new: isAtTraces ? nil : EncodedItem(trusted: row.value), flags: .isImage, timeMs: timeMs)
        record.version = versions.rest
        record.protected = versions.protected
        record.clock = table.feed.clock
        record.region = copy.region
        append(record, to: table)
      }
      table.feed.set(
        rows.isAtEnd
          ? isAtTraces ? .walked(through: table.feed.end) : .walking(after: traces.lower)
          : .walking(after: rows.found.last?.key),
        ofRegion: copy.region)
      keep(table)
    } catch {
      cannotApply(error)
    }
  }

  /// The changes that a region missed are too much: they go, and it gets what the table holds, traces of removed items
  /// included, as a region that is new. What it has is not touched: by the versions, what is newer there stays.
  func refill(_ id: TableID, _ region: String) {
    guard let table = tables[id], table.feed.region(region) != nil else { return }
    let before = table.spare
    table.feed.refill(region)
    keep(table)
    remove(table, after: before, through: table.spare)
  }

  /// Whether others send both groups of an item.
  private func isSent(_ versions: GroupVersions, by others: [String]) -> Bool {
    others.contains(versions.rest.region)
      && versions.ofProtected.map { others.contains($0.region) } ?? true
  }
}
