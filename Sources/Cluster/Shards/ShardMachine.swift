import Bytes
public import Catalog
public import Items
public import Messages
public import Raft
public import Store

/// The replicated state of one shard over its store: what an entry does, and what a leader decides.
///
/// What ``apply(_:at:)`` does depends on the log alone; settings that matter to it arrive as entries. Rows of table 0
/// hold the machine's own state: the hashes that the shard owns, and the settings of each table.
public final class ShardMachine {
  public let store: ShardStore
  /// Nil until the shard's first leader entered it in the log.
  public private(set) var range: ClosedRange<UInt64>?
  private var tables: [TableID: TableSettings]
  /// The table of each index, by the hidden table of its rows.
  private var indexOwners: [TableID: TableID] = [:]
  var proposed = ProposedImages()
  /// Set once the store was found damaged: the replica must not act any more.
  public private(set) var damage: String?

  /// Reads the machine's own rows from the store.
  public init(store: ShardStore) throws {
    self.store = store
    tables = [:]
    range = nil
    var rows: [(key: [UInt8], value: [UInt8])] = []
    try store.scan(
      from: RowKey(table: .shardState, hash: 0).bytes, to: RowKey(table: TableID(1), hash: 0).bytes, reverse: false
    ) { key, value in
      rows.append((key, value))
      return .proceed
    }
    for row in rows { try restore(RowKey(bytes: row.key), row.value) }
  }

  private static let rangeRow = RowKey(table: .shardState, hash: .max)

  private static func settingsRow(_ table: TableID) -> RowKey {
    RowKey(table: .shardState, hash: UInt64(table.rawValue))
  }

  private func restore(_ key: RowKey, _ value: [UInt8]) throws(MalformedBytes) {
    if key == Self.rangeRow {
      var reader = ByteReader(value)
      let lower = try reader.u64()
      range = lower...(try reader.u64())
    } else {
      let settings = try TableSettings(value)
      tables[settings.id] = settings
      for index in settings.indexes { indexOwners[index.id] = settings.id }
    }
  }

  /// Tables with rows that no reader reaches any more, left by a stop between a drop and the removal of its rows.
  /// One seek a table.
  public func orphans() throws -> [TableID] {
    var orphans: [TableID] = []
    var next: TableID? = TableID(1)
    while let from = next {
      next = nil
      try store.scan(from: RowKey(table: from, hash: 0).bytes, to: nil, reverse: false) { key, _ in
        let table = RowKey(bytes: key).table
        if !holds(table) { orphans.append(table) }
        next = table.rawValue < .max ? TableID(table.rawValue + 1) : nil
        return .stop
      }
    }
    return orphans
  }

  public func serves(_ table: TableID) -> Bool { tables[table] != nil }

  /// Nil for a table that the shard does not serve.
  public func settings(of table: TableID) -> TableSettings? { tables[table] }

  /// Whether rows of that table, hidden ones of indexes included, belong here.
  public func holds(_ table: TableID) -> Bool { serves(table) || indexOwners[table] != nil }

  /// The tables of all rows, hidden ones of indexes included, ascending.
  public var tableIDs: [TableID] { (Array(tables.keys) + Array(indexOwners.keys)).sorted() }

  /// Whether this shard has put into the index all that its items imply. One that was made with its table starts so.
  public func isComplete(_ index: TableID) -> Bool {
    guard let owner = indexOwners[index], let settings = tables[owner] else { return false }
    return settings.indexes.contains { $0.id == index && $0.status == .active }
  }

  /// What the owner has to do after an entry was applied.
  public enum Effect {
    /// Compute the checksum of the state as it is now.
    case checksum
    /// The rows of these tables can be removed from the store: no reader reaches them any more.
    case removeRows([TableID])
  }

  /// Carries out the command that stands in an entry's payload from `start` on. Traps on a payload that cannot be read: the leader wrote it and the log checked it, so the
  /// replicas would go apart.
  public func apply(_ payload: [UInt8], from start: Int = 0, at position: LogPosition) -> Effect? {
    let command: ShardCommand
    do { command = try ShardCommand(payload, from: start) } catch {
      fatalError("The entry at index \(position.index) of a shard's log cannot be read: \(error.what).")
    }
    switch command {
    // A write that was proposed behind a drop finds its table gone.
    case .put(let key, let item):
      if serves(key.table) { store.put(key.bytes, item.bytes) }
      proposed.applied(key.bytes, at: position.index)
    case .delete(let key):
      if serves(key.table) { store.delete(key.bytes) }
      proposed.applied(key.bytes, at: position.index)
    case .configure(let settings): return configure(settings)
    case .drop(let table):
      guard let dropped = tables.removeValue(forKey: table) else { return nil }
      store.delete(Self.settingsRow(table).bytes)
      for index in dropped.indexes { indexOwners[index.id] = nil }
      return .removeRows([table] + dropped.indexes.map(\.id))
    case .checksum: return .checksum
    case .own(let hashes):
      guard range == nil else { return nil }
      range = hashes
      var writer = ByteWriter()
      writer.u64(hashes.lowerBound)
      writer.u64(hashes.upperBound)
      store.put(Self.rangeRow.bytes, writer.bytes)
    }
    return nil
  }

  private func configure(_ settings: TableSettings) -> Effect? {
    let old = tables[settings.id]
    if let old, old.version >= settings.version { return nil }
    tables[settings.id] = settings
    store.put(Self.settingsRow(settings.id).bytes, settings.encode())
    let gone = (old?.indexes ?? []).map(\.id).filter { id in !settings.indexes.contains { $0.id == id } }
    for index in gone { indexOwners[index] = nil }
    for index in settings.indexes { indexOwners[index.id] = settings.id }
    return gone.isEmpty ? nil : .removeRows(gone)
  }

  /// Remembers what a write proposed at `index` will make of its item.
  public func proposed(_ key: RowKey, _ item: EncodedItem?, at index: LogIndex) {
    proposed.propose(key.bytes, item, at: index)
  }

  /// This replica no longer leads: what it proposed may never be.
  public func stepDown() { proposed.removeAll() }

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
