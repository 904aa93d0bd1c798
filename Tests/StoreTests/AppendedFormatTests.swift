import Environment
import SimulatedDisk
import Testing

@testable import Store

/// What a start finds, and what it makes of it.
@Suite struct AppendedFormatTests {
  private func meta(_ name: String, _ store: ShardStore) throws -> [UInt8]? {
    let statement = try Statement(
      store.openReader.reader.connection, "SELECT value FROM meta WHERE name='\(name)'")
    defer { statement.reset() }
    // SQLITE_ROW
    return statement.step() == 100 ? [UInt8](copying: statement.column(0)) : nil
  }

  private func flushed(_ appended: AppendedKeys?, rows: Int) throws -> ShardStore {
    var world = try StoreWorld(SimulatedDisk(), seed: 111, appended: appended)
    if rows > 0 { world.append(0, 1...rows) }
    world.store.put([1], [2])
    world.end(world.rows.merging([[1]: [2]]) { $1 })
    #expect(world.run(world.flushJob()) == nil)
    return world.store
  }

  @Test func onlyAStoreWithRowsBesideItHasTheNewFormat() throws {
    let without = try flushed(StoreWorld.appended, rows: 0)
    #expect(try meta("format", without) == [0, 1])
    #expect(try meta("appended", without) == nil)
    let keyed = try flushed(nil, rows: 3)
    #expect(try meta("format", keyed) == [0, 1])
    #expect(try meta("appended", keyed) == nil)
    let with = try flushed(StoreWorld.appended, rows: 3)
    #expect(try meta("format", with) == [0, 2])
    let manifest = try AppendedManifest(try #require(try meta("appended", with)))
    #expect(manifest.files.map(\.number) == [1] && manifest.nextFile == 2)
    let size = (with.disk as! SimulatedDisk).content("\(with.path)-rows-1")!.count
    #expect(manifest.files[0].end == UInt64(size))
  }

  @Test(arguments: [true, false]) func rowsThatAnEarlierConfigurationPutIntoTheDatabaseAreKept(isSpilt: Bool) throws {
    let disk = SimulatedDisk()
    var world = try StoreWorld(disk, seed: 112, appended: nil)
    world.append(0, 1...10)
    world.append(2, 11...15)
    #expect(world.run(world.flushJob()) == nil)
    #expect(world.rowFiles.isEmpty)
    world.store.close()
    world.configuration.appended = StoreWorld.appended
    try world.reopen()
    try world.check("before any other")
    world.append(0, 16...20)
    world.append(1, 21...25)
    if isSpilt { #expect(world.run(world.store.spill()) == nil) }
    try world.check("merged")
    let view = try world.store.view()
    let rows = world.rows
    // In the midst of those in the database, and of those beside it.
    for (strand, number) in [(UInt8(0), 5), (2, 14), (0, 18), (1, 23)] {
      try world.trim(strand, below: number)
      try world.check("strand \(strand) trimmed below \(number)")
    }
    #expect(world.run(world.flushJob()) == nil)
    try world.check("flushed")
    #expect(try world.all { try view.scan(from: [], to: nil, reverse: $0, $1) } == rows)
    view.close()
    #expect(world.run(world.store.checkpoint()) == nil)
    disk.crash(&world.random)
    try world.reopen()
    try world.check("opened again")
  }

  @Test func aStrandInTheDatabaseIsRemovedWithWhatLiesBesideIt() throws {
    var world = try StoreWorld(SimulatedDisk(), seed: 113, appended: nil)
    world.append(0, 1...30, bytes: 50)
    #expect(world.run(world.flushJob()) == nil)
    world.configuration.appended = StoreWorld.appended
    world.store.close()
    try world.reopen()
    world.append(0, 31...35)
    world.append(1, 36...40)
    #expect(world.run(world.flushJob()) == nil)
    var jobs = 0
    while let job = world.store.deleteRange(from: [0xFE, 0], to: [0xFE, 1]) {
      #expect(world.run(job) == nil)
      jobs += 1
      if !job.hasMore { break }
    }
    #expect(jobs == 2)
    world.history[world.history.count - 1] = world.rows.filter { $0.key[1] != 0 }
    try world.check()
  }

  /// Three files, durable, the last of two blocks.
  private func closedWorld(_ disk: SimulatedDisk) throws -> StoreWorld {
    var world = try StoreWorld(disk, seed: 114)
    for first in [1, 6, 11, 13] {
      world.append(0, first...first + (first > 10 ? 1 : 4), bytes: 1_500)
      #expect(world.run(world.flushJob()) == nil)
    }
    #expect(world.run(world.store.checkpoint()) == nil)
    #expect(world.rowFiles == [1, 2, 3])
    world.store.close()
    return world
  }

  private func isDamagedAtOpen(_ world: StoreWorld, on disk: SimulatedDisk) -> Bool {
    var world = world
    do {
      try world.reopen(on: disk)
      return false
    } catch {
      return (error as? StoreError)?.isDamage == true
    }
  }

  @Test func aMissingFileIsFoundAtOpen() throws {
    let disk = SimulatedDisk()
    let world = try closedWorld(disk)
    #expect(!isDamagedAtOpen(world, on: disk.copy()))
    for number in 1...3 {
      let copy = disk.copy()
      try copy.remove(world.rowFile(number))
      #expect(isDamagedAtOpen(world, on: copy))
    }
  }

  /// Where only the rows of the last block are cut, whoever reads them finds it.
  @Test func aShortenedFileIsFound() throws {
    let disk = SimulatedDisk()
    let world = try closedWorld(disk)
    for number in 1...3 {
      let bytes = disk.content(world.rowFile(number))!.count
      for left in [0, 1, 10, 17, 30, bytes / 2, bytes - 1] {
        let copy = disk.copy()
        copy.cut(world.rowFile(number), to: left)
        if isDamagedAtOpen(world, on: copy.copy()) { continue }
        #expect(left > 20, "The head of the first block is gone.")
        var opened = world
        try opened.reopen(on: copy)
        #expect { try opened.store.scan(from: [], to: nil) { _, _ in .proceed } } throws: {
          ($0 as? StoreError)?.isDamage == true
        }
      }
    }
  }

  @Test func aFileCutBehindItsFirstBlockIsFoundAtOpen() throws {
    let disk = SimulatedDisk()
    let world = try closedWorld(disk)
    // Of two blocks of one size.
    disk.cut(world.rowFile(3), to: disk.content(world.rowFile(3))!.count / 2)
    #expect(isDamagedAtOpen(world, on: disk))
  }

  @Test func filesThatNoManifestNamesAreRemovedAtOpen() throws {
    let disk = SimulatedDisk()
    var world = try closedWorld(disk)
    try world.reopen()
    world.append(1, 15...40)
    #expect(world.run(world.store.spill()) == nil)
    world.append(2, 41...45)
    #expect(world.run(world.store.spill()) == nil)
    #expect(world.rowFiles.count > 3)
    disk.kill()
    for name in ["shard.1.db-rows-99", "shard.7.db-rows-1"] {
      _ = try disk.open("\(StoreWorld.directory)/\(name)", create: true)
    }
    try world.reopen()
    #expect(world.rowFiles == [1, 2, 3])
    #expect(!disk.paths.contains { $0.contains("shard.7") })
    try world.check()
  }
}
