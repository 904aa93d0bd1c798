import Environment
import SimulatedDisk
import Testing

@testable import Store

@Suite struct AppendedFaultTests {
  /// Durable rows, rows that a spill wrote, and some that are in memory.
  private func world(_ disk: SimulatedDisk) throws -> StoreWorld {
    var world = try StoreWorld(disk, seed: 131)
    world.append(0, 1...5)
    #expect(world.run(world.flushJob()) == nil)
    #expect(world.run(world.store.checkpoint()) == nil)
    world.append(1, 6...12)
    #expect(world.run(world.store.spill()) == nil)
    world.append(0, 13...18)
    world.append(2, 19...25)
    try world.trim(0, below: 4)
    return world
  }

  private func job(_ kind: StoreJob.Kind, _ world: StoreWorld) -> StoreJob? {
    kind == .spill ? world.store.spill() : world.flushJob()
  }

  /// All of it is committed, once, and a crash leaves it so.
  private func settle(_ world: inout StoreWorld, _ disk: SimulatedDisk, _ comment: Comment) throws {
    #expect(world.run(world.flushJob()) == nil, comment)
    try world.check(comment)
    #expect(world.run(world.store.checkpoint()) == nil, comment)
    let durable = world.store.durable
    disk.crash(&world.random)
    try world.reopen()
    #expect(world.store.applied == durable, comment)
    try world.check(comment)
  }

  @Test(arguments: [StoreJob.Kind.spill, .flush]) func aFullDiskLeavesEverythingAsItWas(kind: StoreJob.Kind) throws {
    let disk = SimulatedDisk()
    var world = try world(disk)
    let flushed = world.store.flushed
    var failures = 0
    disk.bytesLimit = disk.bytesUsed
    while let error = world.run(job(kind, world)) {
      #expect(error.kind == .noSpace && error.disk?.isNoSpace == true)
      #expect(world.store.flushed == flushed)
      failures += 1
      try #require(failures < 50)
      // More arrives, for the next spill or for the flush after this one.
      world.append(1, 25 + failures...25 + failures, bytes: 500)
      try world.check("\(failures) failures")
      disk.bytesLimit! += 1_500
    }
    #expect(failures > 3)
    disk.bytesLimit = nil
    if kind == .spill { #expect(world.store.overlayBytes == 0) }
    try world.check()
    try settle(&world, disk, "\(kind)")
  }

  /// One operation after the other fails once, the commit's among them. A failed sync is final, all else may be tried again.
  @Test(arguments: [StoreJob.Kind.spill, .flush])
  func afterAnyFailureTheNextJobWritesRowsOnce(kind: StoreJob.Kind) throws {
    var failed = 0
    for number in 1..<1_000 {
      let disk = SimulatedDisk()
      var world = try world(disk)
      let start = disk.counters.operations
      let (flushed, rows) = (world.store.flushed, world.rows)
      disk.failOperation(start + number, with: DiskError(.inputOutput, "operation \(number)"))
      let error = world.run(job(kind, world))
      if error == nil && disk.counters.operations < start + number { break }
      failed += error == nil ? 0 : 1
      if let error { #expect(world.store.flushed == flushed, "\(error)") }
      #expect(world.rows == rows)
      try world.check("operation \(number)")
      if error?.kind == .syncFailed {
        #expect(world.run(job(.flush, world))?.kind == .syncFailed)
        continue
      }
      // More arrives before it is tried again.
      world.append(1, 30...32)
      if world.run(world.flushJob()) != nil { Issue.record("operation \(number) failed for ever") }
      try world.check("operation \(number), tried again")
      try outlivesAKill(world, disk, "operation \(number)")
      try settle(&world, disk, "operation \(number)")
    }
    #expect(failed > 3)
  }

  private func outlivesAKill(_ world: StoreWorld, _ disk: SimulatedDisk, _ comment: Comment) throws {
    let copy = disk.copy()
    copy.kill()
    var killed = world
    try killed.reopen(on: copy)
    #expect(killed.store.applied == world.store.flushed, comment)
    try killed.check(comment)
  }

  /// The flush that is tried again stands for the entry of the first try, with the rows of that time.
  @Test func rowsThatGoAfterAFailedFlushAreInItNonetheless() throws {
    let disk = SimulatedDisk()
    var world = try world(disk)
    let frozen = world.store.applied
    disk.bytesLimit = disk.bytesUsed
    #expect(world.run(world.flushJob())?.kind == .noSpace)
    disk.bytesLimit = nil
    try world.trim(0, below: 16)
    try world.trim(2, below: 23)
    try world.check()
    #expect(world.run(world.flushJob()) == nil)
    #expect(world.store.flushed == frozen)
    try world.check("as of the newest entry")
    disk.kill()
    try world.reopen()
    try world.check("as of the flush")
  }

  /// It would write what the flush is to write again, and later rows before its commit.
  @Test func nothingIsSpiltWhileAFlushIsToBeTriedAgain() throws {
    let disk = SimulatedDisk()
    var world = try world(disk)
    disk.bytesLimit = disk.bytesUsed
    #expect(world.run(world.flushJob())?.kind == .noSpace)
    disk.bytesLimit = nil
    world.append(1, 30...35)
    #expect(world.store.spill() == nil)
    #expect(world.run(world.flushJob()) == nil)
    let spill = world.store.spill()
    #expect(spill != nil)
    #expect(world.run(spill) == nil)
    try world.check()
    try outlivesAKill(world, disk, "with rows that no commit names")
  }

  /// The rows of the failed one go, so that the flush has none to write, but those of the one before are to be synced.
  @Test(arguments: UInt64(1)...8) func anEarlierSpillIsSyncedAfterAFailedOne(seed: UInt64) throws {
    let disk = SimulatedDisk()
    var world = try StoreWorld(disk, seed: seed)
    world.append(0, 1...3)
    #expect(world.run(world.store.spill()) == nil)
    world.append(1, 4...6)
    disk.bytesLimit = disk.bytesUsed
    #expect(world.run(world.store.spill())?.kind == .noSpace)
    disk.bytesLimit = nil
    try world.trim(1, below: 7)
    try settle(&world, disk, "seed \(seed)")
    #expect(world.rows.count == 3)
  }

  @Test func afterAFailedSyncNothingIsClaimedAnyMore() throws {
    let disk = SimulatedDisk()
    var world = try world(disk)
    let (flushed, durable) = (world.store.flushed, world.store.durable)
    disk.beforeOperation = { (operation) throws(DiskError) in
      if case .sync(let path) = operation, path.contains("-rows-") {
        throw DiskError(.inputOutput, "the device is gone")
      }
    }
    let error = world.run(world.flushJob())
    #expect(error?.kind == .syncFailed && error?.disk != nil)
    disk.beforeOperation = nil
    // A second sync would succeed and prove nothing.
    for _ in 0..<2 { #expect(world.run(world.flushJob())?.kind == .syncFailed) }
    #expect(world.store.flushed == flushed && world.store.durable == durable)
    try world.check()
    disk.crash(&world.random)
    try world.reopen()
    #expect(world.store.applied == durable)
    try world.check()
  }

  /// The sync that a full file gets before another follows it.
  @Test func aFailedSyncOfAFullFileIsFinalToo() throws {
    let disk = SimulatedDisk()
    var world = try world(disk)
    #expect(world.run(world.store.spill()) == nil)
    world.append(0, 30...35)
    disk.beforeOperation = { (operation) throws(DiskError) in
      if case .sync = operation { throw DiskError(.inputOutput, "the device is gone") }
    }
    #expect(world.run(world.store.spill())?.kind == .syncFailed)
    disk.beforeOperation = nil
    #expect(world.run(world.store.spill())?.kind == .syncFailed)
    #expect(world.run(world.flushJob())?.kind == .syncFailed)
    try world.check()
  }

  @Test func aReadErrorIsReportedWithTheDisksOwnReason() throws {
    let disk = SimulatedDisk()
    let world = try world(disk)
    disk.beforeOperation = { (operation) throws(DiskError) in
      if case .read(let path, _, _) = operation, path.contains("-rows-") {
        throw DiskError(.inputOutput, "sector 7 is unreadable")
      }
    }
    #expect { try world.store.get(StoreWorld.queueKey(1, 7)) } throws: { error in
      (error as? StoreError)?.kind == .inputOutput && "\(error)".contains("sector 7 is unreadable")
    }
    #expect { try world.store.scan(from: [], to: nil) { _, _ in .proceed } } throws: { error in
      (error as? StoreError)?.kind == .inputOutput && "\(error)".contains("sector 7 is unreadable")
    }
    disk.beforeOperation = nil
    try world.check()
  }
}
