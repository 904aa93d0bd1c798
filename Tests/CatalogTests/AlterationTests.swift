import Catalog
import Items
import Messages
import Testing

/// What a change of a table does to it, and which changes come too late.
@Suite struct AlterationTests {
  private var catalog = Catalog()

  /// Table 1 with the index `a` (2).
  init() throws {
    let definition = TableDefinition(
      name: "t", key: KeySchema(partition: key), attributes: [key], indexes: [index("a")])
    _ = catalog.apply(.createTable(definition, createdAtMs: 9, uniqueID: [UInt8](repeating: 1, count: 16)))
    _ = catalog.apply(.activate(TableID(1), version: 1))
  }

  private var table: Table { catalog.table(TableID(1))! }

  private func change(_ table: Table, atMs: UInt64 = 100, _ body: (inout TableDefinition) -> Void) -> CatalogCommand {
    var definition = table.definition
    body(&definition)
    return .alterTable(TableAlteration(of: table, to: definition, atMs: atMs))
  }

  @discardableResult private mutating func apply(_ body: (inout TableDefinition) -> Void) throws -> CatalogOutcome {
    let command = change(table, body)
    #expect(try CatalogCommand(command.encode()) == command)
    let outcome = catalog.apply(command)
    #expect(try CatalogOutcome(outcome.encode()) == outcome)
    #expect(try Catalog(catalog.encode()) == catalog)
    return outcome
  }

  /// Every shard has followed.
  private mutating func follow() { _ = catalog.apply(.activate(TableID(1), version: table.settingsVersion)) }

  @Test func indexesThatComeWithTheTableHaveIdsAndNothingToFill() {
    #expect(table.indexes == [TableIndex(name: "a", id: TableID(2), status: .active)])
    #expect(table.settings.indexes.map(\.id) == [TableID(2)] && table.settings.version == 1)
  }

  @Test mutating func whatNoShardNeedsToKnowIsDoneAtOnce() throws {
    let before = table
    try apply {
      $0.tags = [Tag(key: "k", value: "v")]
      $0.billingMode = .provisioned
      $0.throughput = Throughput(readUnits: 1, writeUnits: 2)
      $0.tableClass = .standardInfrequentAccess
      $0.deletionProtection = true
      $0.pointInTimeRecovery = PointInTimeRecovery(enabledAtMs: 5, days: 35)
    }
    #expect(table.status == .active && table.version > before.version)
    #expect(table.settings == before.settings && table.definition.deletionProtection)
  }

  @Test mutating func whatShardsMustKnowMakesTheTableUpdating() throws {
    let before = table
    try apply { $0.timeToLive = Array("ttl".utf8) }
    #expect(table.status == .updating && table.settings.version > before.settings.version)
    #expect(table.settings.timeToLive == Array("ttl".utf8))
    #expect(try apply { $0.timeToLive = nil } == .tableInUse(.updating), "One such change at a time.")
    #expect(catalog.apply(.deleteTable(name: "t")) == .tableInUse(.updating))
    try apply { $0.tags = [Tag(key: "k", value: "v")] }
    #expect(table.status == .updating && table.definition.tags.count == 1)
    _ = catalog.apply(.activate(TableID(1), version: before.settingsVersion))
    #expect(table.status == .updating, "The shards followed an older version.")
    follow()
    #expect(table.status == .active)
  }

  @Test mutating func aChangeOfAnOlderVersionComesTooLate() throws {
    let seen = table
    try apply { $0.tags = [Tag(key: "k", value: "v")] }
    let late = catalog.apply(change(seen) { $0.tags = [] })
    #expect(late == .tableChanged && table.definition.tags.count == 1)
  }

  @Test mutating func anAddedIndexIsFilledBeforeItIsActive() throws {
    try apply { $0.indexes.append(index("b")) }
    #expect(table.index(named: "b") == TableIndex(name: "b", id: TableID(3), status: .creating))
    #expect(table.settings.indexes.last?.status == .creating)
    follow()
    #expect(table.index(named: "b")?.status == .creating)
    _ = catalog.apply(.completeIndex(TableID(3), of: TableID(1)))
    #expect(table.index(named: "b")?.status == .active && table.status == .active)
    #expect(catalog.apply(.completeIndex(TableID(3), of: TableID(1))) == .tableNotFound)
  }

  @Test mutating func aRemovedIndexIsShownUntilNoShardServesIt() throws {
    try apply { $0.indexes.append(index("b")) }
    follow()
    try apply { $0.indexes.removeAll { $0.name == "a" } }
    #expect(table.definition.indexes.map(\.name) == ["a", "b"])
    #expect(table.index(named: "a")?.status == .deleting)
    #expect(table.settings.indexes.map(\.id) == [TableID(3)])
    try apply { $0.tags = [Tag(key: "k", value: "v")] }
    #expect(table.index(named: "a")?.status == .deleting)
    follow()
    #expect(table.definition.indexes.map(\.name) == ["b"] && table.indexes.map(\.name) == ["b"])
    try apply { $0.indexes.append(index("a")) }
    #expect(table.index(named: "a")?.id == TableID(4), "Ids are never used again.")
  }

  @Test mutating func aRefusedChangeTakesNoIds() throws {
    try apply { $0.timeToLive = [1] }
    #expect(try apply { $0.indexes.append(index("b")) } == .tableInUse(.updating))
    follow()
    try apply { $0.indexes.append(index("b")) }
    #expect(table.index(named: "b")?.id == TableID(3))
  }

  @Test mutating func anIndexDoesNotBecomeAnotherOfItsName() throws {
    #expect(try apply { $0.indexes = [index("a", .keysOnly)] } == .tableChanged)
    try apply { $0.indexes[0].throughput = Throughput(readUnits: 3, writeUnits: 4) }
    #expect(table.status == .active && table.definition.indexes[0].throughput?.readUnits == 3)
  }

  @Test mutating func everyStreamOfATableHasItsOwnName() throws {
    var names: [UInt64] = []
    for _ in 0..<3 {
      try apply { $0.stream = .newImage }
      names.append(try #require(table.settings.stream?.startedAtMs))
      follow()
      try apply { $0.stream = nil }
      #expect(table.settings.stream == nil && table.streamStartedAtMs == names.last)
      follow()
    }
    #expect(names == [100, 101, 102], "Also within one millisecond.")
  }
}

private let key = KeyAttribute(name: Array("PK".utf8), type: .string)

private func index(_ name: String, _ projection: ProjectionType = .all) -> IndexDefinition {
  IndexDefinition(name: name, kind: .global, key: IndexKeySchema(partition: key), projection: projection)
}
