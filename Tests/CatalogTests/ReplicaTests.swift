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

  init(_ definition: TableDefinition? = made(nil), uniqueID: [UInt8] = unique, release: UInt8 = Catalog.newestRelease) {
    if release > 0 { _ = catalog.apply(.useRelease(release)) }
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
    #expect(us.table.replicas == [TableReplica(region: "eu", status: .creating, addedAtMs: 10)])
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

  /// Tags, protection and recovery are never copied to a new replica.
  @Test func aReplicaBeginsWithoutWhatIsEachRegionsOwn() throws {
    var definition = made(nil)
    definition.deletionProtection = true
    definition.tags = [Tag(key: "team", value: "ris")]
    definition.pointInTimeRecovery = PointInTimeRecovery(enabledAtMs: 1, days: 35)
    definition.timeToLive = Array("ttl".utf8)
    var us = Region(definition)
    try us.set(ReplicaRegions(own: "us", others: ["eu"]))
    let there = try #require(us.table.definition(in: "eu"))
    #expect(!there.deletionProtection && there.tags.isEmpty && there.pointInTimeRecovery == nil)
    #expect(there.timeToLive == definition.timeToLive && us.table.definition.deletionProtection)
  }

  @Test func aRegionKeepsAProtectedReplicaAndForADayOneThatAnotherWasMadeFrom() throws {
    let day: UInt64 = 24 * 60 * 60 * 1_000
    var us = Region()
    #expect(us.table.removalFault(atMs: 11) == nil)
    try us.set(ReplicaRegions(own: "us", others: ["eu"]))
    #expect(us.table.removalFault(atMs: 9 + day) == .actedAsSource && us.table.removalFault(atMs: 10 + day) == nil)
    #expect(us.table.removalFault(atMs: nil) == nil)
    var eu = Region(nil)
    var there = try #require(us.table.definition(in: "eu"))
    there.deletionProtection = true
    try eu.apply(.ensureReplica(there, createdAtMs: 9, uniqueID: unique))
    #expect(eu.table.removalFault(atMs: 11) == .deletionProtected)
    #expect(us.table.removedRegions(by: made(nil)) == ["eu"])
    #expect(us.table.removedRegions(by: us.table.definition) == [])
    for outcome in [CatalogOutcome.actedAsSource, .deletionProtected] {
      #expect(try CatalogOutcome(outcome.encode()) == outcome)
    }
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
    #expect(us.table.replicas == [TableReplica(region: "eu", status: .failed, addedAtMs: 10)])
    #expect(us.table.status == .updating && us.table.settings.replication == nil)
    #expect(us.table.settings.version == us.table.version)
  }

  /// Nothing that it took in may be lost, and no older put of its may find the traces gone.
  @Test func aReplicaThatIsToGoTakesPartUntilItSaysThatItLeaves() throws {
    var us = Region()
    try us.set(ReplicaRegions(own: "us", others: ["ap", "eu"]))
    us.follow()
    let before = us.table.settings
    try us.set(ReplicaRegions(own: "us", others: ["ap"]))
    #expect(us.table.replicas.map(\.status) == [.creating, .draining] && us.table.status == .active)
    #expect(us.table.settings == before && us.table.replicas[1].addedAtMs == 10)
    #expect(us.table.definition.replicas?.others == ["ap", "eu"])
    try us.set(ReplicaRegions(own: "us", others: ["ap"]))
    #expect(us.table.replicas.map(\.status) == [.creating, .draining])

    var eu = Region(made(ReplicaRegions(own: "eu", others: ["ap", "us"])))
    let retire = CatalogCommand.retireReplica(uniqueID: unique, region: "eu")
    try eu.apply(retire)
    #expect(eu.table.status == .deleting && eu.table.settings.replication?.others == ["ap", "us"])
    #expect(try eu.apply(retire) == .tableInUse(.deleting))
    var other = Region(nil)
    #expect(try other.apply(retire) == .done)

    let leave = CatalogCommand.leaveReplica(uniqueID: unique, region: "eu")
    try us.apply(leave)
    #expect(us.table.status == .updating && us.table.settings.replication?.others == ["ap"])
    #expect(us.table.settings.replication?.lost == [] && us.table.definition.replicas?.others == ["ap"])
    #expect(us.table.shownReplicas.count == 2, "Who sees that it has gone finds the table active.")
    us.follow()
    #expect(us.table.shownReplicas.map(\.region) == ["ap"])
    #expect(try us.apply(leave) == .done && other.apply(leave) == .done)
    // One that goes itself waits for it no longer.
    var ap = Region(made(ReplicaRegions(own: "ap", others: ["eu", "us"])))
    try ap.apply(.deleteTable(name: "t"))
    #expect(try ap.apply(leave) == .done && ap.table.replicatedTo == ["us"])
  }

  @Test func aReplicaThatIsGivenUpIsLostToTheOthersAndStandsAloneWhereItIs() throws {
    var us = Region()
    try us.set(ReplicaRegions(own: "us", others: ["ap", "eu"]))
    us.follow()
    try us.set(ReplicaRegions(own: "us", others: ["ap"]))
    let abandon = CatalogCommand.abandonReplica(uniqueID: unique, region: "eu")
    try us.apply(abandon)
    #expect(us.table.status == .updating && us.table.shownReplicas.map(\.region) == ["ap"])
    #expect(us.table.settings.replication?.lost == ["eu"] && us.table.settings.replication?.others == ["ap"])
    #expect(try TableSettings(us.table.settings.encode()) == us.table.settings)
    us.follow()
    #expect(try us.apply(abandon) == .done)
    try us.apply(.forgetReplica("eu", of: TableID(1)))
    #expect(us.table.replicas.map(\.region) == ["ap"])

    // Whether it heard before that it is to go, or not.
    for isRetiring in [false, true] {
      var eu = Region(made(ReplicaRegions(own: "eu", others: ["ap", "us"])))
      if isRetiring { try eu.apply(.retireReplica(uniqueID: unique, region: "eu")) }
      try eu.apply(abandon)
      #expect(eu.table.status == .updating && eu.table.replicas.isEmpty && eu.table.settings.replication == nil)
      #expect(eu.table.uniqueID != unique && eu.table.uniqueID.count == 16)
      #expect(try eu.apply(abandon) == .done)
      eu.follow()
      let again = CatalogCommand.ensureReplica(
        made(ReplicaRegions(own: "eu", others: ["us"])), createdAtMs: 9, uniqueID: unique)
      #expect(try eu.apply(again) == .tableExists, "What it holds does not come back to the others.")
    }
  }

  /// Until every node reads what is new, each makes the same of an entry as one that runs the release before.
  @Test func whileANodeMayRunTheReleaseBeforeEntriesDoWhatTheyDidThere() throws {
    var us = Region(release: 0)
    try us.set(ReplicaRegions(own: "us", others: ["ap", "eu"]))
    #expect(us.table.replicas.allSatisfy { $0.addedAtMs == 0 })
    us.follow()
    var definition = us.table.definition
    definition.timeToLive = Array("ttl".utf8)
    try us.apply(.alterTable(TableAlteration(of: us.table, to: definition, atMs: 20)))
    #expect(us.table.shared == nil && !us.table.isSharing)
    us.follow()
    #expect(try us.apply(.deleteTable(name: "t")) == .hasReplicas)
    try us.set(ReplicaRegions(own: "us", others: ["ap"]))
    #expect(us.table.replicas.map(\.status) == [.creating, .deleting] && us.table.status == .updating)
    us.follow()
    try us.apply(.leaveReplica(uniqueID: unique, region: "ap"))
    #expect(us.table.replicas.map(\.region) == ["eu"])
    try us.apply(.useRelease(1))
    #expect(us.catalog.release == 1)
    us.follow()
    try us.apply(.deleteTable(name: "t"))
    #expect(us.table.status == .deleting)
  }

  @Test func aTableWithReplicasGoesOnceTheOthersKnow() throws {
    var us = Region()
    try us.set(ReplicaRegions(own: "us", others: ["eu"]))
    us.follow()
    try us.apply(.deleteTable(name: "t"))
    #expect(us.table.status == .deleting && us.table.replicatedTo == ["eu"])
    #expect(us.table.settings.replication != nil, "What was written last may still be on its way.")
    try us.apply(.forgetReplica("us", of: TableID(1)))
    #expect(us.table.replicas.isEmpty && us.table.status == .deleting)
    #expect(try us.apply(.forgetReplica("us", of: TableID(1))) == .tableNotFound)
  }

  private func index(_ name: String, projection: ProjectionType = .all) -> IndexDefinition {
    IndexDefinition(name: name, kind: .global, key: IndexKeySchema(partition: key), projection: projection)
  }

  private func pair() throws -> (us: Region, eu: Region) {
    var us = Region()
    try us.set(ReplicaRegions(own: "us", others: ["eu"]))
    us.follow()
    var eu = Region(made(ReplicaRegions(own: "eu", others: ["us"])))
    eu.follow()
    return (us, eu)
  }

  /// What a region tells the others of its newest change.
  private func told(_ region: Region, to name: String) throws -> CatalogCommand {
    .adoptShared(
      try #require(region.table.definition(in: name)), version: try #require(region.table.shared), uniqueID: unique)
  }

  @Test func aChangeOfWhatReplicasHaveInCommonReachesTheOthers() throws {
    var (us, eu) = try pair()
    #expect(!us.table.isSharing && us.table.shared == nil)
    var definition = us.table.definition
    definition.tags = [Tag(key: "k", value: "v")]
    try us.apply(.alterTable(TableAlteration(of: us.table, to: definition, atMs: 20)))
    #expect(!us.table.isSharing, "Tags are each region's own.")
    definition.indexes = [index("i")]
    definition.timeToLive = Array("ttl".utf8)
    try us.apply(.alterTable(TableAlteration(of: us.table, to: definition, atMs: 20)))
    #expect(us.table.isSharing)
    try eu.apply(try told(us, to: "eu"))
    #expect(eu.table.definition.timeToLive == Array("ttl".utf8) && eu.table.definition.tags.isEmpty)
    #expect(eu.table.index(named: "i")?.status == .creating && eu.table.status == .updating)
    #expect(eu.table.definition.replicas == ReplicaRegions(own: "eu", others: ["us"]))
    #expect(!eu.table.isSharing && eu.table.shared == us.table.shared)
    #expect(try eu.apply(try told(us, to: "eu")) == .done)
    us.follow()
    try us.apply(.completeShare(try #require(us.table.shared), of: TableID(1)))
    #expect(!us.table.isSharing)
  }

  @Test func ofTwoChangesAtOnceTheLaterStaysInBothRegions() throws {
    var (us, eu) = try pair()
    func ttl(_ region: inout Region, _ name: String, atMs: UInt64) throws {
      var definition = region.table.definition
      definition.timeToLive = Array(name.utf8)
      try region.apply(.alterTable(TableAlteration(of: region.table, to: definition, atMs: atMs)))
      region.follow()
    }
    try ttl(&us, "early", atMs: 20)
    try ttl(&eu, "late", atMs: 21)
    let (here, there) = (try told(us, to: "eu"), try told(eu, to: "us"))
    #expect(try eu.apply(here) == .done)
    try us.apply(there)
    for region in [us, eu] { #expect(region.table.definition.timeToLive == Array("late".utf8)) }
    #expect(!us.table.isSharing && eu.table.isSharing)
  }

  /// Both regions made an index of that name at once: the one that loses goes, then the other one is made.
  @Test func twoIndexesOfOneNameBecomeTheLater() throws {
    var (us, eu) = try pair()
    for (region, projection, atMs) in [("us", ProjectionType.all, UInt64(20)), ("eu", .keysOnly, 21)] {
      var one = region == "us" ? us : eu
      var definition = one.table.definition
      definition.indexes = [index("i", projection: projection)]
      try one.apply(.alterTable(TableAlteration(of: one.table, to: definition, atMs: atMs)))
      one.follow()
      if region == "us" { us = one } else { eu = one }
    }
    let command = try told(eu, to: "us")
    let before = us.catalog.version
    #expect(try us.apply(command) == .tableInUse(.updating))
    #expect(us.catalog.version > before && us.table.index(named: "i")?.status == .deleting)
    us.follow()
    try us.apply(command)
    #expect(us.table.definition.indexes.first?.projection == .keysOnly && us.table.shared == eu.table.shared)
  }

  // MARK: Residency

  private let rules = Residency(rules: [
    .init(region: "eu", attributes: [.init(name: Array("secret".utf8), treatment: .drop)])
  ])

  @Test func rulesAreInForceBeforeAReplicaIsAdded() throws {
    var us = Region(nil)
    try us.apply(.setResidency(rules, of: "t"))
    _ = us.catalog.apply(.createTable(made(nil), createdAtMs: 9, uniqueID: unique))
    us.follow()
    try us.set(ReplicaRegions(own: "us", others: ["eu"]))
    #expect(us.table.settings.replication?.residency == rules)
    #expect(try TableSettings(us.table.settings.encode()) == us.table.settings)
  }

  @Test func rulesThatComeLaterAreToldToTheShards() throws {
    var (us, _) = try pair()
    let before = us.table.settingsVersion
    try us.apply(.setResidency(rules, of: "t"))
    #expect(us.table.status == .updating && us.table.settingsVersion > before)
    #expect(us.table.settings.replication?.residency == rules)
    us.follow()
    #expect(!us.catalog.awaitsResidency(us.table))
    try us.apply(.setResidency(nil, of: "t"))
    #expect(us.table.settings.replication?.residency == nil && us.catalog.residencies.isEmpty)
  }

  @Test func aKeyOfTheTableOrAnIndexCannotBeWithheld() throws {
    let forbidden = Residency(rules: [
      .init(region: "eu", attributes: [.init(name: Array("id".utf8), treatment: .hash)])
    ])
    var us = Region(nil)
    try us.apply(.setResidency(forbidden, of: "t"))
    let outcome = CatalogOutcome.residencyForbids(attribute: Array("id".utf8))
    #expect(try us.apply(.createTable(made(nil), createdAtMs: 9, uniqueID: unique)) == outcome)
    var later = Region()
    try later.apply(.setResidency(forbidden, of: "t"))
    #expect(later.table.residency == nil && !later.catalog.awaitsResidency(later.table))
    try later.set(ReplicaRegions(own: "us", others: ["eu"]))
    #expect(later.table.replicas.isEmpty, "Nothing leaves by rules that cannot be kept.")
    // Default deny: the table's key leaves all the same, that of an index has to be listed.
    let strict = Residency(rules: [.init(region: "eu", otherwise: .drop, attributes: [])])
    #expect(strict.fault(with: made(nil)) == nil)
    var indexed = made(nil)
    let other = KeyAttribute(name: Array("g".utf8), type: .string)
    indexed.indexes = [
      IndexDefinition(name: "i", kind: .global, key: IndexKeySchema(partition: other), projection: .all)
    ]
    #expect(strict.fault(with: indexed) == Array("g".utf8))
  }

  /// What an earlier build wrote, and what it would read, is the same for tables without replicas.
  @Test func aTableWithoutReplicasIsWrittenAsBefore() throws {
    let plain = Region().table
    #expect(try TableSettings(plain.settings.encode()) == plain.settings)
    var us = Region()
    try us.set(ReplicaRegions(own: "us", others: ["eu"]))
    us.follow()
    try us.set(nil)
    try us.apply(.leaveReplica(uniqueID: unique, region: "eu"))
    us.follow()
    #expect(us.table.replicas.isEmpty && us.table.definition == plain.definition)
    #expect(us.table.settings.encode().count == plain.settings.encode().count)
  }
}
