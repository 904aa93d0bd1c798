import Environment
import Raft
import SimulatedDisk
import Testing

@testable import Store

/// A checkpoint moved everything into the database and left its log; a bit of that log flips at rest, and SQLite recovers
/// an older state: the pages of the log that it still believes in, over a newer database.
@Suite struct LogDamageTests {
  private static let log = "\(StoreWorld.directory)/shard.1.db-wal"
  private static let rows = 250

  /// Deep enough, and updates so few, that the top of the tree is the same in both states.
  private func checkpointed(_ disk: SimulatedDisk, seed: UInt64) throws -> StoreWorld {
    var world = try StoreWorld(disk, seed: seed)
    for number in 0..<Self.rows { update(&world, [number]) }
    world.run(world.flushJob())
    world.run(world.store.checkpoint())
    disk.kill()
    try world.reopen()
    for _ in 0..<5 {
      for _ in 0..<2 { update(&world, [Int(world.random.below(UInt64(Self.rows)))]) }
      world.run(world.flushJob())
    }
    world.run(world.store.checkpoint())
    #expect(world.store.durable == world.store.applied)
    disk.kill()
    return world
  }

  /// A value never takes a page of its own, and seldom moves others to another page.
  private func update(_ world: inout StoreWorld, _ numbers: [Int]) {
    var rows = world.rows
    for number in numbers {
      let key = [UInt8(number >> 8), UInt8(number & 0xFF)]
      let value = [UInt8](
        repeating: UInt8(truncatingIfNeeded: world.random.next()), count: 500 + Int(world.random.below(400)))
      world.store.put(key, value)
      rows[key] = value
    }
    world.history.append(rows)
    world.store.advance(to: world.position(UInt64(world.history.count - 1)))
  }

  /// The replica's log gives again what the store forgot, in steps of its own: the number of commits soon is that of the
  /// newer pages, and says nothing about them any more.
  @Test func aMixtureOfTwoStatesIsNeverTakenForOne() throws {
    var found = 0
    var harmless = 0
    for seed in UInt64(0)..<6 {
      let disk = SimulatedDisk()
      let world = try checkpointed(disk, seed: seed)
      for offset in stride(from: 8, to: disk.content(Self.log)!.count, by: 4_120) {
        let copy = disk.copy()
        copy.flipBit(offset % 8, of: Self.log, at: offset)
        if try isFound(world, on: copy, "seed \(seed), byte \(offset)") { found += 1 } else { harmless += 1 }
      }
    }
    #expect(found > 10 && harmless > 0)
  }

  private func isFound(_ world: StoreWorld, on disk: SimulatedDisk, _ when: String) throws -> Bool {
    let history = world.history
    var world = world
    do {
      try world.reopen(on: disk)
      for index in world.history.count..<history.count {
        for (key, value) in history[index] where history[index - 1][key] != value { world.store.put(key, value) }
        world.store.advance(to: world.position(UInt64(index)))
        if let error = world.run(world.flushJob()) { throw error }
      }
      let rows = try world.all { try world.store.scan(from: [], to: nil, reverse: $0, $1) }
      #expect(rows == history[history.count - 1], "\(when)")
      return false
    } catch let error as StoreError {
      #expect(error.isDamage, "\(when): \(error)")
      return true
    }
  }
}
