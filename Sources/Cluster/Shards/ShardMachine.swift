import Bytes
public import Catalog
public import Items
public import Messages
public import Raft
public import Store

/// The replicated state of one shard over its store: what an entry does, and what a leader decides.
///
/// What ``apply(_:from:at:timeMs:)`` does depends on the log alone; settings that matter to it arrive as entries. Rows of
/// table 0 hold the machine's own state (``StateRow``).
public final class ShardMachine {
  public let store: ShardStore
  /// Nil until the shard's first leader entered it in the log.
  public internal(set) var range: ClosedRange<UInt64>?
  var tables: [TableID: ServedTable]
  /// The table of each index.
  var indexes: [TableID: ServedTable]
  /// Of global indexes, what has come from each shard.
  var arrived: [IndexSource: UInt64]
  /// Tables that were here once. A request to serve one may still be under way.
  var dropped: Set<TableID> = []
  var proposed = ProposedImages()
  /// Batches of other regions that this leader has proposed, in the order of their entries.
  var foreseen: [Foreseen] = []
  /// Of items with replicas in other regions, what has come from each shard of those.
  var regionArrivals: [RegionSource: UInt64] = [:]
  /// The highest hybrid time that this leader has proposed.
  var proposedClock: UInt64 = 0
  /// Set once the store was found damaged: the replica must not act any more.
  public internal(set) var damage: String?
  /// Tables that have a feed, ascending.
  public internal(set) var feedTables: [TableID] = []
  /// Those with global indexes, and those with streams, ascending.
  public internal(set) var carriedTables: [TableID] = []
  public internal(set) var streamTables: [TableID] = []
  /// Those with replicas in other regions, ascending.
  public internal(set) var replicatedTables: [TableID] = []
  /// Tables with an index that is still to be filled, ascending.
  public internal(set) var tablesToFill: [TableID] = []
  /// Tables of which this leader has proposed that they are closed: it proposes no more writes of theirs.
  var closing: [TableID] = []
  /// For residency rules that hash. Nil where the node has no key.
  public var residencyHash: ResidencyHash?
  /// How much it holds, as far as somebody counted.
  public var count: Count?

  /// Reads the machine's own rows from the store.
  public init(store: ShardStore) throws {
    self.store = store
    tables = [:]
    indexes = [:]
    arrived = [:]
    range = nil
    try restore()
  }

  /// Tables, indexes and feeds with rows that no reader reaches any more, left by a stop between a drop and the removal of
  /// its rows. One seek each.
  public func orphans() throws -> [RowRange] {
    var orphans: [RowRange] = []
    var next: TableID? = TableID(1)
    while let from = next {
      next = nil
      try store.scan(from: RowKey(table: from, hash: 0).bytes, to: RowRange.versions.lower, reverse: false) { key, _ in
        let table = RowKey(bytes: key).table
        if !holds(table) { orphans.append(.table(table)) }
        next = TableID(table.rawValue + 1)
        return .stop
      }
    }
    orphans += try self.orphans(in: .versions) { .versions(of: $0) }
    orphans += try self.orphans(in: .feeds) { .feed(of: $0) }
    return orphans
  }

  /// Of rows that belong to tables, by the table's id behind a reserved one.
  private func orphans(in all: RowRange, _ rows: (TableID) -> RowRange) throws -> [RowRange] {
    var orphans: [RowRange] = []
    var from: [UInt8]? = all.lower
    while let lower = from {
      from = nil
      try store.scan(from: lower, to: all.upper, reverse: false) { key, _ in
        let table = try FeedRow.table(of: key)
        if !serves(table) { orphans.append(rows(table)) }
        from = rows(table).upper
        return .stop
      }
    }
    return orphans
  }

  public func serves(_ table: TableID) -> Bool { tables[table] != nil }

  public func hasDropped(_ table: TableID) -> Bool { dropped.contains(table) }

  /// Nil for a table that the shard does not serve.
  public func settings(of table: TableID) -> TableSettings? { tables[table]?.settings }

  /// Whether rows of that table, hidden ones of indexes included, belong here.
  public func holds(_ table: TableID) -> Bool { serves(table) || indexes[table] != nil }

  /// The tables of all rows, hidden ones of indexes included, ascending.
  public var tableIDs: [TableID] { (Array(tables.keys) + Array(indexes.keys)).sorted() }

  /// Everything that replicas have in common, in key order: what is being removed is not among it.
  public var rowRanges: [RowRange] {
    ([.shardState] + tableIDs).map { .table($0) }
      + tables.values.filter(\.hasVersions).map(\.settings.id).sorted().map { .versions(of: $0) }
      + feedTables.map { .feed(of: $0) }
  }

  /// Whether this shard has put into the index all that its items imply, and it has arrived. One that was made with its
  /// table starts so.
  public func isComplete(_ index: TableID) -> Bool { indexes[index]?.feed.isFilled(index) ?? false }

  /// What the owner has to do after an entry was applied.
  public enum Effect {
    /// Compute the checksum of the state as it is now.
    case checksum
    /// Sum some of the rows as they are now.
    case sumRange(RangeSumOrder)
    /// These rows can be removed from the store: no reader reaches them any more.
    case removeRows([RowRange])
    /// The answer that applying the entry makes.
    case answer(Answer)
  }

  /// Carries out the command that stands in an entry's payload from `start` on. Traps on a payload that cannot be read: the leader wrote it and the log checked it, so the
  /// replicas would go apart.
  ///
  /// - Parameter timeMs: the shard's logical time, with this entry.
  public func apply(_ payload: [UInt8], from start: Int = 0, at position: LogPosition, timeMs: UInt64 = 0) -> Effect? {
    if let known = takeForeseen(at: position) {
      return .answer(apply(known.batch, found: known.found, at: position, timeMs: timeMs))
    }
    let command: ShardCommand
    do { command = try ShardCommand(payload, from: start) } catch {
      fatalError(
        "The entry at index \(position.index) of a shard's log cannot be read: \(error.what). A newer release may have "
          + "written it: use that one.")
    }
    if !command.isForeseen { foreseen = [] }
    switch command {
    // A write that was proposed behind a drop finds its table gone.
    case .put(let key, let item):
      if let table = tables[key.table] {
        if table.isPlain {
          store.put(key.bytes, item.bytes)
        } else {
          change(table, key, to: item, version: nil, at: position, timeMs: timeMs)
        }
      }
      proposed.applied(key.bytes, at: position.index)
    case .delete(let key):
      if let table = tables[key.table] {
        if table.isPlain {
          store.delete(key.bytes)
        } else {
          change(table, key, to: nil, version: nil, at: position, timeMs: timeMs)
        }
      }
      proposed.applied(key.bytes, at: position.index)
    case .configure(let settings): return configure(settings, at: position, timeMs: timeMs)
    case .drop(let table): return drop(table)
    case .checksum: return .checksum
    case .sumRange(let order): return .sumRange(order)
    case .own(let hashes): own(hashes)
    case .index(let batch): return .answer(apply(batch))
    case .advance(let advance): self.advance(advance)
    case .backfill(let slice): backfill(slice, at: position, timeMs: timeMs)
    case .trim(let trim): self.trim(trim)
    case .expire(let expiry): expire(expiry, at: position, timeMs: timeMs)
    case .version(let key, let item, let time):
      if let table = tables[key.table] {
        let version = table.settings.replication.map { ItemVersion(time: time, region: $0.region) }
        change(table, key, to: item, version: version, at: position, timeMs: timeMs)
      }
      proposed.applied(key.bytes, at: position.index)
    case .regionAdvance(let advance): self.advance(advance)
    case .regionCopy(let copy): self.copy(copy, at: position, timeMs: timeMs)
    case .raiseClock(let table, let time): raiseClock(of: table, to: time)
    case .refillRegion(let table, let region): refill(table, region)
    case .forgetTraces(let forgotten): forget(forgotten)
    case .closeTable(let table): close(table)
    case .region(let batch): return .answer(apply(batch, at: position, timeMs: timeMs))
    }
    return nil
  }

  /// Remembers what a write proposed at `index` will make of its item.
  ///
  /// - Parameter time: with which ``ShardCommand/version(_:_:time:)`` was proposed.
  public func proposed(_ key: RowKey, _ item: EncodedItem?, time: UInt64? = nil, at index: LogIndex) {
    var versions: GroupVersions?
    if let time, let table = tables[key.table], let region = table.settings.replication?.region {
      do {
        let version = ItemVersion(time: time, region: region)
        versions = try self.versions(of: key, version, writing: item, in: table, withProposed: true)
      } catch {
        damage = damage ?? "Its store cannot be read: \(error)."
      }
    }
    proposed.propose(key.bytes, item, versions, at: index)
  }

  /// This replica no longer leads: what it proposed may never be.
  public func stepDown() {
    proposed.removeAll()
    foreseen = []
    proposedClock = 0
    closing = []
  }

  /// How an operation is refused whose read of the store failed: damage is this replica's own, others may know.
  func unreadable(_ error: any Error) -> Refusal {
    guard let error = error as? StoreError, error.isDamage else {
      return .failed("The shard's store cannot be read: \(error).")
    }
    damage = damage ?? "Its store is damaged: \(error)."
    return .notLeader(leader: nil)
  }

  /// Writes that are proposed and not yet applied.
  public var proposedCount: Int { proposed.count }
}
