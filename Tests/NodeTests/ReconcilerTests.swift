import Catalog
import Environment
import Messages
import Testing

@testable import Node

/// Shards and catalog come together whatever is lost on the way.
@Suite struct ReconcilerTests {
  private var now = Instant(nanoseconds: 1_000_000_000)
  private var catalog: Catalog
  private var reconciler = TableReconciler()

  init() {
    catalog = Catalog()
    let map = ShardMap.initial(shards: 3, nodes: [NodeID(1)], replication: 1)
    _ = catalog.apply(.initialise(map))
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
    #expect(tasks.allSatisfy { $0.operation == .install && $0.table == TableID(1) })
    #expect(commands == [])
    settle(Array(tasks.dropLast()))
    #expect(next().commands == [])
    settle(tasks)
    #expect(next().commands == [.activate(TableID(1))])
    _ = catalog.apply(.activate(TableID(1)))
    #expect(next() == ([], []))
    #expect(reconciler.isIdle)
  }

  @Test mutating func aTableIsForgottenOnceEveryShardDroppedIt() {
    _ = catalog.apply(.makeTable("a"))
    _ = catalog.apply(.activate(TableID(1)))
    _ = catalog.apply(.deleteTable(name: "a"))
    let (tasks, _) = next()
    #expect(tasks.map(\.operation) == [.drop, .drop, .drop])
    settle(tasks)
    #expect(next().commands == [.forget(TableID(1))])
    _ = catalog.apply(.forget(TableID(1)))
    #expect(next() == ([], []))
  }

  @Test mutating func aLostAnswerIsAskedForAgain() {
    _ = catalog.apply(.makeTable("a"))
    let (first, _) = next()
    settle([first[0], first[2]])
    now = now + .milliseconds(900)
    #expect(next().tasks == [])
    now = now + .milliseconds(200)
    let (again, _) = next()
    #expect(again.map(\.shard) == [ShardID(2)])
    #expect(again[0].id != first[1].id)
    settle([first[1]])
    #expect(next().commands == [], "An answer to the question that was given up counts for nothing.")
    settle(again)
    #expect(next().commands == [.activate(TableID(1))])
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
    #expect(next().commands == [.activate(TableID(1))])
    reconciler.reset()
    let (second, commands) = next()
    #expect(second.map(\.shard) == first.map(\.shard))
    #expect(commands == [])
    settle(first)
    #expect(next().commands == [], "Answers to the old leader's questions count for nothing.")
    settle(second)
    #expect(next().commands == [.activate(TableID(1))])
  }

  @Test mutating func tablesDoNotWaitForEachOther() {
    _ = catalog.apply(.makeTable("a"))
    _ = catalog.apply(.makeTable("b", unique: 8))
    let (tasks, _) = next()
    #expect(tasks.count == 6)
    settle(tasks.filter { $0.table == TableID(2) })
    #expect(next().commands == [.activate(TableID(2))])
    _ = catalog.apply(.activate(TableID(2)))
    settle(tasks.filter { $0.table == TableID(1) })
    #expect(next().commands == [.activate(TableID(1))])
  }

  /// Activation and deletion may both be applied between two looks at the catalog.
  @Test mutating func aTableDeletedAsSoonAsItIsActiveIsForgotten() {
    _ = catalog.apply(.makeTable("a"))
    settle(next().tasks)
    #expect(next().commands == [.activate(TableID(1))])
    _ = catalog.apply(.activate(TableID(1)))
    _ = catalog.apply(.deleteTable(name: "a"))
    let (drops, _) = next()
    #expect(drops.map(\.operation) == [.drop, .drop, .drop])
    settle(drops)
    #expect(next().commands == [.forget(TableID(1))])
  }

  /// The proposal may have been refused (overloaded, handing over) or lost; proposing twice is harmless.
  @Test mutating func aCommandThatNeverAppliesIsProposedAgain() {
    _ = catalog.apply(.makeTable("a"))
    settle(next().tasks)
    #expect(next().commands == [.activate(TableID(1))])
    #expect(next().commands == [], "Not with every tick.")
    now = now + .seconds(5)
    #expect(next().commands == [.activate(TableID(1))])
  }
}

private func == (
  left: (tasks: [TableReconciler.Task], commands: [CatalogCommand]), right: ([TableReconciler.Task], [CatalogCommand])
) -> Bool {
  left.tasks == right.0 && left.commands == right.1
}
