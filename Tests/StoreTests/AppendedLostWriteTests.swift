import Environment
import SimulatedDisk
import Testing

@testable import Store

/// Writes that a disk reports as done and never does.
@Suite struct AppendedLostWriteTests {
  private func lose(_ disk: SimulatedDisk) {
    disk.hazard = DiskHazard(.lostWrites, chance: 10_000, seed: 1) { path, _ in path.contains("-rows-") }
  }

  @Test func aLostBlockIsFound() throws {
    let disk = SimulatedDisk()
    var world = try StoreWorld(disk, seed: 141)
    world.append(0, 1...4)
    lose(disk)
    #expect(world.run(world.flushJob()) == nil)
    disk.hazard = nil
    #expect(isDamage { _ = try world.store.get(StoreWorld.queueKey(0, 2)) })
    #expect(isDamage { try world.store.scan(from: [], to: nil, reverse: true) { _, _ in .proceed } })
    disk.kill()
    #expect(isDamage { try world.reopen() })
  }

  /// A block of the same length stands there, of entries that the log brought back otherwise.
  @Test func whatStoodThereBeforeIsNotTakenForALostBlock() throws {
    let disk = SimulatedDisk()
    var world = try StoreWorld(disk, seed: 142)
    world.append(0, 1...2)
    #expect(world.run(world.flushJob()) == nil)
    world.append(0, 3...4)
    #expect(world.run(world.store.spill()) == nil)
    disk.kill()
    try world.reopen()
    for number in 3...4 {
      var rows = world.rows
      world.put(StoreWorld.queueKey(0, number), [UInt8](repeating: 99, count: 1_000), &rows)
      world.end(rows)
    }
    lose(disk)
    #expect(world.run(world.flushJob()) == nil)
    disk.hazard = nil
    #expect(try world.store.get(StoreWorld.queueKey(0, 2)) == world.rows[StoreWorld.queueKey(0, 2)])
    #expect(isDamage { _ = try world.store.get(StoreWorld.queueKey(0, 3)) })
    disk.kill()
    #expect(isDamage { try world.reopen() })
  }
}
