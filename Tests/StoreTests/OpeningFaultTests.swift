import Environment
import SimulatedDisk
import Testing

@testable import Store

@Suite struct OpeningFaultTests {
  /// A call that fails while a store opens is no damage, and the store never passes for a new one: the next opening finds
  /// everything.
  @Test(arguments: DiskFault.allCases) func everyCallOfAnOpeningFailsOnce(fault: DiskFault) throws {
    let disk = SimulatedDisk()
    var world = try StoreWorld(disk, seed: 81)
    world.apply(60)
    world.run(world.flushJob())
    world.run(world.store.checkpoint())
    world.apply(20)
    world.run(world.flushJob())
    disk.kill()
    var failures = 0
    for number in 1... {
      let copy = disk.copy()
      copy.failOperation(number, with: fault)
      var again = world
      do {
        try again.reopen(on: copy)
        try again.check("call \(number)")
      } catch let error as StoreError {
        failures += 1
        #expect(!error.isDamage, "call \(number): \(error)")
      }
      let isPast = copy.counters.operations < number
      again = world
      if number % 2 == 0 {
        copy.kill()
        try again.reopen(on: copy)
        #expect(again.store.applied == world.store.applied, "call \(number)")
      } else {
        copy.crash(&again.random)
        try again.reopen(on: copy)
        #expect(again.store.applied >= world.store.durable, "call \(number)")
      }
      try again.check("call \(number)")
      if isPast { break }
    }
    // Only a checkpoint writes while a store opens, and without space for it the store opens all the same.
    #expect(failures > 3 || fault == .shortWriteNoSpace)
  }
}
