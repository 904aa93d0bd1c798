import Catalog
import Items
import Messages
import Raft
import Shards
import Testing

/// A shard with a table that has a local index by `L` (a number) and a global one by `G` (a string) and `H` (a number).
extension TestShard {
  static let local = TableID(20)
  static let global = TableID(21)

  static func settings(
    version: UInt64 = 1, local: ProjectionType? = .keysOnly, global: ProjectionType? = .all,
    status: IndexStatus = .active
  ) -> TableSettings {
    var indexes: [IndexSettings] = []
    if let local {
      indexes.append(
        IndexSettings(
          id: Self.local, kind: .local,
          key: IndexKeySchema(partition: key.partition, sort: KeyAttribute(name: Array("L".utf8), type: .number)),
          projection: local, includedAttributes: local == .include ? [Array("extra".utf8)] : [], status: status))
    }
    if let global {
      indexes.append(
        IndexSettings(
          id: Self.global, kind: .global,
          key: IndexKeySchema(
            partition: KeyAttribute(name: Array("G".utf8), type: .string),
            sort: KeyAttribute(name: Array("H".utf8), type: .number)),
          projection: global, status: status))
    }
    return TableSettings(id: table, key: key, version: version, indexes: indexes)
  }

  static func indexed(_ settings: TableSettings = settings()) throws -> TestShard {
    let shard = try TestShard(isReady: false)
    shard.command(.own(0...UInt64.max))
    shard.command(.configure(settings))
    return shard
  }

  static var localKey: IndexLayout { indexKey(local) }
  static var globalKey: IndexLayout { indexKey(global) }

  private static func indexKey(_ id: TableID) -> IndexLayout {
    guard let index = settings().indexes.first(where: { $0.id == id }) else { fatalError("There is no such index.") }
    return IndexLayout(index, of: table, base: key)
  }

  func remove(_ key: RowKey) {
    submit(ItemWrite(key: key, action: .delete))
    apply()
  }

  /// All rows of a table or index, in order.
  func rows(_ table: TableID, fetchesItems: Bool = false) throws -> [EncodedItem] {
    let range = RangeRead(
      lower: RowKey(table: table, hash: 0), upper: RowKey(table: TableID(table.rawValue + 1), hash: 0),
      fetchesItems: fetchesItems)
    guard case .page(let page) = machine.read(range) else {
      Issue.record("A read of the index was not answered with a page.")
      return []
    }
    return page.items
  }

  func records(after: UInt64 = 0) throws -> [ChangeRecord] {
    try machine.records(of: Self.table, after: after, countMax: 1_000, bytesMax: 1 << 20)
  }

  /// What the feed implies for the global index, as one batch from this shard to itself.
  func batch(after: UInt64 = 0, predecessor: UInt64? = nil) throws -> IndexBatch {
    var changes: [IndexBatch.Change] = []
    for record in try records(after: after) {
      for change in try machine.rowChanges(of: record, in: Self.table) {
        changes.append(.init(sequence: record.sequence, put: change.put, delete: change.delete))
      }
    }
    return IndexBatch(source: ShardID(1), index: Self.global, predecessor: predecessor ?? after, changes: changes)
  }

  /// Applies a batch and tells what it is answered with.
  func answer(to batch: IndexBatch) -> Answer? {
    guard case .answer(let answer)? = command(.index(batch)).first else { return nil }
    return answer
  }

  /// Cuts the feed's rest into slices until the index is filled.
  func fill(_ index: TableID, rowsMax: UInt32 = 3) {
    while case .walking? = machine.feed(of: Self.table)?.index(index)?.filling {
      command(.backfill(BackfillSlice(table: Self.table, index: index, rowsMax: rowsMax)))
    }
  }
}

extension EncodedItem {
  func number(_ name: String) -> Int? {
    guard case .number(let number)? = try? value(named: Array(name.utf8)) else { return nil }
    return number.integer
  }
}
