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
  public func version(of key: RowKey) throws -> ItemVersion? { try versions(of: key)?.rest }

  /// Those of both groups of its attributes.
  public func versions(of key: RowKey) throws -> GroupVersions? {
    if let bytes = try store.get(VersionRow.key(key)) { return try VersionRow.decode(bytes) }
    return try store.get(key.bytes) == nil ? nil : GroupVersions(.first)
  }

  /// Those that a local write gives an item: a region of copies leaves the protected attributes as they are, unless it
  /// removes the item.
  func versions(
    of key: RowKey, _ version: ItemVersion, writing new: EncodedItem?, in table: ServedTable,
    withProposed: Bool
  ) throws -> GroupVersions {
    guard new != nil, table.residency?.holdsCopies == true else { return GroupVersions(version) }
    let held = try (withProposed ? proposed[key.bytes]?.versions : nil) ?? versions(of: key)
    return GroupVersions(version, protected: held?.ofProtected.map { .other($0) } ?? .absent)
  }

  /// An item as a batch that comes next finds it: nil where there is neither an item nor a trace of one.
  private func current(_ key: RowKey, in table: ServedTable, withProposed: Bool) throws
    -> VersionedItem?
  {
    // Nothing of the item stays, or all of it, where it has no groups.
    let needsItem = table.residency != nil
    if withProposed, let image = proposed[key.bytes], let versions = image.versions {
      return VersionedItem(item: needsItem ? image.item : nil, versions: versions)
    }
    guard let versions = try versions(of: key) else { return nil }
    let item = needsItem ? try store.get(key.bytes).map { EncodedItem(trusted: $0) } : nil
    return VersionedItem(item: item, versions: versions)
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

  /// The leader has proposed a batch: what its clients write from now on finds the changes that will win.
  ///
  /// ``knownAnswer(to:)`` has said that it needs an entry, and ``canForesee(_:)`` that this can be known.
  public func foresee(_ batch: RegionBatch, at position: LogPosition) {
    guard let table = tables[batch.source.table] else { return }
    var found: [VersionedItem?] = []
    found.reserveCapacity(batch.changes.count)
    // What comes a second time is passed over when it is applied, whatever it says now.
    let known = foreseen.reduce(regionArrivals[batch.source] ?? 0) { known, earlier in
      earlier.batch.source == batch.source ? max(known, earlier.batch.last) : known
    }
    do {
      for change in batch.changes {
        guard change.sequence > known else {
          found.append(nil)
          continue
        }
        proposedClock = max(proposedClock, change.version.time)
        let allowed = try table.residency?.incoming(change, from: batch.source.region) ?? change
        let old = try current(change.key, in: table, withProposed: true)
        found.append(old)
        guard let new = try allowed.applied(to: old, table.residency) else { continue }
        proposed.propose(change.key.bytes, new.item, new.versions, at: position.index)
      }
      foreseen.append(Foreseen(position: position, batch: batch, found: found))
    } catch {
      damage = damage ?? "Its store cannot be read: \(error)."
    }
  }

  /// False while an item of the batch is being written by an entry that does not tell its version: an expiry, or a write
  /// from before the table had replicas.
  public func canForesee(_ batch: RegionBatch) -> Bool {
    batch.changes.allSatisfy { change in
      guard let image = proposed[change.key.bytes] else { return true }
      return image.versions != nil
    }
  }

  /// A batch that this leader has proposed, with what it found for each change: the versions are the same when the entry is
  /// applied, since the leader knows of every write in between.
  struct Foreseen {
    var position: LogPosition
    var batch: RegionBatch
    var found: [VersionedItem?]
  }

  func takeForeseen(at position: LogPosition) -> Foreseen? {
    foreseen.first?.position == position ? foreseen.removeFirst() : nil
  }

  private func isCurrent(_ item: VersionedItem?, _ key: RowKey, in table: ServedTable) -> Bool {
    do { return try current(key, in: table, withProposed: false) == item } catch { return true }
  }

  // MARK: What entries do

  /// - Parameter found: what a leader foresaw; nil where nobody did.
  func apply(_ batch: RegionBatch, found: [VersionedItem?]? = nil, at position: LogPosition, timeMs: UInt64) -> Answer {
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
        let allowed = try table.residency?.incoming(change, from: batch.source.region) ?? change
        let old = try found.map { $0[ordinal] } ?? current(change.key, in: table, withProposed: false)
        assert(isCurrent(old, change.key, in: table), "An item is not what its leader foresaw.")
        if old?.versions.rest.time == change.version.time { Probes.hit(.regionsWriteAtOneTime) }
        guard let new = try allowed.applied(to: old, table.residency) else {
          Probes.hit(.changeOfARegionIsTooOld)
          if let old, old.versions.rest > change.version, try store.get(change.key.bytes) == nil {
            Probes.hit(.traceKeepsAnItemRemoved)
          }
          continue
        }
        self.change(
          table, change.key, to: new.item,
          flags: change.isExpiry && new.item == nil ? .isExpiry : [],
          versions: new.versions, arrived: change.version, at: position, ordinal: UInt64(ordinal), timeMs: timeMs)
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
  func set(_ versions: GroupVersions, of key: RowKey, in table: ServedTable) {
    store.put(VersionRow.key(key), VersionRow.encode(versions))
    table.feed.clock = max(table.feed.clock, versions.rest.time)
  }

  /// The version of a local change whose entry has none: it was proposed before the leader knew that the table has
  /// replicas.
  func laterVersion(in table: ServedTable, timeMs: UInt64) -> ItemVersion? {
    table.settings.replication.map {
      ItemVersion(time: ItemVersion.time(atMs: timeMs, after: table.feed.clock), region: $0.region)
    }
  }
}
