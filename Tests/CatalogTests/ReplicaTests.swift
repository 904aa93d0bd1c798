import Catalog
import Items
import Messages
import Testing

private let key = KeyAttribute(name: Array("id".utf8), type: .string)
private let unique = [UInt8](repeating: 7, count: 16)

private func made(_ replicas: ReplicaRegions?, name: String = "t") -> TableDefinition {
  var definition = TableDefinition(name: name, key: KeySchema(partition: key), attributes: [key], stream: .newImage)
  definition.replicas = replicas
  return definition
}

/// One region's catalog, with table 1.
private struct Region {
  var catalog = Catalog()

  init(_ definition: TableDefinition? = made(nil), uniqueID: [UInt8] = unique) {
    guard let definition else { return }
    _ = catalog.apply(.createTable(definition, createdAtMs: 9, uniqueID: uniqueID))
    follow()
  }

  var table: Table { catalog.table(TableID(1))! }

  mutating func follow() { _ = catalog.apply(.activate(TableID(1), version: table.settingsVersion)) }

  @discardableResult mutating func apply(_ command: CatalogCommand) throws -> CatalogOutcome {
    #expect(try CatalogCommand(command.encode()) == command)
    let outcome = catalog.apply(command)
    #expect(try CatalogOutcome(outcome.encode()) == outcome)
    #expect(try Catalog(catalog.encode()) == catalog)
    return outcome
  }

  mutating func set(_ replicas: ReplicaRegions?) throws {
    var definition = table.definition
    definition.replicas = replicas
    try apply(.alterTable(TableAlteration(of: table, to: definition, atMs: 10)))
  }
}

/// Replicas of tables, as the catalogs of their regions have them.
@Suite struct ReplicaTests {
  @Test func aReplicaMakesTheTableUpdatingAndItsShardsKnowTheRegion() throws {
    var us = Region()
    #expect(us.table.settings.replication == nil)
    try us.set(ReplicaRegions(own: "us", others: ["eu"]))
    #expect(us.table.status == .updating)
    #expect(us.table.replicas == [TableReplica(region: "eu", status: .creating)])
    #expect(us.table.settings.replication == ReplicationSettings(region: "us", others: ["eu"], table: unique))
    us.follow()
    #expect(try us.apply(.completeReplica("eu", of: TableID(1))) == .table(us.table))
    #expect(us.table.replicas[0].status == .active)
    #expect(try us.apply(.completeReplica("eu", of: TableID(1))) == .tableNotFound)
  }

  @Test func aRegionMakesTheTableThatItIsToldOfOnceAndKnowsTheOthers() throws {
    var us = Region()
    try us.set(ReplicaRegions(own: "us", others: ["eu"]))
    var eu = Region(nil)
    let there = try #require(us.table.definition(in: "eu"))
    #expect(there.replicas == ReplicaRegions(own: "eu", others: ["us"]) && there.stream == .newImage)
    let command = CatalogCommand.ensureReplica(there, createdAtMs: 9, uniqueID: unique)
    try eu.apply(command)
    #expect(eu.table.status == .creating && eu.table.uniqueID == unique)
    #expect(eu.table.settings.replication?.others == ["us"])
    eu.follow()
    let before = eu.table
    try eu.apply(command)
    #expect(eu.table == before)
    // Told back, it says nothing new.
    us.follow()
    let here = us.table
    try us.apply(.ensureReplica(try #require(eu.table.definition(in: "us")), createdAtMs: 9, uniqueID: unique))
    #expect(us.table == here)
  }

  @Test func aRegionThatIsAddedLaterIsMadeKnownToAll() throws {
    var eu = Region(made(ReplicaRegions(own: "eu", others: ["us"])))
    let wanted = made(ReplicaRegions(own: "eu", others: ["ap", "us"]))
    let command = CatalogCommand.ensureReplica(wanted, createdAtMs: 9, uniqueID: unique)
    try eu.apply(command)
    #expect(eu.table.status == .updating && eu.table.settings.replication?.others == ["ap", "us"])
    #expect(eu.table.replicas.map(\.region) == ["us", "ap"])
    eu.follow()
    #expect(eu.table.definition(in: "ap")?.replicas == ReplicaRegions(own: "ap", others: ["eu", "us"]))
  }

  @Test func anotherTableOfThatNameIsLeftAloneAndTheReplicaFails() throws {
    var eu = Region(uniqueID: [UInt8](repeating: 8, count: 16))
    let command = CatalogCommand.ensureReplica(
      made(ReplicaRegions(own: "eu", others: ["us"])), createdAtMs: 9, uniqueID: unique)
    #expect(try eu.apply(command) == .tableExists)
    var us = Region()
    try us.set(ReplicaRegions(own: "us", others: ["eu"]))
    us.follow()
    try us.apply(.failReplica("eu", of: TableID(1)))
    #expect(us.table.replicas == [TableReplica(region: "eu", status: .failed)])
    #expect(us.table.status == .updating && us.table.settings.replication == nil)
    #expect(us.table.settings.version == us.table.version)
  }

  @Test func aReplicaThatGoesIsDroppedWhereItIsAndForgottenElsewhere() throws {
    var us = Region()
    try us.set(ReplicaRegions(own: "us", others: ["ap", "eu"]))
    us.follow()
    try us.set(ReplicaRegions(own: "us", others: ["ap"]))
    #expect(us.table.replicas.map(\.status) == [.creating, .deleting])
    #expect(us.table.settings.replication?.others == ["ap"])
    us.follow()
    try us.apply(.forgetReplica("eu", of: TableID(1)))
    #expect(us.table.replicas.map(\.region) == ["ap"])
    let leave = CatalogCommand.leaveReplica(uniqueID: unique, region: "eu")
    var eu = Region(made(ReplicaRegions(own: "eu", others: ["ap", "us"])))
    try eu.apply(leave)
    #expect(eu.table.status == .deleting)
    #expect(try eu.apply(leave) == .done)
    var ap = Region(made(ReplicaRegions(own: "ap", others: ["eu", "us"])))
    try ap.apply(leave)
    #expect(ap.table.status == .updating && ap.table.settings.replication?.others == ["us"])
    ap.follow()
    #expect(try ap.apply(leave) == .done)
    var other = Region(nil)
    #expect(try other.apply(leave) == .done)
  }

  @Test func aTableWithReplicasIsNotDeleted() throws {
    var us = Region()
    try us.set(ReplicaRegions(own: "us", others: ["eu"]))
    us.follow()
    #expect(try us.apply(.deleteTable(name: "t")) == .hasReplicas)
  }

  /// What an earlier build wrote, and what it would read, is the same for tables without replicas.
  @Test func aTableWithoutReplicasIsWrittenAsBefore() throws {
    let plain = Region().table
    #expect(try TableSettings(plain.settings.encode()) == plain.settings)
    var us = Region()
    try us.set(ReplicaRegions(own: "us", others: ["eu"]))
    us.follow()
    try us.set(nil)
    us.follow()
    try us.apply(.forgetReplica("eu", of: TableID(1)))
    #expect(us.table.replicas.isEmpty && us.table.definition == plain.definition)
    #expect(us.table.settings.encode().count == plain.settings.encode().count)
  }
}
