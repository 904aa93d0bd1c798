import Environment
import SimulatedDisk
import Testing

@testable import Store

@Suite struct DamageTests {
  private static let database = "\(StoreWorld.directory)/shard.1.db"
  private static let log = "\(StoreWorld.directory)/shard.1.db-wal"
  private static let offsets = [0, 7, 17, 21, 30, 99, 105, 900, 2_500, 4_086, 4_088, 4_095]

  private func world(_ disk: SimulatedDisk) throws -> StoreWorld {
    var world = try StoreWorld(disk, seed: 51)
    world.apply(120)
    world.run(world.flushJob())
    return world
  }

  /// A store whose log is empty: what is damaged now cannot be written anew from there.
  private func closedWorld(_ disk: SimulatedDisk) throws -> StoreWorld {
    var world = try world(disk)
    world.run(world.store.checkpoint())
    world.store.close()
    try world.reopen()
    world.store.close()
    return world
  }

  /// Whether damage was found; otherwise every answer is the right one.
  private func isFound(_ world: StoreWorld) throws -> Bool {
    do {
      var rows: Rows = [:]
      try world.store.scan(from: [], to: nil) { key, value in
        rows[key] = value
        return .proceed
      }
      #expect(rows == world.rows)
      for (key, value) in world.rows { #expect(try world.store.get(key) == value) }
      return false
    } catch let error as StoreError {
      #expect(error.isDamage, "\(error)")
      return true
    }
  }

  private func reopenedIsFound(_ world: StoreWorld, on disk: SimulatedDisk) throws -> Bool {
    var world = world
    do {
      try world.reopen(on: disk)
    } catch let error as StoreError {
      #expect(error.isDamage, "\(error)")
      return true
    }
    return try isFound(world)
  }

  @Test func aFlippedBitInAnyPageOfTheDatabaseIsFound() throws {
    let disk = SimulatedDisk()
    let world = try closedWorld(disk)
    let pages = disk.content(Self.database)!.count / 4096
    #expect(pages > 20)
    var harmless = 0
    for page in 0..<pages {
      for (index, offset) in Self.offsets.enumerated() {
        let copy = disk.copy()
        copy.flipBit(index % 8, of: Self.database, at: page * 4096 + offset)
        if try !reopenedIsFound(world, on: copy) { harmless += 1 }
      }
    }
    // Every page of a database that only grew is in use.
    #expect(harmless == 0)
  }

  /// As a checkpoint leaves it that broke off: any page may be torn, page 1 too, and the log has them all.
  @Test func aDamagedPageUnderAnIntactLogIsWrittenAnew() throws {
    let disk = SimulatedDisk()
    let world = try world(disk)
    world.run(world.store.checkpoint())
    world.store.close()
    for page in 0..<disk.content(Self.database)!.count / 4096 {
      let copy = disk.copy()
      copy.flipBit(page % 8, of: Self.database, at: page * 4096 + 20)
      #expect(try !reopenedIsFound(world, on: copy))
      // It was: the log is empty now.
      #expect(try !reopenedIsFound(world, on: copy))
    }
  }

  @Test func aDamagedPageIsNamed() throws {
    let disk = SimulatedDisk()
    let world = try closedWorld(disk)
    let last = disk.content(Self.database)!.count / 4096
    disk.flipBit(3, of: Self.database, at: (last - 1) * 4096 + 50)
    var again = world
    // The last page is looked at when the store opens, for rows of queues.
    #expect {
      try again.reopen()
      try again.store.scan(from: [], to: nil) { _, _ in .proceed }
    } throws: {
      ($0 as? StoreError)?.kind == .damaged(page: UInt32(last))
    }
  }

  @Test func aPageFromAnotherPlaceIsFound() throws {
    let disk = SimulatedDisk()
    let world = try closedWorld(disk)
    let content = disk.content(Self.database)!
    let file = try disk.open(Self.database, create: false)
    try Array(content[8192..<12288]).withUnsafeBytes { try file.write($0, at: 16384) }
    #expect(try reopenedIsFound(world, on: disk))
  }

  @Test func aShortenedDatabaseIsFound() throws {
    let disk = SimulatedDisk()
    let world = try closedWorld(disk)
    let pages = disk.content(Self.database)!.count / 4096
    for kept in [0, 1, pages / 2, pages - 1] {
      let copy = disk.copy()
      try copy.open(Self.database, create: false).truncate(to: UInt64(kept * 4096))
      #expect(try reopenedIsFound(world, on: copy), "\(kept) pages of \(pages)")
    }
  }

  @Test func aMissingOrDamagedNameOfTheLiveFileIsFound() throws {
    let disk = SimulatedDisk()
    let world = try closedWorld(disk)
    for offset in 0..<30 {
      let copy = disk.copy()
      copy.flipBit(2, of: "\(StoreWorld.directory)/CURRENT", at: offset)
      #expect(try reopenedIsFound(world, on: copy))
    }
    try disk.remove(Self.database)
    #expect(try reopenedIsFound(world, on: disk))
  }

  /// Frames of a log that no checkpoint covered may be lost to a flipped bit: then an older whole state appears.
  @Test func aFlippedBitInTheLogAtRestartNeverGivesAWrongAnswer() throws {
    let disk = SimulatedDisk()
    var world = try world(disk)
    world.run(world.store.checkpoint())
    let durable = world.store.durable
    for _ in 0..<3 {
      world.apply(15)
      world.run(world.flushJob())
    }
    disk.kill()
    for offset in stride(from: 0, to: disk.content(Self.log)!.count, by: 517) {
      let copy = disk.copy()
      copy.flipBit(offset % 8, of: Self.log, at: offset)
      var again = world
      try again.reopen(on: copy)
      #expect(again.store.applied >= durable)
      #expect(try !isFound(again))
    }
  }

  @Test func aFlippedBitInTheLogOfAnOpenStoreIsFound() throws {
    var found = 0
    for step in 0..<40 {
      let disk = SimulatedDisk()
      var world = try world(disk)
      world.apply(15)
      world.run(world.flushJob())
      let bytes = disk.content(Self.log)!.count
      disk.flipBit(step % 8, of: Self.log, at: bytes * step / 40)
      if try isFound(world) { found += 1 }
      if let error = world.run(world.store.checkpoint()) { #expect(error.isDamage) }
    }
    #expect(found > 20)
  }

  /// A checkpoint broke off among its page writes; the log that would complete it is damaged. What remains is a mixture
  /// of two states, which page checksums alone cannot see.
  @Test func aBrokenOffCheckpointWithADamagedLogIsFoundOrHarmless() throws {
    var found = 0
    for changes in stride(from: 2, to: 40, by: 5) {
      let disk = SimulatedDisk()
      var world = try world(disk)
      world.run(world.store.checkpoint())
      for _ in 0..<3 {
        world.apply(15)
        world.run(world.flushJob())
      }
      disk.stop(afterChanges: changes)
      world.run(world.store.checkpoint())
      disk.kill()
      for offset in stride(from: 100, to: disk.content(Self.log)!.count, by: 4120 * 3) {
        let copy = disk.copy()
        copy.flipBit(5, of: Self.log, at: offset)
        if try reopenedIsFound(world, on: copy) { found += 1 }
      }
    }
    #expect(found > 10)
  }
}
