import Environment
import Raft
import SimulatedDisk
import Testing

@testable import Store

@Suite struct AppendedTests {
  /// Two files of five rows each, durable, and the sixth to tenth rows in the second.
  private func world(_ disk: SimulatedDisk = SimulatedDisk()) throws -> StoreWorld {
    var world = try StoreWorld(disk, seed: 101)
    for first in [1, 6] {
      world.append(0, first...first + 4, bytes: 1_500)
      #expect(world.run(world.flushJob()) == nil)
      #expect(world.run(world.store.checkpoint()) == nil)
    }
    #expect(world.rowFiles == [1, 2])
    return world
  }

  private func settle(_ world: inout StoreWorld) {
    for _ in 0..<2 {
      world.append(2, world.history.count...world.history.count, bytes: 10)
      #expect(world.run(world.flushJob()) == nil)
      #expect(world.run(world.store.checkpoint()) == nil)
    }
  }

  @Test func aSpillFreesMemoryAndCommitsNothing() throws {
    let disk = SimulatedDisk()
    var world = try StoreWorld(disk, seed: 1)
    world.append(0, 1...20)
    world.append(1, 21...30)
    #expect(world.store.appendedBytes > 30_000 && world.store.overlayBytes > 30_000)
    let syncs = disk.counters.syncs
    let spill = world.store.spill()
    #expect(world.store.appendedBytes == 0 && world.store.overlayBytes > 30_000)
    #expect(world.store.spill() == nil && world.flushJob() == nil)
    #expect(world.run(spill) == nil)
    #expect(world.store.overlayBytes == 0)
    #expect(world.store.spill() == nil)
    #expect(disk.counters.syncs == syncs)
    #expect(world.store.flushed == .zero)
    try world.check()
    disk.kill()
    try world.reopen()
    #expect(world.rows.isEmpty)
    try world.check()
  }

  @Test func rowsThatGoBeforeTheyAreWrittenReachNoFile() throws {
    var world = try StoreWorld(SimulatedDisk(), seed: 2)
    world.append(0, 1...20)
    try world.trim(0, below: 21)
    #expect(world.store.spill() == nil)
    #expect(world.run(world.flushJob()) == nil)
    #expect(world.rowFiles.isEmpty)
    try world.check()
  }

  @Test(arguments: [StoreJob.Kind.spill, .flush])
  func rowsThatGoWhileAJobWritesThemAreGone(kind: StoreJob.Kind) throws {
    var world = try StoreWorld(SimulatedDisk(), seed: 3)
    world.append(0, 1...20)
    world.append(1, 21...30)
    let job = kind == .spill ? world.store.spill() : world.flushJob()
    try world.trim(0, below: 21)
    try world.trim(1, below: 25)
    try world.check()
    #expect(world.run(job) == nil)
    try world.check()
    settle(&world)
    try world.check()
    try world.reopen()
    try world.check()
  }

  @Test func aFileWithoutRowsIsRemovedOnceItsFlushIsDurable() throws {
    let disk = SimulatedDisk()
    var world = try world(disk)
    try world.trim(0, below: 6)
    #expect(world.run(world.flushJob()) == nil)
    #expect(world.rowFiles == [1, 2])
    // The checkpoint that makes the flush durable begins before it is.
    #expect(world.run(world.store.checkpoint()) == nil)
    #expect(world.rowFiles == [1, 2])
    settle(&world)
    #expect(world.rowFiles.first == 2)
    try world.check()
    try world.reopen()
    try world.check()
  }

  @Test func aFileThatAViewReadsStays() throws {
    var world = try world()
    // The connection that it leaves behind holds on to nothing.
    try world.store.view().close()
    let view = try world.store.view()
    let rows = world.rows
    try world.trim(0, below: 11)
    settle(&world)
    settle(&world)
    #expect(world.rowFiles.starts(with: [1, 2]))
    #expect(try world.all { try view.scan(from: [], to: nil, reverse: $0, $1) } == rows)
    for (key, value) in rows { #expect(try view.get(key) == value) }
    view.close()
    settle(&world)
    #expect(!world.rowFiles.contains(1))
    try world.check()
  }

  @Test func aStrandIsRemovedAsAWhole() throws {
    var world = try world()
    world.append(1, 11...15)
    #expect(world.run(world.store.spill()) == nil)
    world.append(0, 16...20)
    world.append(1, 21...25)
    let (from, to): ([UInt8], [UInt8]) = ([0xFE, 0], [0xFE, 1])
    #expect(world.run(world.store.deleteRange(from: from, to: to)) == nil)
    world.history[world.history.count - 1] = world.rows.filter { $0.key[1] != 0 }
    try world.check()
    settle(&world)
    settle(&world)
    #expect(!world.rowFiles.contains(1))
    try world.check()
    try world.reopen()
    try world.check()
  }

  /// The removal is not in the log: a crash may bring rows back, and another removal takes them.
  @Test func aStrandThatACrashBroughtBackIsRemovedAgain() throws {
    let disk = SimulatedDisk()
    var world = try world(disk)
    let rows = world.rows
    #expect(world.run(world.store.deleteRange(from: [0xFE, 0], to: [0xFE, 1])) == nil)
    try #require(try world.all { try world.store.scan(from: [], to: nil, reverse: $0, $1) }.isEmpty)
    disk.crash(&world.random)
    try world.reopen()
    #expect(world.rows == rows)
    try world.check()
    #expect(world.run(world.store.deleteRange(from: [0xFE, 0], to: [0xFE, 1])) == nil)
    world.history[world.history.count - 1] = [:]
    settle(&world)
    disk.crash(&world.random)
    try world.reopen()
    try world.check()
  }

  /// What a job writes would be there again after it.
  @Test func aStrandIsNotRemovedWhileRowsAreWritten() throws {
    var world = try StoreWorld(SimulatedDisk(), seed: 4)
    world.append(0, 1...5)
    for job in [world.store.spill(), world.flushJob()] where job != nil {
      #expect(world.store.deleteRange(from: [0xFE, 0], to: [0xFE, 1]) == nil)
      let other = world.store.deleteRange(from: [1], to: [2])
      #expect(other != nil)
      world.run(other)
      world.run(job)
    }
    #expect(world.run(world.store.deleteRange(from: [0xFE, 0], to: [0xFE, 1])) == nil)
    world.history[world.history.count - 1] = [:]
    try world.check()
  }

  @Test func rowsCarryOnInTheirFileAfterARestart() throws {
    var world = try StoreWorld(SimulatedDisk(), seed: 5)
    for number in 1...40 {
      world.append(UInt8(number % 3), number...number, bytes: 700)
      #expect(world.run(world.flushJob()) == nil)
      if number % 4 == 0 { try world.reopen() }
      try world.check()
    }
    #expect(world.rowFiles == [1, 2, 3, 4, 5])
  }

  @Test func chunksOfASnapshotCarryThem() throws {
    var leader = try world()
    leader.append(1, 11...14)
    #expect(leader.run(leader.store.spill()) == nil)
    leader.append(2, 15...18)
    try leader.trim(0, below: 4)
    let snapshot = try TestSnapshot(of: &leader, bytesMax: 3_000)
    #expect(snapshot.chunks.count > 3)
    for appended in [StoreWorld.appended, nil] {
      var follower = try StoreWorld(SimulatedDisk(), seed: 6, appended: appended)
      follower.queued = leader.queued
      try snapshot.install(beside: follower.store)
      try follower.open(snapshot)
      #expect(follower.rowFiles.isEmpty == (appended == nil))
      try follower.check()
      try follower.trim(0, below: 9)
      try follower.check()
      settle(&follower)
      try follower.reopen()
      try follower.check()
    }
  }
}
