import Environment
import Raft
import SimulatedDisk
import Testing

@testable import Store

@Suite struct SpaceTests {
  /// The disk is full at every point of a flush: it fails as a whole, and succeeds once there is room.
  @Test func aFlushOnAFullDiskFailsAndWorksLater() throws {
    let disk = SimulatedDisk()
    var world = try StoreWorld(disk, seed: 61)
    world.apply(40)
    world.run(world.flushJob())
    world.run(world.store.checkpoint())
    world.apply(30)
    let flushed = world.store.flushed
    var failures = 0
    disk.bytesLimit = disk.bytesUsed
    while let error = world.run(world.flushJob()) {
      #expect(error.kind == .noSpace)
      #expect(error.disk?.isNoSpace == true)
      #expect(world.store.flushed == flushed)
      failures += 1
      world.apply(1)
      try world.check()
      disk.bytesLimit! += 3_000
    }
    #expect(failures > 3)
    #expect(world.store.flushed > flushed)
    disk.bytesLimit = nil
    #expect(world.run(world.flushJob()) == nil)
    #expect(world.run(world.store.checkpoint()) == nil)
    #expect(world.store.durable == world.store.applied)
    try world.check()
    disk.crash(&world.random)
    try world.reopen()
    try world.check()
  }

  @Test func aCheckpointOnAFullDiskFailsAndWorksLater() throws {
    let disk = SimulatedDisk()
    var world = try StoreWorld(disk, seed: 62)
    world.apply(80)
    world.run(world.flushJob())
    disk.bytesLimit = disk.bytesUsed
    #expect(world.run(world.store.checkpoint())?.kind == .noSpace)
    #expect(world.store.durable == .zero)
    try world.check()
    disk.bytesLimit = nil
    #expect(world.run(world.store.checkpoint()) == nil)
    #expect(world.store.durable == world.store.applied)
    try world.check()
  }

  @Test func aStoreOpensOnAFullDiskAndClaimsNothing() throws {
    let disk = SimulatedDisk()
    var world = try StoreWorld(disk, seed: 63)
    world.apply(80)
    world.run(world.flushJob())
    disk.kill()
    disk.bytesLimit = disk.bytesUsed
    try world.reopen()
    #expect(world.store.durable == .zero)
    try world.check()
    disk.bytesLimit = nil
    #expect(world.run(world.store.checkpoint()) == nil)
    #expect(world.store.durable == world.store.flushed)
  }

  @Test func aReadErrorIsReportedWithTheDisksOwnReason() throws {
    let disk = SimulatedDisk()
    var world = try StoreWorld(disk, seed: 64)
    world.apply(80)
    world.run(world.flushJob())
    disk.beforeOperation = { (operation) throws(DiskError) in
      if case .read = operation { throw DiskError(.inputOutput, "sector 7 is unreadable") }
    }
    let key = world.rows.keys.first!
    #expect { try world.store.get(key) } throws: { error in
      (error as? StoreError)?.kind == .inputOutput && "\(error)".contains("sector 7 is unreadable")
    }
    disk.beforeOperation = nil
    try world.check()
  }
}
