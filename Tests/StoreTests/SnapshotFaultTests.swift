import Environment
import Raft
import SimulatedDisk
import Testing

@testable import Store

@Suite struct SnapshotFaultTests {
  enum Fate: CaseIterable { case power, kill }

  private func snapshot() throws -> TestSnapshot {
    var leader = try StoreWorld(SimulatedDisk(), seed: 81)
    leader.keyCount = 25
    leader.valueBytesMax = 600
    leader.apply(25)
    leader.run(leader.flushJob())
    return try TestSnapshot(of: &leader, bytesMax: 2_500)
  }

  private func follower(_ disk: SimulatedDisk) throws -> StoreWorld {
    var follower = try StoreWorld(disk, seed: 82)
    follower.keyCount = 25
    follower.valueBytesMax = 600
    follower.apply(12)
    follower.run(follower.flushJob())
    follower.run(follower.store.checkpoint())
    return follower
  }

  /// Stops the machine after 0, 1, 2… changes of a switch until it gets through.
  @Test(arguments: Fate.allCases) func everyPointOfASwitchLeavesTheWholeOldStoreOrTheWholeNewOne(fate: Fate) throws {
    let snapshot = try snapshot()
    #expect(snapshot.chunks.count > 2)
    var found = (old: 0, new: 0)
    for changes in 0..<100_000 {
      var isThrough = false
      for seed in UInt64(0)..<2 {
        let disk = SimulatedDisk()
        var world = try follower(disk)
        disk.stop(afterChanges: changes)
        isThrough = (try? snapshot.install(beside: world.store)) != nil
        end(disk, fate, seed)
        let isNew = try check(&world, snapshot, "\(changes) changes, \(fate), seed \(seed)")
        if fate == .kill {
          end(disk, .power, seed)
          let isNewAfterwards = try check(&world, snapshot, "\(changes) changes, \(fate), then power")
          #expect(isNewAfterwards == isNew, "What a restart finds outlives the power cut that follows.")
        }
        // Life goes on with the old store too.
        if !isNew && changes % 5 == 0 {
          try snapshot.install(beside: world.store)
          try world.open(snapshot)
          try world.check()
        }
        #expect(isNew || !isThrough)
        if isNew { found.new += 1 } else { found.old += 1 }
      }
      if isThrough { break }
    }
    #expect(found.old > 30 && found.new > 0)
  }

  /// What a restart finds, which is whole; true where it is the new store.
  private func check(_ world: inout StoreWorld, _ snapshot: TestSnapshot, _ comment: Comment) throws -> Bool {
    let opened = try ShardStore.open(
      disk: world.disk, directory: StoreWorld.directory, configuration: StoreWorld.configuration)
    let isNew = opened.installedSnapshot != nil
    opened.close()
    if isNew { try world.open(snapshot) } else { try world.reopen() }
    #expect(world.store.applied.index == (isNew ? snapshot.position.index : 12))
    try world.check(comment)
    return isNew
  }

  private func end(_ disk: SimulatedDisk, _ fate: Fate, _ seed: UInt64) {
    var random = SeededRandom(seed: seed << 32 | UInt64(disk.counters.operations))
    if fate == .power { disk.crash(&random) } else { disk.kill() }
  }

  @Test(arguments: Fate.allCases) func everyPointOfAnErasureLeavesTheWholeStoreOrNone(fate: Fate) throws {
    for changes in 0..<1_000 {
      let disk = SimulatedDisk()
      var world = try follower(disk)
      disk.stop(afterChanges: changes)
      let isThrough = (try? ShardStore.erase(disk: disk, directory: StoreWorld.directory)) != nil
      end(disk, fate, UInt64(changes))
      let opened = try ShardStore.open(
        disk: disk, directory: StoreWorld.directory, configuration: StoreWorld.configuration)
      if opened.isNew {
        #expect(opened.applied == .zero)
      } else {
        #expect(!isThrough)
        opened.close()
        try world.reopen()
        #expect(world.store.applied.index == 12)
        try world.check()
      }
      if isThrough {
        #expect(changes > 3)
        break
      }
    }
  }

  /// Disks of every size between full and large enough: each step may be the one that finds no room.
  @Test func aSwitchOnAFullDiskLeavesTheOldStoreUsable() throws {
    let snapshot = try snapshot()
    let disk = SimulatedDisk()
    var world = try follower(disk)
    let before = lasting(disk)
    var failures = 0
    disk.bytesLimit = disk.bytesUsed
    while let error = failure(of: snapshot, beside: world.store) {
      #expect(error.kind == .noSpace)
      #expect(lasting(disk) == before)
      failures += 1
      disk.bytesLimit = nil
      world.apply(1)
      #expect(world.run(world.flushJob()) == nil)
      #expect(world.run(world.store.checkpoint()) == nil)
      try world.check()
      disk.bytesLimit = disk.bytesUsed + UInt64(failures) * 1_500
    }
    #expect(failures > 20)
    disk.bytesLimit = nil
    try world.open(snapshot)
    try world.check()
  }

  /// Rows beside the old database come and go with its flushes.
  private func lasting(_ disk: SimulatedDisk) -> [String] {
    disk.paths.filter { !$0.hasSuffix("CURRENT.new") && !$0.contains("shard.1.db-rows-") }
  }

  private func failure(of snapshot: TestSnapshot, beside store: ShardStore) -> StoreError? {
    do throws(StoreError) {
      let builder = try snapshot.builder(beside: store)
      do throws(StoreError) {
        for sequence in snapshot.chunks.indices { try builder.add(try! snapshot.chunk(sequence)) }
        try builder.finish(position: snapshot.position, metadata: snapshot.metadata)
        try builder.install()
        return nil
      } catch {
        try! builder.abandon()
        throw error
      }
    } catch {
      return error
    }
  }

  @Test func aFailedSyncOfAnySnapshotStepIsSaid() throws {
    let snapshot = try snapshot()
    var syncs = 0
    for failing in 0..<1_000 {
      let disk = SimulatedDisk()
      let world = try follower(disk)
      syncs = 0
      disk.beforeOperation = { (operation) throws(DiskError) in
        switch operation {
        case .sync, .syncDirectory: break
        default: return
        }
        syncs += 1
        if syncs > failing { throw DiskError(.inputOutput, "the device is gone") }
      }
      guard let error = failure(of: snapshot, beside: world.store) else {
        #expect(failing > 4)
        break
      }
      #expect(error.kind == .syncFailed)
    }
  }
}
