import Environment
import Raft
import SimulatedDisk
import Testing

@testable import Store

@Suite struct AppendedCrashTests {
  enum Fate: CaseIterable { case power, kill }

  /// Stops the machine after 0, 1, 2… changes of a sequence that fills files, drops them and removes them, until all of it
  /// gets through; what a restart finds must be a whole state between durable and applied.
  @Test(arguments: Fate.allCases) func everyPointOfSpillsFlushesAndCheckpointsLeavesAWholeState(fate: Fate) throws {
    var stops = 0
    for changes in 0..<100_000 {
      var isThrough = false
      for seed in 0..<(fate == .power ? UInt64(3) : 1) {
        isThrough = try stopped(fate, afterChanges: changes, seed: seed)
      }
      if isThrough { break }
      stops += 1
    }
    #expect(stops > 40)
  }

  private func stopped(_ fate: Fate, afterChanges changes: Int, seed: UInt64) throws -> Bool {
    let disk = SimulatedDisk()
    var world = try StoreWorld(disk, seed: 121)
    world.keyCount = 3
    world.append(0, 1...6, bytes: 1_200)
    #expect(world.run(world.flushJob()) == nil)
    #expect(world.run(world.store.checkpoint()) == nil)
    disk.stop(afterChanges: changes)
    let isThrough = try turn(&world)
    let (durable, applied) = (world.store.durable, world.store.applied)
    if isThrough { try #require(!world.rowFiles.contains(1), "A file was removed within the sequence.") }
    end(disk, fate, seed)
    try world.reopen()
    let comment: Comment = "\(changes) changes, \(fate), seed \(seed)"
    #expect(world.store.applied >= durable && world.store.applied <= applied, comment)
    try world.check(comment)
    try goOn(&world, comment)
    return isThrough
  }

  /// False where the machine stopped.
  private func turn(_ world: inout StoreWorld) throws -> Bool {
    for round in 0..<3 {
      let first = 10 * (round + 1)
      world.append(1, first...first + 2, bytes: 1_500)
      if world.run(world.store.spill()) != nil { return false }
      world.append(0, first + 3...first + 5, bytes: 1_200)
      // What lies in a file is hidden by the next commit, and a file's rows go with it.
      try world.trim(0, below: first - 3)
      try world.trim(1, below: first - 8)
      if round == 1, world.run(world.store.spill()) != nil { return false }
      world.append(2, first + 6...first + 6)
      if world.run(world.flushJob()) != nil { return false }
      if world.run(world.store.checkpoint()) != nil { return false }
    }
    return true
  }

  /// The log brings back what was lost, and another crash takes nothing that is durable.
  private func goOn(_ world: inout StoreWorld, _ comment: Comment) throws {
    let first = world.history.count + 100
    world.append(1, first...first + 5, bytes: 1_500)
    #expect(world.run(world.store.spill()) == nil)
    try world.trim(0, below: first)
    #expect(world.run(world.flushJob()) == nil)
    #expect(world.run(world.store.checkpoint()) == nil)
    try world.check(comment)
    (world.disk as! SimulatedDisk).crash(&world.random)
    let applied = world.store.durable
    try world.reopen()
    #expect(world.store.applied == applied)
    try world.check(comment)
  }

  private func end(_ disk: SimulatedDisk, _ fate: Fate, _ seed: UInt64) {
    // Another stream for every point: the fate of the first writes must not be the same each time.
    var random = SeededRandom(seed: seed << 32 | UInt64(disk.counters.operations))
    if fate == .power { disk.crash(&random) } else { disk.kill() }
  }

  /// A kill, then another start that is stopped, then the power: what the first start found nothing may take away.
  @Test func everyPointOfAStartLeavesWhatItFound() throws {
    var stops = 0
    for changes in 0..<1_000 {
      let disk = SimulatedDisk()
      var world = try StoreWorld(disk, seed: 122)
      world.append(0, 1...6, bytes: 1_200)
      world.run(world.flushJob())
      world.run(world.store.checkpoint())
      world.append(1, 7...12, bytes: 1_200)
      try world.trim(0, below: 7)
      world.run(world.flushJob())
      world.append(1, 13...18)
      // A second flush names the first file no more.
      world.run(world.flushJob())
      world.run(world.store.spill())
      let durable = world.store.durable
      disk.kill()
      disk.stop(afterChanges: changes)
      let isThrough = (try? world.reopen()) != nil
      let proven = isThrough ? world.store.durable : durable
      end(disk, .power, UInt64(changes))
      try world.reopen()
      #expect(world.store.applied >= proven)
      try world.check("\(changes) changes")
      if isThrough { break }
      stops += 1
    }
    #expect(stops > 5)
  }

  private func fillTwoFiles(_ world: inout StoreWorld) {
    for first in [1, 7] {
      world.append(0, first...first + 5, bytes: 1_200)
      world.run(world.flushJob())
      world.run(world.store.checkpoint())
    }
  }

  /// The older commit names the file that the newer one dropped.
  @Test func aFileIsThereForACommitThatACrashBringsBack() throws {
    var broughtBack = 0
    for seed in UInt64(0)..<20 {
      let disk = SimulatedDisk()
      var world = try StoreWorld(disk, seed: 123)
      fillTwoFiles(&world)
      let durable = world.store.durable
      try world.trim(0, below: 7)
      world.run(world.flushJob())
      // Views and jobs that fail do not hasten it.
      disk.beforeOperation = { (operation) throws(DiskError) in
        if case .sync = operation { throw DiskError(.inputOutput, "the device is gone") }
      }
      #expect(world.run(world.store.checkpoint())?.kind == .syncFailed)
      disk.beforeOperation = nil
      #expect(world.rowFiles == [1, 2])
      end(disk, .power, seed)
      try world.reopen()
      if world.store.applied == durable { broughtBack += 1 }
      try world.check("seed \(seed)")
    }
    #expect(broughtBack > 0)
  }

  /// Without space nothing is proven durable, so that the commit before may come back and with it the file it names.
  @Test func aStartOnAFullDiskRemovesNoFileThatMayBeNeeded() throws {
    for seed in UInt64(0)..<40 {
      let disk = SimulatedDisk()
      var world = try StoreWorld(disk, seed: 124)
      fillTwoFiles(&world)
      // Enough for the database to grow.
      for number in 0..<40 { world.store.put([3, UInt8(number)], [UInt8](repeating: 1, count: 400)) }
      world.end(world.rows.merging((0..<40).map { ([3, UInt8($0)], [UInt8](repeating: 1, count: 400)) }) { $1 })
      try world.trim(0, below: 7)
      world.run(world.flushJob())
      disk.kill()
      disk.bytesLimit = disk.bytesUsed
      try world.reopen()
      #expect(world.store.durable == .zero)
      try world.check()
      disk.bytesLimit = nil
      end(disk, .power, seed)
      try world.reopen()
      try world.check("seed \(seed)")
    }
  }
}
