import Catalog
import Items
import Messages
import Node
import Testing

/// A table `orders` with the key PK and global indexes by `G` (a string); items lie in several shards.
struct IndexedTable {
  let cluster: TestCluster
  let id: TableID

  static let key = KeySchema(partition: .init(name: Array("PK".utf8), type: .string))
  static let group = KeyAttribute(name: Array("G".utf8), type: .string)

  static func definition(_ indexes: [String]) -> TableDefinition {
    TableDefinition(
      name: "orders", key: key, attributes: key.attributes + [group],
      indexes: indexes.map { name in
        IndexDefinition(
          name: name, kind: .global, key: IndexKeySchema(partition: group),
          projection: name == "keys" ? .keysOnly : .all)
      })
  }

  init(_ cluster: TestCluster, indexes: [String] = ["all"]) throws {
    self.cluster = cluster
    _ = cluster.run { cluster.leader(of: .metadata) != nil }
    let command = CatalogCommand.createTable(
      Self.definition(indexes), createdAtMs: 0, uniqueID: [UInt8](repeating: 7, count: 16))
    guard case .catalogOutcome(let bytes)? = cluster.ask(.catalogCommand(command.encode()), shard: .metadata),
      case .table(let table) = try CatalogOutcome(bytes)
    else { throw TestFailure("No table was made.") }
    id = table.id
    guard cluster.run(until: { self.table?.status == .active }) else { throw TestFailure("The table is not active.") }
  }

  /// As the leader of the metadata group knows it.
  var table: Table? { cluster.leader(of: .metadata)?.node?.catalog?.table(id) }

  func change(indexes: [String]) throws {
    let table = try #require(table)
    let command = CatalogCommand.alterTable(TableAlteration(of: table, to: Self.definition(indexes), atMs: 1))
    guard case .catalogOutcome(let bytes)? = cluster.ask(.catalogCommand(command.encode()), shard: .metadata),
      case .table = try CatalogOutcome(bytes)
    else { throw TestFailure("The table was not changed.") }
  }

  func isActive(_ index: String) -> Bool { table?.index(named: index)?.status == .active && table?.status == .active }

  // MARK: Items

  func row(_ name: String) -> RowKey { RowKey(table: id, partition: .text(name), sort: nil) }

  func shard(of key: RowKey) -> ShardID {
    let shards = cluster.nodes[0].configuration.shards
    return ShardMap.initial(shards: shards, nodes: [NodeID(1)], replication: 1).shard(for: key.hash).id
  }

  @discardableResult func put(_ name: String, _ group: String?) -> Answer? {
    var map = AttributeMap([.init(name: Array("PK".utf8), value: .text(name))])
    if let group { map[Array("G".utf8)] = .text(group) }
    let key = row(name)
    return cluster.ask(.write(ItemWrite(key: key, action: .put(EncodedItem(map)))), shard: shard(of: key))
  }

  @discardableResult func delete(_ name: String) -> Answer? {
    let key = row(name)
    return cluster.ask(.write(ItemWrite(key: key, action: .delete)), shard: shard(of: key))
  }

  // MARK: Judgement

  func layout(_ index: String) throws -> IndexLayout {
    let table = try #require(table)
    let id = try #require(table.index(named: index)?.id)
    let settings = try #require(table.settings.indexes.first { $0.id == id })
    return IndexLayout(settings, of: self.id, base: Self.key)
  }

  func rows(_ table: TableID) throws -> [EncodedItem] {
    var rows: [EncodedItem] = []
    let shards = cluster.nodes[0].configuration.shards
    let map = ShardMap.initial(shards: shards, nodes: [NodeID(1)], replication: 1)
    for shard in map.shards {
      let range = try #require(map.range(of: shard.id))
      let upper =
        range.upperBound == .max
        ? RowKey(table: TableID(table.rawValue + 1), hash: 0) : RowKey(table: table, hash: range.upperBound + 1)
      let read = RangeRead(lower: RowKey(table: table, hash: range.lowerBound), upper: upper, consistent: true)
      guard case .page(let page)? = cluster.ask(.range(read), shard: shard.id) else {
        throw TestFailure("A shard was not read.")
      }
      rows += page.items
    }
    return rows
  }

  func faults(_ index: String) throws -> [String] {
    let layout = try layout(index)
    return try IndexComparison.faults(of: layout, items: rows(id), rows: rows(layout.id))
  }

  /// Lets time pass until the index is what its table implies, or a simulated second has passed.
  func settle(_ index: String) throws -> [String] {
    for _ in 0..<20 {
      let faults = try faults(index)
      if faults.isEmpty { return [] }
      _ = cluster.run(ticks: 5)
    }
    return try faults(index)
  }
}
