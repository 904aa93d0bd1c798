import Bytes
import Catalog
import Environment
import Items
public import Messages
import Raft
import Store

/// What a change of an item means to the readers of its table, all in the step that applies it.
extension ShardMachine {
  /// Sets or removes an item, its rows in local indexes, and a record in the feed.
  ///
  /// `versions` are those of a table with replicas in other regions. `arrived` is the version of a change that another
  /// region made: what is merged from two may have this region's own version, and goes out no second time.
  /// The image before is that of the store: an entry that is applied finds the same on every replica.
  func change(
    _ table: ServedTable, _ key: RowKey, to new: EncodedItem?, flags: ChangeRecord.Flags = [],
    versions: GroupVersions?, arrived: ItemVersion? = nil, at position: LogPosition, ordinal: UInt64 = 0,
    timeMs: UInt64
  ) {
    do {
      let old = try store.exchange(key.bytes, new?.bytes).map { EncodedItem(trusted: $0) }
      for plan in table.locals { write(try plan.change(from: old, to: new, base: key)) }
      if let versions { set(versions, of: key, in: table) }
      if versions != nil, new == nil { table.removals += 1 }
      guard table.hasFeed else { return }
      // Where no client writes, the shard's own time stands still.
      let timeMs = arrived == nil ? timeMs : max(timeMs, table.feed.timeMs)
      var record = ChangeRecord(
        sequence: ChangeRecord.sequence(at: position.index, ordinal: ordinal), key: key, old: old, new: new,
        flags: flags, timeMs: timeMs)
      if old == new { record.flags.insert(.changesNothing) }
      record.version = arrived ?? versions?.rest
      record.clock = table.feed.clock
      table.strip(&record)
      append(record, to: table)
    } catch {
      cannotApply(error)
    }
  }

  /// The same for a write of this region.
  ///
  /// - Parameter version: nil where the entry does not tell it.
  func change(
    _ table: ServedTable, _ key: RowKey, to new: EncodedItem?, flags: ChangeRecord.Flags = [],
    version: ItemVersion?, at position: LogPosition, timeMs: UInt64
  ) {
    do {
      let version = version ?? laterVersion(in: table, timeMs: timeMs)
      let versions = try version.map {
        try self.versions(of: key, $0, writing: new, in: table, withProposed: false)
      }
      change(table, key, to: new, flags: flags, versions: versions, at: position, timeMs: timeMs)
    } catch {
      cannotApply(error)
    }
  }

  private func write(_ change: RowChange) {
    if let put = change.put { store.put(put.key.bytes, put.item.bytes) }
    if let delete = change.delete { store.delete(delete.bytes) }
  }

  func append(_ record: ChangeRecord, to table: ServedTable) {
    var record = record
    table.feed.end = record.sequence
    table.feed.endBytes += record.weight
    record.feedBytes = table.feed.endBytes
    if let version = record.version {
      if record.region != nil || version.region == table.settings.replication?.region { table.feed.endCount += 1 }
      record.regionCount = table.feed.endCount
    }
    store.put(FeedRow.key(table.settings.id, record.sequence), record.encode())
  }

  /// The replica cannot do what the others do: it must not act any more. What it holds is not looked at again.
  func cannotApply(_ error: any Error) {
    damage = damage ?? "Its store cannot be read while an entry is applied: \(error)."
  }

  // MARK: Rows of global indexes

  /// The check stands here, at the log's own order, and not where the batch was taken in: another one may be under way.
  func apply(_ batch: IndexBatch) -> Answer {
    guard let range, indexes[batch.index] != nil else { return .refused(.unknownTable) }
    guard batch.changes.allSatisfy({ $0.lies(in: range, of: batch.index) }) else { return .refused(.wrongShard) }
    let source = IndexSource(index: batch.index, shard: batch.source)
    let known = arrived[source] ?? 0
    if let first = batch.changes.first, first.sequence <= known { Probes.hit(.indexBatchRepeatsChanges) }
    // Changes before it are missing.
    guard batch.predecessor <= known, batch.last > known else { return .indexed(through: known) }
    for change in batch.changes where change.sequence > known {
      if let put = change.put { store.put(put.key.bytes, put.item.bytes) }
      if let delete = change.delete { store.delete(delete.bytes) }
    }
    arrived[source] = batch.last
    var writer = ByteWriter()
    writer.varint(batch.last)
    store.put(StateRow.arrived(source).bytes, writer.bytes)
    return .indexed(through: batch.last)
  }

  /// What can be said of a batch without an entry: nil where one is needed.
  public func knownAnswer(to batch: IndexBatch) -> Answer? {
    guard indexes[batch.index] != nil else { return .refused(.unknownTable) }
    guard let known = arrived[IndexSource(index: batch.index, shard: batch.source)], known >= batch.last else {
      return nil
    }
    return .indexed(through: known)
  }

  // MARK: Filling an index

  /// The next rows of a table, as they are at this place of the feed.
  func backfill(_ slice: BackfillSlice, at position: LogPosition, timeMs: UInt64) {
    guard let table = tables[slice.table], let plan = table.plan(of: slice.index),
      case .walking(let after)? = table.feed.index(slice.index)?.filling
    else { return }
    do {
      let rows = try rows(
        .table(slice.table), after: after, rowsMax: slice.rowsMax, bytesMax: slice.bytesMax)
      if !rows.found.isEmpty { Probes.hit(.indexIsFilledFromItems) }
      for (ordinal, row) in rows.found.enumerated() {
        let item = EncodedItem(trusted: row.value)
        let key = RowKey(bytes: row.key)
        if plan.layout.isLocal {
          write(try plan.change(from: nil, to: item, base: key))
        } else {
          append(
            ChangeRecord(
              sequence: ChangeRecord.sequence(at: position.index, ordinal: UInt64(ordinal)), key: key, old: nil,
              new: item, flags: .isImage, timeMs: timeMs, index: slice.index),
            to: table)
        }
      }
      let last = rows.found.last?.key ?? after
      table.feed.set(
        rows.isAtEnd ? .walked(through: plan.layout.isLocal ? 0 : table.feed.end) : .walking(after: last),
        of: slice.index)
      keep(table)
      if rows.isAtEnd { noteFilling() }
    } catch {
      cannotApply(error)
    }
  }

  /// The rows behind `after`, until there are so many or they have so many bytes.
  func rows(
    _ all: RowRange, after: [UInt8]?, rowsMax: UInt32, bytesMax: UInt32
  ) throws -> (found: [(key: [UInt8], value: [UInt8])], isAtEnd: Bool) {
    var found: [(key: [UInt8], value: [UInt8])] = []
    var bytes = 0
    var isAtEnd = true
    try store.scan(from: after.map { $0 + [0] } ?? all.lower, to: all.upper, reverse: false) { key, value in
      guard found.count < Int(rowsMax), bytes < Int(bytesMax) else {
        isAtEnd = false
        return .stop
      }
      found.append((key, value))
      bytes += key.count + value.count
      return .proceed
    }
    return (found, isAtEnd)
  }
}

extension IndexBatch.Change {
  fileprivate func lies(in range: ClosedRange<UInt64>, of index: TableID) -> Bool {
    [put?.key, delete].allSatisfy { $0 == nil || ($0!.table == index && range.contains($0!.hash)) }
  }
}
