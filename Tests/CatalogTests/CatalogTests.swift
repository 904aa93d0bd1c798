import Bytes
import Catalog
import Items
import Messages
import Testing

@Suite struct CatalogTests {
  private func definition(_ name: String, protected: Bool = false) -> TableDefinition {
    let key = KeyAttribute(name: Array("PK".utf8), type: .string)
    let sort = KeyAttribute(name: Array("SK".utf8), type: .number)
    return TableDefinition(
      name: name, key: KeySchema(partition: key, sort: sort), attributes: [key, sort],
      billingMode: .provisioned, throughput: Throughput(readUnits: 5, writeUnits: 6),
      indexes: [
        IndexDefinition(
          name: "byStatus", kind: .global, key: IndexKeySchema(partition: sort), projection: .include,
          includedAttributes: [Array("a".utf8)], throughput: Throughput(readUnits: 1, writeUnits: 2))
      ],
      stream: .newAndOldImages, tableClass: .standardInfrequentAccess, deletionProtection: protected,
      tags: [Tag(key: "k", value: "v")])
  }

  private func create(_ name: String, _ id: UInt8 = 1, protected: Bool = false) -> CatalogCommand {
    .createTable(definition(name, protected: protected), createdAtMs: 9, uniqueID: [UInt8](repeating: id, count: 16))
  }

  @Test func tablesGoThroughTheirLife() throws {
    var catalog = Catalog()
    #expect(catalog.apply(.initialise(.initial(shards: 6, nodes: [NodeID(1)], replication: 3))) == .done)
    guard case .table(let made) = catalog.apply(create("b")) else {
      Issue.record("The table was not made.")
      return
    }
    #expect(made.status == .creating)
    #expect(catalog.apply(create("b", 2)) == .tableInUse(.creating))
    #expect(catalog.apply(.deleteTable(name: "b")) == .tableInUse(.creating))
    #expect(catalog.apply(.activate(made.id, version: 1)) == .table(try #require(catalog.table(named: "b"))))
    #expect(catalog.apply(create("b", 2)) == .tableExists)
    #expect(catalog.apply(.deleteTable(name: "c")) == .tableNotFound)
    guard case .table(let marked) = catalog.apply(.deleteTable(name: "b")) else {
      Issue.record("The table was not marked.")
      return
    }
    #expect(marked.status == .deleting)
    #expect(catalog.apply(.forget(made.id)) == .table(marked))
    #expect(catalog.table(named: "b") == nil)
  }

  /// A create whose answer was lost is sent again and must not fail against itself.
  @Test func creatingTwiceWithOneIdentifierIsOneCreation() {
    var catalog = Catalog()
    let first = catalog.apply(create("a"))
    #expect(catalog.apply(create("a")) == first)
    #expect(catalog.tables.count == 1)
  }

  @Test func tableIDsAreNeverUsedAgain() {
    var catalog = Catalog()
    var seen: Set<UInt32> = []
    for _ in 0..<5 {
      guard case .table(let table) = catalog.apply(create("a")) else { continue }
      #expect(seen.insert(table.id.rawValue).inserted)
      _ = catalog.apply(.activate(table.id, version: 1))
      _ = catalog.apply(.deleteTable(name: "a"))
      _ = catalog.apply(.forget(table.id))
    }
    #expect(seen.count == 5)
  }

  @Test func protectedTablesStay() {
    var catalog = Catalog()
    guard case .table(let table) = catalog.apply(create("a", protected: true)) else { return }
    _ = catalog.apply(.activate(table.id, version: 1))
    #expect(catalog.apply(.deleteTable(name: "a")) == .deletionProtected)
  }

  @Test func everythingSurvivesItsEncoding() throws {
    var catalog = Catalog()
    for command in [
      CatalogCommand.initialise(.initial(shards: 3, nodes: [NodeID(1), NodeID(2)], replication: 3)), create("b"),
      create("a", 2), .activate(TableID(1), version: 1), .deleteTable(name: "b"), .forget(TableID(9)),
      .number(TableID(1)), .completeIndex(TableID(2), of: TableID(1)),
    ] {
      #expect(try CatalogCommand(command.encode()) == command)
      let outcome = catalog.apply(command)
      #expect(try CatalogOutcome(outcome.encode()) == outcome)
      #expect(try Catalog(catalog.encode()) == catalog)
    }
    #expect(catalog.tables.map(\.name) == ["a", "b"])
  }

  @Test func everyTruncationOfACatalogIsRefused() {
    var catalog = Catalog()
    _ = catalog.apply(.initialise(.initial(shards: 2, nodes: [NodeID(1)], replication: 1)))
    _ = catalog.apply(create("a"))
    let bytes = catalog.encode()
    for length in bytes.indices {
      #expect(throws: MalformedBytes.self) { try Catalog(Array(bytes[..<length])) }
    }
  }

  @Test(arguments: 1...9) func shardsCoverTheHashSpaceWithoutGaps(count: Int) throws {
    let map = ShardMap.initial(shards: count, nodes: [NodeID(1), NodeID(2), NodeID(3)], replication: 3)
    var next: UInt64 = 0
    for shard in map.shards {
      let range = try #require(map.range(of: shard.id))
      #expect(range.lowerBound == next)
      #expect(map.shard(for: range.lowerBound).id == shard.id)
      #expect(map.shard(for: range.upperBound).id == shard.id)
      next = range.upperBound &+ 1
    }
    #expect(next == 0)
  }
}
