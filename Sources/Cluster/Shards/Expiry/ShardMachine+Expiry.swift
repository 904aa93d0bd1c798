import Catalog
public import Items
public import Messages
import Raft
import Store

extension ShardMachine {
  /// Tables whose items expire, ascending.
  public var tablesWithExpiry: [TableID] {
    tables.values.filter { $0.settings.timeToLive != nil }.map(\.settings.id).sorted()
  }

  /// A write of the item is proposed and not applied.
  public func isBeingWritten(_ key: RowKey) -> Bool { proposed[key.bytes] != nil }

  /// One slice of a sweep through a table.
  public struct ExpirySlice {
    public var expired: [(key: RowKey, item: EncodedItem)] = []
    /// Where the next slice begins; nil at the table's end.
    public var next: [UInt8]?
  }

  /// Looks at the rows from `lower` on, until there were `rowsMax` or they had `bytesMax`.
  public func expired(
    in table: TableID, from lower: [UInt8]?, rowsMax: Int, bytesMax: Int, atMs: UInt64
  ) throws -> ExpirySlice {
    var slice = ExpirySlice()
    guard let attribute = tables[table]?.settings.timeToLive else { return slice }
    let rule = ExpiryRule(attribute: attribute, atMs: atMs)
    let rows = RowRange.table(table)
    var (count, bytes) = (0, 0)
    try store.scan(from: lower ?? rows.lower, to: rows.upper, reverse: false) { key, value in
      guard count < rowsMax, bytes < bytesMax else {
        slice.next = key
        return .stop
      }
      count += 1
      bytes += key.count + value.count
      let item = EncodedItem(trusted: value)
      if try rule.hasExpired(item) { slice.expired.append((RowKey(bytes: key), item)) }
      return .proceed
    }
    return slice
  }

  /// What was written since it was seen stays: an extension wins. In another region too: the removal's version is just
  /// above the one that was seen.
  func expire(_ expiry: Expiry, at position: LogPosition, timeMs: UInt64) {
    proposed.applied(expiry.key.bytes, at: position.index)
    guard let table = tables[expiry.key.table] else { return }
    var version: ItemVersion?
    do {
      guard let bytes = try store.get(expiry.key.bytes), Expiry.sum(EncodedItem(trusted: bytes)) == expiry.seen else {
        return
      }
      if let replication = table.settings.replication {
        let seen = try self.version(of: expiry.key) ?? .first
        version = ItemVersion(time: seen.time + 1, region: replication.region)
      }
    } catch { return cannotApply(error) }
    if table.isPlain {
      store.delete(expiry.key.bytes)
    } else {
      change(
        table, expiry.key, to: nil, flags: .isExpiry, version: version, at: position, timeMs: max(timeMs, expiry.atMs))
    }
  }
}
