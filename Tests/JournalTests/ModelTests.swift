import Environment
import Journal
import Raft
import SimulatedDisk
import Testing

/// Random calls, crashes and restarts against ``Model``.
private struct RandomRun {
  var random: SeededRandom
  let disk = SimulatedDisk()
  let configuration = JournalConfiguration(segmentBytes: 16_384, salt: 5, freeSegmentsMax: 2)
  var log: Harness

  init(seed: UInt64) throws {
    random = SeededRandom(seed: seed)
    log = try Harness(disk, configuration)
  }

  mutating func step() throws {
    if log.journal.bytesPending > 6_000 { return try log.write() }
    let group = 1 + Int(random.below(4))
    switch random.below(40) {
    case 0..<14: append(group)
    case 14..<18: replaceSuffix(group)
    case 18..<21: save(group)
    case 21..<25: compact(group)
    case 25: log.compact(group, LogPosition(index: log.last(group).index + 1 + random.below(3), term: term(group)))
    case 26: if random.chance(1, in: 3) { log.remove(group) }
    case 27..<35: try log.write()
    case 35: try log.carry(rounds: 1)
    case 36: try readBack(group)
    default: if random.chance(1, in: 3) { try crash() }
    }
  }

  private func term(_ group: Int) -> Term { max(log.last(group).term, 1) }

  private mutating func append(_ group: Int) {
    let first = log.last(group).index + 1
    log.append(group, entries(first...first + random.below(4), term(group), Int(random.below(500))))
  }

  private mutating func replaceSuffix(_ group: Int) {
    let compacted = log.journal.compacted(of: GroupID(UInt32(group))).index
    let last = log.last(group)
    guard last.index > compacted else { return }
    let first = compacted + 1 + random.below(last.index - compacted)
    log.save(group, HardState(term: last.term + 1, vote: nil, commit: compacted))
    log.append(group, entries(first...first + random.below(3), last.term + 1, Int(random.below(300))))
  }

  private mutating func save(_ group: Int) {
    log.save(
      group, HardState(term: term(group) + random.below(2), vote: ReplicaID(random.below(5)), commit: 0))
  }

  private mutating func compact(_ group: Int) {
    let compacted = log.journal.compacted(of: GroupID(UInt32(group))).index
    let last = log.last(group).index
    guard last > compacted else { return }
    let index = compacted + 1 + random.below(last - compacted)
    log.compact(group, LogPosition(index: index, term: log.journal.term(of: index, in: GroupID(UInt32(group)))!))
  }

  private mutating func readBack(_ group: Int) throws {
    guard let expected = log.model.logs[GroupID(UInt32(group))]?.entries, !expected.isEmpty else { return }
    let start = Int(random.below(UInt64(expected.count)))
    let found = try log.journal.read(GroupID(UInt32(group)), from: expected[start].index, bytesMax: .max)
    #expect(found == Array(expected[start...]))
  }

  /// A kill or a power cut, alone or in the middle of a write.
  private mutating func crash() throws {
    if random.chance(2, in: 3) {
      disk.stop(afterChanges: Int(random.below(4)))
      do { try log.write() } catch {}
    }
    let isKill = random.chance(1, in: 3)
    if isKill { disk.kill() } else { disk.crash(&random) }
    let before = log
    log = try Harness(disk, configuration)
    #expect(log.recovery.damage == nil)
    if log.model != before.durable.normalised { #expect(log.model == before.inFlight?.normalised) }
  }
}

@Suite struct ModelTests {
  @Test(arguments: UInt64(1)...12) func randomRunsMatchTheModel(seed: UInt64) throws {
    var run = try RandomRun(seed: seed)
    for _ in 0..<700 { try run.step() }
    try run.log.write()
    #expect(try Harness(run.disk, run.configuration).model == run.log.model.normalised)
  }
}
