import Environment
import Journal
import Raft
import SimulatedDisk
import Testing

/// A fixed run through everything that the journal does to its files.
private func runScript(_ log: Harness) throws {
  log.append(1, entries(1...4, 1, 400))
  log.save(1, HardState(term: 1, vote: ReplicaID(1), commit: 0))
  try log.write()
  log.append(2, entries(1...3, 1, 100))
  try log.write()
  for round in 0..<4 {
    let index = log.last(1).index
    log.append(1, entries(index + 1...index + 4, 1, 900))
    try log.write()
    if round == 2 { log.append(1, entries(index...index + 1, 2, 50)) }
    log.compact(1, LogPosition(index: index - 1, term: 1))
    try log.write()
  }
  try log.carry(rounds: 2)
  log.compact(2, LogPosition(index: 9, term: 3))
  log.append(2, entries(10...12, 3, 30))
  try log.write()
  log.remove(1)
  try log.write()
}

@Suite struct CrashTests {
  /// Whatever completed is there, nothing else but the one write in flight, and no crash looks like damage.
  @Test(arguments: [UInt64(1), 2, 3]) func aCrashAtEveryChangeKeepsWhatCompleted(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    var count = 0
    var kept = 0
    while true {
      let disk = SimulatedDisk()
      disk.stop(afterChanges: count)
      count += 1
      var log: Harness?
      do {
        log = try Harness(disk, tiny)
        try runScript(log!)
        break
      } catch {}
      disk.crash(&random)
      if try check(disk, log) { kept += 1 }
    }
    #expect(count > 60)
    // Writes whose sync had not returned came back whole, too.
    #expect(kept > 0)
  }

  /// Opening changes files, too: a second crash inside it loses nothing either.
  @Test func aCrashWhileOpeningKeepsWhatCompleted() throws {
    var random = SeededRandom(seed: 4)
    for stop in stride(from: 5, to: 90, by: 3) {
      let disk = SimulatedDisk()
      disk.stop(afterChanges: stop)
      var log: Harness?
      do {
        log = try Harness(disk, tiny)
        try runScript(log!)
      } catch {}
      disk.crash(&random)
      var inner = 0
      while true {
        let again = disk.copy()
        again.stop(afterChanges: inner)
        inner += 1
        if (try? Harness(again, tiny)) != nil { break }
        again.crash(&random)
        _ = try check(again, log)
      }
    }
  }

  /// What a restart returns may be acknowledged, so that it must outlive the power cut that follows.
  @Test func whatARestartReturnsOutlivesAPowerCut() throws {
    var random = SeededRandom(seed: 5)
    var unsynced = 0
    for stop in 0..<120 {
      let disk = SimulatedDisk()
      disk.stop(afterChanges: stop)
      var log: Harness?
      do {
        log = try Harness(disk, tiny)
        try runScript(log!)
      } catch {}
      disk.kill()
      let restarted = try Harness(disk, tiny)
      #expect(restarted.recovery.damage == nil)
      if let log, restarted.model != log.durable.normalised { unsynced += 1 }
      disk.crash(&random)
      let after = try Harness(disk, tiny)
      #expect(after.recovery.damage == nil)
      #expect(after.model == restarted.model)
    }
    // The case in question did occur: the restart returned what had never been synced.
    #expect(unsynced > 5)
  }

  /// The log is read twice when it is opened: to find what is sound, and to take it. A disk that errs the second time must
  /// not get its error copied forward under a new checksum.
  @Test func whatIsMisreadWhileOpeningIsNeverTakenForTheLog() throws {
    var misread = 0
    for wrong in 1..<1_000 {
      var reads = 0
      for seed in UInt64(0)..<8 {
        let disk = SimulatedDisk()
        let log = try Harness(disk, tiny)
        log.append(1, entries(1...2, 1, 400))
        try log.write()
        log.append(1, entries(3...6, 1, 900))
        try log.write()
        disk.kill()
        reads = 0
        disk.beforeOperation = { [unowned disk] (operation) throws(DiskError) in
          guard case .read = operation else { return }
          reads += 1
          disk.hazard = reads == wrong ? DiskHazard(.corruptReads, chance: 10_000, seed: seed) : nil
        }
        _ = try? Journal.open(disk: disk, directory: "/journal", configuration: tiny)
        disk.beforeOperation = nil
        disk.hazard = nil
        disk.kill()
        let after = try Harness(disk, tiny)
        if after.recovery.damage != nil { misread += 1 }
        let found = after.model.logs[group(1)]?.entries ?? []
        #expect(found.allSatisfy { log.everything[group(1)]?.contains($0) == true }, "read \(wrong), seed \(seed)")
      }
      if reads < wrong { break }
    }
    #expect(misread > 8)
  }

  /// Returns whether the write in flight came back.
  private func check(_ disk: SimulatedDisk, _ log: Harness?) throws -> Bool {
    var configuration = tiny
    configuration.expectsRecords = log != nil
    let after = try Harness(disk, configuration)
    #expect(after.recovery.damage == nil)
    let durable = log?.durable.normalised ?? Model()
    if after.model == durable { return false }
    #expect(after.model == log?.inFlight?.normalised)
    return true
  }
}
