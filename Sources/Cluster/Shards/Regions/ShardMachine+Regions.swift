import Bytes
import Catalog
import Environment
import Items
public import Messages
public import Raft
import Store

/// Items with replicas in other regions: which version stays.
///
/// `apply` decides by versions alone, so that the regions end up equal in whatever order changes reach them. A leader sees
/// the same decision ahead of time, because it must evaluate what its clients write on the image that will be there.
extension ShardMachine {
  /// The version of an item as applied; nil where there is neither an item nor a trace of one.
  public func version(of key: RowKey) throws -> ItemVersion? {
    if let bytes = try store.get(VersionRow.key(key)) { return try VersionRow.decode(bytes) }
    return try store.get(key.bytes) == nil ? nil : .first
  }

  /// The time of a change that a leader is about to propose: above every version of the shard, proposed ones included.
  ///
  /// - Parameter ms: when it was issued.
  func nextTime(in table: ServedTable, atMs ms: UInt64) -> UInt64 {
    proposedClock = ItemVersion.time(atMs: ms, after: max(table.feed.clock, proposedClock))
    return proposedClock
  }

  /// What can be said of a batch without an entry: nil where one is needed.
  public func knownAnswer(to batch: RegionBatch) -> Answer? {
    if let refusal = refusal(of: batch) { return .refused(refusal) }
    let known = regionArrivals[batch.source] ?? 0
    return batch.predecessor <= known && batch.last > known ? nil : .indexed(through: known)
  }

  private func refusal(of batch: RegionBatch) -> Refusal? {
    let table = batch.source.table
    guard let range, let replication = tables[table]?.settings.replication,
      replication.others.contains(batch.source.region)
    else { return .unknownTable }
    return batch.changes.allSatisfy { $0.key.table == table && range.contains($0.key.hash) } ? nil : .wrongShard
  }

  /// The leader has proposed a batch at `index`: what its clients write from now on finds the changes that will win.
  ///
  /// ``knownAnswer(to:)`` has said that it needs an entry, and ``canForesee(_:)`` that this can be known.
  public func foresee(_ batch: RegionBatch, at index: LogIndex) {
    do {
      for change in batch.changes {
        proposedClock = max(proposedClock, change.version.time)
        let current = try proposed.version(change.key.bytes) ?? version(of: change.key)
        guard current == nil || current! < change.version else { continue }
        proposed.propose(change.key.bytes, change.item, change.version, at: index)
      }
    } catch {
      damage = damage ?? "Its store cannot be read: \(error)."
    }
  }

  /// False while an item of the batch is being written by an entry that does not tell its version: an expiry, or a write
  /// from before the table had replicas.
  public func canForesee(_ batch: RegionBatch) -> Bool {
    batch.changes.allSatisfy { change in
      proposed[change.key.bytes] == nil || proposed.version(change.key.bytes) != nil
    }
  }

  // MARK: What entries do

  func apply(_ batch: RegionBatch, at position: LogPosition, timeMs: UInt64) -> Answer {
    defer { for change in batch.changes { proposed.applied(change.key.bytes, at: position.index) } }
    if let refusal = refusal(of: batch) { return .refused(refusal) }
    guard let table = tables[batch.source.table] else { return .refused(.unknownTable) }
    let known = regionArrivals[batch.source] ?? 0
    // Changes before it are missing, or it says nothing new.
    guard batch.predecessor <= known, batch.last > known else {
      Probes.hit(.regionBatchChangesNothing)
      return .indexed(through: known)
    }
    do {
      for (ordinal, change) in batch.changes.enumerated() where change.sequence > known {
        if let current = try version(of: change.key) {
          if current.time == change.version.time { Probes.hit(.regionsWriteAtOneTime) }
          guard current < change.version else {
            Probes.hit(.changeOfARegionIsTooOld)
            if current > change.version, try store.get(change.key.bytes) == nil { Probes.hit(.traceKeepsAnItemRemoved) }
            continue
          }
        }
        self.change(
          table, change.key, to: change.item, flags: change.isExpiry ? .isExpiry : [], version: change.version,
          at: position, ordinal: UInt64(ordinal), timeMs: timeMs)
      }
    } catch {
      cannotApply(error)
    }
    regionArrivals[batch.source] = batch.last
    var writer = ByteWriter()
    writer.varint(batch.last)
    store.put(StateRow.regionArrived(batch.source).bytes, writer.bytes)
    return .indexed(through: batch.last)
  }

  /// Notes the version of an item that changes; every version that comes by moves the clock.
  func set(_ version: ItemVersion, of key: RowKey, in table: ServedTable) {
    store.put(VersionRow.key(key), VersionRow.encode(version))
    table.feed.clock = max(table.feed.clock, version.time)
  }

  /// The version of a local change whose entry has none: it was proposed before the leader knew that the table has
  /// replicas.
  func laterVersion(in table: ServedTable, timeMs: UInt64) -> ItemVersion? {
    table.settings.replication.map {
      ItemVersion(time: ItemVersion.time(atMs: timeMs, after: table.feed.clock), region: $0.region)
    }
  }
}
