import Environment
import Journal
import Raft
import SimulatedDisk
import Testing

@Suite struct JournalTests {
  @Test func oneSyncServesEveryGroup() throws {
    let disk = SimulatedDisk()
    let log = try Harness(disk, tiny)
    for group in 1...6 {
      log.append(group, entries(1...3, 1))
      log.save(group, HardState(term: 1, vote: ReplicaID(2), commit: 0))
    }
    let before = disk.counters
    let write = try #require(try log.takeWrite())
    #expect(try log.takeWrite() == nil)
    try write.perform()
    try log.completed(write)
    #expect(disk.counters.syncs - before.syncs == 1)
    #expect(disk.counters.writes - before.writes == 1)
    #expect(try log.takeWrite() == nil)
    #expect(!log.journal.hasPending)
    #expect(try Harness(disk, tiny).model == log.model)
  }

  @Test func aNewJournalIsEmptyAndAnExpectedOneIsDamage() throws {
    let log = try Harness(SimulatedDisk(), tiny)
    #expect(log.recovery.groups.isEmpty && log.recovery.damage == nil)
    var expecting = tiny
    expecting.expectsRecords = true
    #expect(try Harness(SimulatedDisk(), expecting).recovery.damage?.affectsAll == true)
  }

  @Test func recoveryReturnsTermsMembershipsAndTail() throws {
    let disk = SimulatedDisk()
    var configuration = tiny
    configuration.recoveryTailBytes = 100
    let log = try Harness(disk, configuration)
    log.append(1, entries(1...4, 1) + [entry(5, 3, kind: .membership)] + entries(6...9, 3))
    log.compact(1, LogPosition(index: 2, term: 1))
    try log.write()
    let found = try #require(try Harness(disk, configuration).recovery.groups.first)
    #expect(found.group == group(1))
    #expect(found.log.compacted == LogPosition(index: 2, term: 1))
    #expect(found.log.membership == someMembership)
    #expect(found.log.last == LogPosition(index: 9, term: 3))
    #expect(found.log.termRuns.map(\.first) == [3, 5] && found.log.termRuns.map(\.term) == [1, 3])
    #expect(found.log.membershipEntries == [entry(5, 3, kind: .membership)])
    #expect(found.log.hardState == HardState(term: 3, vote: nil, commit: 2))
    #expect(found.log.tail == entries(7...9, 3))
  }

  @Test func anAppendReplacesTheSuffix() throws {
    let disk = SimulatedDisk()
    let log = try Harness(disk, tiny)
    log.append(1, entries(1...10, 1))
    try log.write()
    log.append(1, entries(5...6, 2))
    #expect(log.last(1) == LogPosition(index: 6, term: 2))
    #expect(log.journal.term(of: 4, in: group(1)) == 1)
    #expect(log.journal.term(of: 5, in: group(1)) == 2)
    #expect(log.journal.term(of: 7, in: group(1)) == nil)
    try log.write()
    // Replaced again before it was written: the dead records must not come back.
    log.append(1, entries(7...12, 2))
    log.append(1, entries(6...6, 3))
    try log.write()
    #expect(try Harness(disk, tiny).model == log.model.normalised)
  }

  @Test func readsComeFromMemoryUntilTheWriteCompletedAndFromDiskAfter() throws {
    let disk = SimulatedDisk()
    let log = try Harness(disk, tiny)
    let all = entries(1...8, 1, 300)
    log.append(1, all)
    #expect(try log.journal.read(group(1), from: 1, bytesMax: .max) == all)
    let write = try #require(try log.takeWrite())
    log.append(1, [entry(7, 2)])
    #expect(try log.journal.read(group(1), from: 6, bytesMax: .max) == [all[5], entry(7, 2)])
    try write.perform()
    try log.completed(write)
    let reads = disk.counters.reads
    #expect(try log.journal.read(group(1), from: 1, bytesMax: 600) == Array(all[0...1]))
    #expect(disk.counters.reads > reads)
    #expect(try log.journal.read(group(1), from: 6, bytesMax: .max) == [all[5], entry(7, 2)])
    #expect(try log.journal.read(group(1), from: 3, bytesMax: 1) == [all[2]])
    #expect(try log.journal.read(group(1), from: 8, bytesMax: 1) == [])
    log.compact(1, LogPosition(index: 3, term: 1))
    #expect(throws: JournalError.self) { try log.journal.read(group(1), from: 3, bytesMax: 1) }
  }

  @Test func compactionFreesSegmentsAndTheyAreUsedAgain() throws {
    let disk = SimulatedDisk()
    let log = try Harness(disk, tiny)
    for index in LogIndex(1)...200 {
      log.append(1, [entry(index, 1, 700)])
      log.save(2, HardState(term: index, vote: nil, commit: 0))
      if index > 5 { log.compact(1, LogPosition(index: index - 5, term: 1)) }
      try log.write()
    }
    #expect(log.journal.bytesInUse <= 3 * 8_192)
    #expect(disk.paths.count <= 9)
    #expect(try Harness(disk, tiny).model == log.model.normalised)
  }

  @Test func aRemovedGroupIsGoneAndMayStartAnew() throws {
    let disk = SimulatedDisk()
    let log = try Harness(disk, tiny)
    log.append(1, entries(1...5, 4))
    log.save(1, HardState(term: 4, vote: ReplicaID(8), commit: 2))
    log.append(2, entries(1...2, 1))
    try log.write()
    log.remove(1)
    try log.write()
    #expect(try Harness(disk, tiny).recovery.groups.map(\.group) == [group(2)])
    let again = try Harness(disk, tiny)
    again.compact(1, LogPosition(index: 40, term: 6))
    again.append(1, entries(41...42, 6))
    again.save(1, HardState(term: 6, vote: nil, commit: 40))
    try again.write()
    #expect(try Harness(disk, tiny).model == again.model)
  }

  @Test func anInstalledSnapshotDropsALogThatDoesNotHoldItsEntry() throws {
    let disk = SimulatedDisk()
    let log = try Harness(disk, tiny)
    log.append(1, entries(1...10, 1))
    try log.write()
    log.compact(1, LogPosition(index: 5, term: 2))
    #expect(log.last(1) == LogPosition(index: 5, term: 2))
    log.append(1, entries(6...7, 2))
    try log.write()
    log.journal.compact(group(1), through: LogPosition(index: 3, term: 1), membership: someMembership)
    #expect(log.journal.compacted(of: group(1)).index == 5)
    #expect(try Harness(disk, tiny).model == log.model.normalised)
  }

  @Test func aWriteLargerThanASegmentTakesSeveral() throws {
    let disk = SimulatedDisk()
    let log = try Harness(disk, tiny)
    log.append(1, entries(1...30, 1, 1_500))
    log.append(2, entries(1...30, 1, 900))
    log.save(2, HardState(term: 2, vote: ReplicaID(1), commit: 0))
    #expect(try log.journal.takeWrite() == nil)
    try log.write()
    #expect(!log.journal.hasPending)
    #expect(try Harness(disk, tiny).model == log.model.normalised)
  }

  @Test func aLargerSegmentSizeAppliesToNewSegments() throws {
    let disk = SimulatedDisk()
    let log = try Harness(disk, tiny)
    log.append(1, entries(1...20, 1, 600))
    try log.write()
    var larger = tiny
    larger.segmentBytes = 32_768
    let again = try Harness(disk, larger)
    again.append(1, entries(21...60, 1, 600))
    try again.write()
    #expect(try Harness(disk, tiny).model == again.model.normalised)
  }

  @Test func foreignAndNewerFilesAreRefused() throws {
    let disk = SimulatedDisk()
    _ = try Harness(disk, tiny)
    var other = tiny
    other.salt = 78
    #expect { try Harness(disk, other) } throws: { ($0 as? JournalError)?.kind == .foreign }
    other.segmentBytes = 1_000
    #expect { try Harness(disk, other) } throws: { ($0 as? JournalError)?.kind == .configuration }
  }

  @Test func aFailedSyncIsFinal() throws {
    let disk = SimulatedDisk()
    let log = try Harness(disk, tiny)
    log.append(1, entries(1...2, 1))
    try log.write()
    let durable = log.durable.normalised
    log.append(1, entries(3...4, 1))
    let write = try #require(try log.takeWrite())
    disk.failOperation(disk.counters.operations + 2, with: DiskError(.inputOutput, "sync"))
    #expect(throws: DiskError.self) { try write.perform() }
    func isFailed(_ body: () throws -> Void) -> Bool {
      do { try body() } catch { return (error as? JournalError)?.kind == .failed }
      return false
    }
    #expect(isFailed { try log.completed(write) })
    #expect(isFailed { _ = try log.journal.takeWrite() })
    #expect(isFailed { _ = try log.journal.takePreparation() })
    #expect(isFailed { _ = try log.journal.read(group(1), from: 1, bytesMax: 1) })
    var random = SeededRandom(seed: 1)
    disk.crash(&random)
    #expect(try Harness(disk, tiny).model == durable)
  }
}
