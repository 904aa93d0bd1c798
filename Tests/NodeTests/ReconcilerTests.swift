import Catalog
import Environment
import Messages
import Testing

@testable import Node

/// Shards and catalog come together whatever is lost on the way.
@Suite struct ReconcilerTests {
  private var now = Instant(nanoseconds: 1_000_000_000)
  private var catalog: Catalog
  private var reconciler = TableReconciler(firstTask: 1)

  init() {
    catalog = Catalog()
    let map = ShardMap.initial(shards: 3, nodes: [NodeID(1)], replication: 1)
    _ = catalog.apply(.initialise(map))
    _ = catalog.apply(.useRelease(Catalog.newestRelease))
  }

  private mutating func next() -> (tasks: [TableReconciler.Task], commands: [CatalogCommand]) {
    reconciler.next(catalog, now: now)
  }

  private mutating func settle(_ tasks: [TableReconciler.Task]) {
    for task in tasks { reconciler.answered(task.id, isDone: true, now: now) }
  }

  @Test mutating func aTableIsActiveOnceEveryShardServesIt() {
    _ = catalog.apply(.makeTable("a"))
    let (tasks, commands) = next()
    #expect(tasks.map(\.shard) == [1, 2, 3].map { ShardID($0) })
    #expect(tasks.allSatisfy { $0.work == .configure(version: 1) && $0.table == TableID(1) })
    #expect(commands == [])
    settle(Array(tasks.dropLast()))
    #expect(next().commands == [])
    settle(tasks)
    #expect(next().commands == [.activate(TableID(1), version: 1)])
    _ = catalog.apply(.activate(TableID(1), version: 1))
    #expect(next() == ([], []))
    #expect(reconciler.isIdle)
  }

  @Test mutating func aTableIsForgottenOnceEveryShardDroppedIt() {
    _ = catalog.apply(.makeTable("a"))
    _ = catalog.apply(.activate(TableID(1), version: 1))
    _ = catalog.apply(.deleteTable(name: "a"))
    let (tasks, _) = next()
    #expect(tasks.map(\.work) == [.drop, .drop, .drop])
    settle(tasks)
    #expect(next().commands == [.forget(TableID(1))])
    _ = catalog.apply(.forget(TableID(1)))
    #expect(next() == ([], []))
  }

  @Test mutating func aLostAnswerIsAskedForAgain() {
    _ = catalog.apply(.makeTable("a"))
    let (first, _) = next()
    settle([first[0], first[2]])
    now = now + .milliseconds(190)
    #expect(next().tasks == [])
    now = now + .milliseconds(210)
    let (again, _) = next()
    #expect(again.map(\.shard) == [ShardID(2)])
    #expect(again[0].id != first[1].id)
    settle([first[1]])
    #expect(
      next().commands == [.activate(TableID(1), version: 1)],
      "What a shard has done it has done, however late it says so.")
  }

  /// A link was away for 144 ms in every 288, and at each question, which came every 289.
  @Test(arguments: (25...225).map { UInt64($0) * 4 })
  mutating func aLinkThatComesAndGoesIsNotAwayAtEachQuestion(period: UInt64) {
    _ = catalog.apply(.makeTable("a"))
    let begin = now
    var isDone = false
    while !isDone, now.since(begin) < .seconds(10) {
      let isAway = now.since(begin).nanoseconds / 1_000_000 / period % 2 == 0
      let (tasks, _) = next()
      if !isAway { for task in tasks where task.attempt % 2 == 0 { settle([task]) } }
      isDone = !next().commands.isEmpty
      now = now + .milliseconds(1)
    }
    #expect(isDone)
  }

  /// So that nodes can be asked in turn, and by another way where one is silent. What goes wrong with one shard says
  /// nothing of another.
  @Test mutating func eachTaskCountsItsOwnAttempts() {
    _ = catalog.apply(.makeTable("a"))
    var (tasks, _) = next()
    #expect(tasks.map(\.attempt) == [0, 0, 0] && tasks.allSatisfy { !$0.hasMetSilence })
    for attempt in 1...3 {
      reconciler.answered(tasks[0].id, isDone: false, now: now)
      now = now + .milliseconds(10)
      tasks = next().tasks
      #expect(tasks.map(\.shard) == [ShardID(1)])
      #expect(tasks.map(\.attempt) == [attempt] && !tasks[0].hasMetSilence, "A refusal is an answer.")
    }
    now = now + .seconds(2)
    tasks = next().tasks
    #expect(tasks.map(\.attempt) == [4, 1, 1] && tasks.allSatisfy(\.hasMetSilence))
    reconciler.answered(tasks[1].id, isDone: false, now: now)
    now = now + .milliseconds(10)
    #expect(next().tasks.map(\.hasMetSilence) == [true], "Who was silent once may be so again.")
  }

  @Test mutating func aRefusalIsAskedAgainSoon() {
    _ = catalog.apply(.makeTable("a"))
    let (first, _) = next()
    reconciler.answered(first[0].id, isDone: false, now: now)
    #expect(next().tasks == [])
    now = now + .milliseconds(10)
    #expect(next().tasks.map(\.shard) == [ShardID(1)])
  }

  /// A new leader knows nothing of what the old one has done; asking twice is harmless.
  @Test mutating func aNewLeaderAsksEveryShardAgain() {
    _ = catalog.apply(.makeTable("a"))
    let (first, _) = next()
    settle(first)
    #expect(next().commands == [.activate(TableID(1), version: 1)])
    reconciler.reset()
    let (second, commands) = next()
    #expect(second.map(\.shard) == first.map(\.shard))
    #expect(commands == [])
    settle(first)
    #expect(next().commands == [], "Answers to the old leader's questions count for nothing.")
    settle(second)
    #expect(next().commands == [.activate(TableID(1), version: 1)])
  }

  @Test mutating func tablesDoNotWaitForEachOther() {
    _ = catalog.apply(.makeTable("a"))
    _ = catalog.apply(.makeTable("b", unique: 8))
    let (tasks, _) = next()
    #expect(tasks.count == 6)
    settle(tasks.filter { $0.table == TableID(2) })
    #expect(next().commands == [.activate(TableID(2), version: 1)])
    _ = catalog.apply(.activate(TableID(2), version: 1))
    settle(tasks.filter { $0.table == TableID(1) })
    #expect(next().commands == [.activate(TableID(1), version: 1)])
  }

  /// Activation and deletion may both be applied between two looks at the catalog.
  @Test mutating func aTableDeletedAsSoonAsItIsActiveIsForgotten() {
    _ = catalog.apply(.makeTable("a"))
    settle(next().tasks)
    #expect(next().commands == [.activate(TableID(1), version: 1)])
    _ = catalog.apply(.activate(TableID(1), version: 1))
    _ = catalog.apply(.deleteTable(name: "a"))
    let (drops, _) = next()
    #expect(drops.map(\.work) == [.drop, .drop, .drop])
    settle(drops)
    #expect(next().commands == [.forget(TableID(1))])
  }

  /// One more than `makeTable` has.
  private mutating func activeTable() throws -> Table {
    guard case .table(let made) = catalog.apply(.makeTable("a")) else { throw TestFailure("No table was made.") }
    guard case .table(let table) = catalog.apply(.activate(made.id, version: 1)) else {
      throw TestFailure("The table is not active.")
    }
    return table
  }

  private func alter(_ table: Table, _ body: (inout TableDefinition) -> Void) -> CatalogCommand {
    var definition = table.definition
    body(&definition)
    return .alterTable(TableAlteration(of: table, to: definition, atMs: 5))
  }

  @Test mutating func aChangeIsOverOnceEveryShardHasItsSettings() throws {
    let table = try activeTable()
    _ = catalog.apply(alter(table) { $0.timeToLive = [1] })
    let version = try #require(catalog.table(table.id)?.settingsVersion)
    let (tasks, _) = next()
    #expect(tasks.map(\.work) == Array(repeating: .configure(version: version), count: 3))
    settle(Array(tasks.dropLast()))
    #expect(next().commands == [])
    settle(tasks)
    #expect(next().commands == [.activate(table.id, version: version)])
    _ = catalog.apply(.activate(table.id, version: version))
    #expect(next() == ([], []))
  }

  @Test mutating func whatNoShardNeedsToKnowAsksNoShard() throws {
    let table = try activeTable()
    _ = catalog.apply(alter(table) { $0.tags = [Tag(key: "k", value: "v")] })
    #expect(next() == ([], []))
  }

  @Test mutating func anIndexIsCompleteOnceEveryShardSaysSo() throws {
    let table = try activeTable()
    let index = IndexDefinition(
      name: "i", kind: .global, key: IndexKeySchema(partition: table.definition.key.partition), projection: .all)
    _ = catalog.apply(alter(table) { $0.indexes = [index] })
    settle(next().tasks)
    _ = catalog.apply(try #require(next().commands.first))
    let id = try #require(catalog.table(table.id)?.index(named: "i")?.id)
    let (tasks, commands) = next()
    #expect(tasks.map(\.work) == Array(repeating: .confirm(index: id), count: 3) && commands == [])
    settle([tasks[0], tasks[2]])
    reconciler.answered(tasks[1].id, isDone: false, now: now)
    now = now + .milliseconds(40)
    #expect(next() == ([], []))
    now = now + .milliseconds(20)
    let (again, _) = next()
    #expect(again.map(\.shard) == [ShardID(2)])
    settle(again)
    #expect(next().commands == [.completeIndex(id, of: table.id)])
    _ = catalog.apply(.completeIndex(id, of: table.id))
    #expect(next() == ([], []))
  }

  @Test mutating func whatANewReleaseBringsIsUsedOnceEveryNodeReadsIt() {
    catalog = Catalog()
    _ = catalog.apply(.initialise(ShardMap.initial(shards: 1, nodes: [NodeID(1)], replication: 1)))
    #expect(reconciler.next(catalog, now: now, areUpgraded: { false }).commands == [])
    let command = CatalogCommand.useRelease(Catalog.newestRelease)
    #expect(reconciler.next(catalog, now: now, areUpgraded: { true }).commands == [command])
    _ = catalog.apply(command)
    #expect(reconciler.next(catalog, now: now, areUpgraded: { true }).commands == [])
  }

  /// A table with a replica in eu-west-1 that every shard knows of.
  private mutating func replicated() throws -> Table {
    let table = try activeTable()
    _ = catalog.apply(alter(table) { $0.replicas = ReplicaRegions(own: "us-east-1", others: ["eu-west-1"]) })
    settle(next().tasks)
    _ = catalog.apply(try #require(next().commands.first))
    return try #require(catalog.table(table.id))
  }

  @Test mutating func aReplicaIsActiveOnceItsRegionHasTheTableAndEveryShardHasSentWhatItHeld() throws {
    let table = try replicated()
    let (tasks, commands) = next()
    let work = TableReconciler.Work.replica(region: "eu-west-1")
    #expect(tasks.map(\.target) == [.region("eu-west-1")] + (1...3).map { .shard(ShardID($0)) })
    #expect(tasks.allSatisfy { $0.work == work } && commands == [])
    settle(Array(tasks.dropFirst()))
    #expect(next().commands == [])
    var there = table
    there.status = .creating
    let making = Answer.catalogOutcome(CatalogOutcome.table(there).encode())
    reconciler.answered(tasks[0].id, from: "eu-west-1", making, now: now)
    now = now + .milliseconds(60)
    let again = next().tasks
    #expect(again.map(\.target) == [.region("eu-west-1")])
    reconciler.answered(
      again[0].id, from: "eu-west-1", .catalogOutcome(CatalogOutcome.table(table).encode()), now: now)
    #expect(next().commands == [.completeReplica("eu-west-1", of: table.id)])
    _ = catalog.apply(.completeReplica("eu-west-1", of: table.id))
    #expect(next() == ([], []))
  }

  @Test mutating func aReplicaFailsWhereItsRegionHasAnotherTableOfThatName() throws {
    let table = try replicated()
    let (tasks, _) = next()
    reconciler.answered(
      tasks[0].id, from: "eu-west-1", .catalogOutcome(CatalogOutcome.tableExists.encode()), now: now)
    #expect(next().commands == [.failReplica("eu-west-1", of: table.id)])
    _ = catalog.apply(.failReplica("eu-west-1", of: table.id))
    #expect(next().tasks.map(\.target) == (1...3).map { .shard(ShardID($0)) })
  }

  /// A table whose replica in eu-west-1 is to go.
  private mutating func retiring() throws -> Table {
    let table = try replicated()
    _ = catalog.apply(.completeReplica("eu-west-1", of: table.id))
    _ = catalog.apply(alter(try #require(catalog.table(table.id))) { $0.replicas = nil })
    return table
  }

  private mutating func answer(_ task: TableReconciler.Task, _ outcome: CatalogOutcome) {
    reconciler.answered(task.id, from: "eu-west-1", .catalogOutcome(outcome.encode()), now: now)
  }

  @Test mutating func aReplicaThatIsToGoIsAskedUntilItLeaves() throws {
    let table = try retiring()
    for outcome in [CatalogOutcome.table(table), .tableInUse(.deleting), .tableInUse(.deleting)] {
      let (tasks, commands) = next()
      #expect(tasks.map(\.work) == [.retire(region: "eu-west-1")] && commands == [])
      answer(tasks[0], outcome)
      #expect(next() == ([], []))
      now = now + .milliseconds(60)
    }
    _ = catalog.apply(.leaveReplica(uniqueID: table.uniqueID, region: "eu-west-1"))
    settle(next().tasks)
    _ = catalog.apply(try #require(next().commands.first))
    #expect(next() == ([], []))
  }

  @Test mutating func aReplicaIsForgottenWhereItsRegionHasNothingOfIt() throws {
    let table = try retiring()
    answer(try #require(next().tasks.first), .done)
    let abandon = CatalogCommand.abandonReplica(uniqueID: table.uniqueID, region: "eu-west-1")
    #expect(next().commands == [abandon])
    _ = catalog.apply(abandon)
    settle(next().tasks)
    _ = catalog.apply(try #require(next().commands.first))
    let (tasks, _) = next()
    #expect(tasks.map(\.target) == [.region("eu-west-1")] && tasks[0].work == .leave(region: "eu-west-1"))
    answer(tasks[0], .done)
    #expect(next().commands == [.forgetReplica("eu-west-1", of: table.id)])
  }

  @Test mutating func aReplicaThatTakesTooLongIsGivenUp() throws {
    reconciler = TableReconciler(firstTask: 1, replicaRemovalMs: 100)
    let table = try retiring()
    let since = try #require(catalog.table(table.id)?.replicas.first?.addedAtMs)
    #expect(reconciler.next(catalog, now: now, wallTimeMs: since + 100).commands == [])
    #expect(
      reconciler.next(catalog, now: now, wallTimeMs: since + 101).commands
        == [.abandonReplica(uniqueID: table.uniqueID, region: "eu-west-1")])
  }

  /// The proposal may have been refused (overloaded, handing over) or lost; proposing twice is harmless.
  @Test mutating func aCommandThatNeverAppliesIsProposedAgain() {
    _ = catalog.apply(.makeTable("a"))
    settle(next().tasks)
    #expect(next().commands == [.activate(TableID(1), version: 1)])
    #expect(next().commands == [], "Not with every tick.")
    now = now + .seconds(5)
    #expect(next().commands == [.activate(TableID(1), version: 1)])
  }
}

extension TableReconciler.Task {
  /// Of a task that is for a shard.
  fileprivate var shard: ShardID {
    guard case .shard(let shard) = target else { fatalError("The task is for another region.") }
    return shard
  }
}

private func == (
  left: (tasks: [TableReconciler.Task], commands: [CatalogCommand]), right: ([TableReconciler.Task], [CatalogCommand])
) -> Bool {
  left.tasks == right.0 && left.commands == right.1
}
