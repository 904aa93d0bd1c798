import Bytes
import Catalog
public import Messages
public import Store

/// What readers of a table's feed are told. They run beside a leader; the state that they need is replicated.
extension ShardMachine {
  /// Where the readers of a table's feed stand; nil where it has none.
  public func feed(of table: TableID) -> FeedState? { tables[table]?.feed }

  /// The newest record, 0 where there was none.
  public func feedEnd(of table: TableID) -> UInt64 { tables[table]?.feed.end ?? 0 }

  /// The records behind `after`, oldest first. The one that reaches `bytesMax` is the last.
  public func records(
    of table: TableID, after: UInt64, countMax: Int, bytesMax: Int
  ) throws -> [ChangeRecord] {
    var records: [ChangeRecord] = []
    var bytes = 0
    let upper = RowRange.feed(of: table).upper
    guard after < .max else { return [] }
    try store.scan(from: FeedRow.key(table, after + 1), to: upper, reverse: false) { key, value in
      records.append(try ChangeRecord(sequence: try FeedRow.sequence(of: key), value))
      bytes += value.count
      return records.count < countMax && bytes < bytesMax ? .proceed : .stop
    }
    return records
  }

  /// What the global indexes of a table make of a record: for each that it concerns, the rows put and deleted.
  public func rowChanges(
    of record: ChangeRecord, in id: TableID
  ) throws -> [(index: TableID, put: IndexBatch.Row?, delete: RowKey?)] {
    guard let table = tables[id], record.region == nil else { return [] }
    var changes: [(index: TableID, put: IndexBatch.Row?, delete: RowKey?)] = []
    for plan in table.globals {
      guard record.index == nil || record.index == plan.id else { continue }
      guard let index = table.feed.index(plan.id), record.sequence > index.since else { continue }
      let change = try plan.change(from: record.old, to: record.new, base: record.key)
      if change.put != nil || change.delete != nil { changes.append((plan.id, change.put, change.delete)) }
    }
    return changes
  }

  /// The next slice of an index that is still to be filled; nil where all are.
  public func nextBackfill(of id: TableID) -> BackfillSlice? {
    guard let table = tables[id] else { return nil }
    for index in table.feed.indexes {
      if case .walking = index.filling { return BackfillSlice(table: id, index: index.id) }
    }
    return nil
  }

  /// A reader of the feed found it unreadable: the replica must not act any more.
  public func cannotRead(_ error: any Error) { damage = damage ?? "Its change feed cannot be read: \(error)." }

  /// Records are put once, each behind all others of its table, and go from the front.
  public static let appendedRows = AppendedKeys(
    prefix: RowRange.feeds.lower, strandBytes: RowRange.feed(of: TableID(0)).lower.count)

  // MARK: What entries do

  /// Records that nobody needs any more go in the same step.
  func advance(_ advance: FeedAdvance) {
    guard let table = tables[advance.table] else { return }
    let before = table.spare
    table.feed.advance(advance)
    keep(table)
    remove(table, after: before, through: table.spare)
  }

  /// Removes records that no reader needs.
  func remove(_ table: ServedTable, after: UInt64, through: UInt64) {
    guard after < through else { return }
    let id = table.settings.id
    do {
      try store.deletePutOnce(from: FeedRow.key(id, after + 1), to: FeedRow.key(id, through) + [0])
    } catch {
      damage = damage ?? "Its store cannot be read while an entry is applied: \(error)."
    }
  }
}
