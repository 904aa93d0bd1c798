import Environment
import Raft
import SimulatedDisk
import Testing

@testable import Store

@Suite struct CrashTests {
  enum Step: CaseIterable { case flush, checkpoint, flushAfterCheckpoint, deleteRange, open, create }
  enum Fate: CaseIterable { case power, kill }

  /// Stops the machine after 0, 1, 2… changes of one step, until the step gets through; after each stop what a restart
  /// finds must be a whole state between durable and applied.
  @Test(arguments: Step.allCases, Fate.allCases)
  func everyPointOfAStepLeavesAWholeState(step: Step, fate: Fate) throws {
    var stops = 0
    for changes in 0..<100_000 {
      var isThrough = false
      for seed in 0..<(fate == .power ? UInt64(4) : 1) {
        isThrough = try stopped(step, fate, afterChanges: changes, seed: seed)
      }
      if isThrough { break }
      stops += 1
    }
    #expect(stops > 5)
  }

  private func stopped(_ step: Step, _ fate: Fate, afterChanges changes: Int, seed: UInt64) throws -> Bool {
    let disk = SimulatedDisk()
    if step == .create {
      disk.stop(afterChanges: changes)
      let isThrough = (try? StoreWorld(disk, seed: 1)) != nil
      end(disk, fate, seed)
      var world = try StoreWorld(disk, seed: 1)
      world.apply(3)
      try world.check()
      return isThrough
    }
    var world = try prepare(disk, step)
    let durable = world.store.durable
    let applied = world.store.applied
    disk.stop(afterChanges: changes)
    let isThrough = take(step, &world)
    let proven = isThrough ? max(durable, world.store.durable) : durable
    end(disk, fate, seed)
    let history = world.history
    try world.reopen()
    #expect(world.store.applied >= proven && world.store.applied <= applied)
    if fate == .kill && (step == .checkpoint || step == .open) { #expect(world.store.applied == applied) }
    if step == .deleteRange {
      // Only rows of the range may have gone.
      let left = try world.all { try world.store.scan(from: [], to: nil, reverse: $0, $1) }
      let outside = history[history.count - 1].filter { $0.key.first != 1 }
      #expect(left.filter { $0.key.first != 1 } == outside)
    } else {
      try world.check("after \(changes) changes")
    }
    // Life goes on.
    if step != .deleteRange {
      world.apply(5)
      #expect(world.run(world.flushJob()) == nil)
      #expect(world.run(world.store.checkpoint()) == nil)
      try world.check()
    }
    return isThrough
  }

  private func prepare(_ disk: SimulatedDisk, _ step: Step) throws -> StoreWorld {
    var world = try StoreWorld(disk, seed: 99)
    world.keyCount = 25
    world.apply(20)
    world.run(world.flushJob())
    world.run(world.store.checkpoint())
    // The database grows, so that page 1 changes in its first and its last sector and can be torn.
    world.keyCount = 200
    world.apply(20)
    if step != .flushAfterCheckpoint { world.run(world.flushJob()) }
    if step == .flush { world.apply(10) }
    if step == .deleteRange { world.run(world.store.checkpoint()) }
    if step == .open {
      disk.kill()
    }
    return world
  }

  private func take(_ step: Step, _ world: inout StoreWorld) -> Bool {
    switch step {
    case .flush, .flushAfterCheckpoint: return world.run(world.flushJob()) == nil
    case .checkpoint: return world.run(world.store.checkpoint()) == nil
    case .deleteRange: return world.run(world.store.deleteRange(from: [1], to: [2])) == nil
    case .open, .create: return (try? world.reopen()) != nil
    }
  }

  private func end(_ disk: SimulatedDisk, _ fate: Fate, _ seed: UInt64) {
    // Another stream for every point: the fate of the first writes must not be the same each time.
    var random = SeededRandom(seed: seed << 32 | UInt64(disk.counters.operations))
    if fate == .power { disk.crash(&random) } else { disk.kill() }
  }

  @Test func aCommitThatNoCheckpointCoveredIsNotCalledDurable() throws {
    let disk = SimulatedDisk()
    var world = try StoreWorld(disk, seed: 41)
    world.apply(20)
    world.run(world.flushJob())
    #expect(world.store.flushed.index == 20)
    #expect(world.store.durable == .zero)
  }

  @Test func afterAFailedSyncNothingIsClaimedAnyMore() throws {
    let disk = SimulatedDisk()
    var world = try StoreWorld(disk, seed: 42)
    world.apply(20)
    world.run(world.flushJob())
    disk.beforeOperation = { (operation) throws(DiskError) in
      if case .sync = operation { throw DiskError(.inputOutput, "the device is gone") }
    }
    let error = world.run(world.store.checkpoint())
    #expect(error?.kind == .syncFailed)
    #expect(error?.disk != nil)
    disk.beforeOperation = nil
    #expect(world.run(world.store.checkpoint())?.kind == .syncFailed)
    #expect(world.store.durable == .zero)
    try world.check()
  }
}
