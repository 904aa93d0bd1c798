import Bytes
import Environment
import Journal
import Raft
import SimulatedDisk
import Testing

/// A small finished journal, for tests that spoil copies of it.
private struct Fixture {
  let disk = SimulatedDisk()
  let log: Harness
  let model: Model
  /// The model before the last write.
  let before: Model

  init() throws {
    log = try Harness(disk, tiny)
    for round in LogIndex(0)..<6 {
      log.append(1, entries(round * 3 + 1...round * 3 + 3, 1, 500))
      try log.write()
      log.append(2, entries(round + 1...round + 1, 1, 30))
      log.save(2, HardState(term: 1, vote: ReplicaID(round + 1), commit: round))
      try log.write()
      if round == 3 {
        log.compact(1, LogPosition(index: 6, term: 1))
        try log.write()
      }
    }
    before = log.model.normalised
    log.append(1, entries(19...21, 2, 450))
    log.save(2, HardState(term: 2, vote: ReplicaID(3), commit: 6))
    try log.write()
    model = log.model.normalised
  }

  var segments: [String] { disk.paths.filter { $0.hasSuffix(".log") } }

  /// The file and byte range of the last batch: the sectors with the highest batch number.
  func lastBatch() -> (path: String, range: Range<Int>) {
    var best: (number: UInt64, path: String, range: Range<Int>) = (0, "", 0..<0)
    for path in segments {
      let content = disk.content(path)!
      for start in stride(from: 512, to: content.count, by: 512) {
        var reader = ByteReader(content, in: start + 8..<start + 16)
        let number = (try? reader.u64()) ?? 0
        if number > best.number {
          best = (number, path, start..<start + 512)
        } else if number == best.number && path == best.path {
          best.range = best.range.lowerBound..<start + 512
        }
      }
    }
    return (best.path, best.range)
  }
}

@Suite struct DamageTests {
  /// Any flipped bit leaves the recovery as it was or is reported; entries are never wrong, lost ones never silent.
  @Test func aFlippedBitAnywhereIsHarmlessOrReported() throws {
    let fixture = try Fixture()
    var harmless = 0
    var reported = 0
    for path in fixture.segments {
      let content = fixture.disk.content(path)!
      for offset in 0..<content.count {
        let isUsed = content[offset / 512 * 512..<offset / 512 * 512 + 512].contains { $0 != 0 }
        // Every byte of the tags, every ninth of the payloads, few of what was never written.
        guard isUsed ? offset % 512 < 32 || offset % 9 == 0 : offset % 61 == 0 else { continue }
        let disk = fixture.disk.copy()
        disk.flipBit(offset % 8, of: path, at: offset)
        let after = try Harness(disk, tiny)
        if let damage = after.recovery.damage {
          reported += 1
          check(after, damage, fixture)
        } else {
          harmless += 1
          #expect(after.model == fixture.model, "\(path) \(offset)")
        }
      }
    }
    #expect(harmless > 100 && reported > 1_000)
  }

  private func check(_ after: Harness, _ damage: Journal.Damage, _ fixture: Fixture) {
    for number in [UInt32(1), 2] where !damage.affects(group(number)) {
      #expect(after.model.logs[group(number)] == fixture.model.logs[group(number)])
    }
    for (group, log) in after.model.logs {
      let known = fixture.log.everything[group] ?? []
      for entry in log.entries { #expect(known.contains(entry)) }
    }
  }

  /// The last write cut at every byte: between sectors it is a torn write that was never synced; within one, which no
  /// crash does, it is damage.
  @Test func aLastWriteCutAtEveryByteIsTornOrReported() throws {
    let fixture = try Fixture()
    let (path, range) = fixture.lastBatch()
    #expect(range.count > 1_024)
    let content = fixture.disk.content(path)!
    for cut in range {
      let disk = fixture.disk.copy()
      let file = try disk.open(path, create: false)
      try write([UInt8](repeating: 0, count: range.upperBound - cut), to: file, at: UInt64(cut))
      let after = try Harness(disk, tiny)
      if cut % 512 == 0 {
        #expect(after.recovery.damage == nil)
        #expect(after.recovery.tornBatches == (cut == range.lowerBound ? 0 : 1))
        #expect(after.model == fixture.before)
      } else if after.recovery.damage == nil {
        // Only zeros were cut.
        #expect(content[cut..<range.upperBound].allSatisfy { $0 == 0 })
        #expect(after.model == fixture.model)
      }
    }
  }

  @Test func aFileCutAtAnyByteIsNeverSilentlyShorter() throws {
    let fixture = try Fixture()
    for path in fixture.segments {
      for size in stride(from: 0, to: 8_192, by: 37) {
        let disk = fixture.disk.copy()
        try disk.open(path, create: false).truncate(to: UInt64(size))
        let after = try Harness(disk, tiny)
        guard let damage = after.recovery.damage else {
          #expect(after.model == fixture.model, "\(path) \(size)")
          continue
        }
        check(after, damage, fixture)
      }
    }
  }

  /// The batch within which a file was cut still says whose it is, and those that were behind it are lost with it.
  @Test func aFileThatWasCutIsDamagedForThoseBehindTheCutToo() throws {
    let disk = SimulatedDisk()
    let log = try Harness(disk, tiny)
    log.append(1, entries(1...2, 1))
    log.append(2, entries(1...2, 1))
    try log.write()
    log.append(1, entries(3...6, 1, 400))
    try log.write()
    log.append(2, entries(3...3, 1))
    try log.write()
    // Sector 1 is the opening batch, 2 the first write, 3…6 the second, 7 the third.
    for cut in 3...8 {
      let cutDisk = disk.copy()
      cutDisk.cut("/journal/00000001.log", to: cut * 512 + 100)
      let damage = try Harness(cutDisk, tiny).recovery.damage
      #expect(damage?.affects(group(2)) == true && damage?.affects(group(1)) == true, "\(cut)")
    }
    // Nothing was behind it.
    disk.flipBit(1, of: "/journal/00000001.log", at: 7 * 512 + 100)
    #expect(try Harness(disk, tiny).recovery.damage?.affectsAll == true)
  }

  @Test func aMissingSegmentIsReportedUnlessItIsTheNewestSpare() throws {
    let fixture = try Fixture()
    var reported = 0
    for path in fixture.segments {
      let disk = fixture.disk.copy()
      try disk.remove(path)
      let after = try Harness(disk, tiny)
      if after.recovery.damage?.affectsAll == true { reported += 1 } else { #expect(after.model == fixture.model) }
    }
    #expect(reported >= fixture.segments.count - 2)
  }

  /// A synced batch that reads as never written (a lost write): a later one proves that it was there.
  @Test func aBatchThatALaterOneProvesSyncedIsDamageEvenWhereItsSectorsAreBlank() throws {
    let disk = SimulatedDisk()
    let log = try Harness(disk, tiny)
    log.append(1, entries(1...1, 1))
    try log.write()
    log.append(1, entries(2...2, 1))
    try log.write()
    log.append(2, entries(1...1, 1))
    try log.write()
    let file = try disk.open("/journal/00000001.log", create: false)
    try write([UInt8](repeating: 0, count: 512), to: file, at: 3 * 512)
    #expect(try Harness(disk, tiny).recovery.damage?.affectsAll == true)
  }

  /// Damage whose batch still names its groups hits these alone, is reported until they are removed, and not after.
  @Test func assignedDamageHoldsUntilTheGroupIsRemoved() throws {
    let disk = SimulatedDisk()
    let log = try Harness(disk, tiny)
    log.append(1, entries(1...2, 1))
    try log.write()
    log.append(2, entries(1...3, 1, 400))
    try log.write()
    log.append(1, entries(3...3, 1))
    try log.write()
    // Sector 1 is the opening batch, 2 the first write, 3…5 the second.
    disk.flipBit(3, of: "/journal/00000001.log", at: 4 * 512 + 100)
    for _ in 0..<3 {
      let after = try Harness(disk, tiny)
      #expect(after.recovery.damage?.groups == [group(2)])
      #expect(after.recovery.damage?.affectsAll == false)
      #expect(after.model.logs[group(1)] == log.model.normalised.logs[group(1)])
    }
    let after = try Harness(disk, tiny)
    after.remove(2)
    after.append(2, entries(1...1, 5))
    try after.write()
    let settled = try Harness(disk, tiny)
    #expect(settled.recovery.damage == nil)
    #expect(settled.model == after.model.normalised)
  }

  /// Damage at the very end disappears from the chain once something is written after it; the report must not.
  @Test func damageOfTheLastBatchIsRememberedUntilItIsForgotten() throws {
    let disk = SimulatedDisk()
    let log = try Harness(disk, tiny)
    log.append(1, entries(1...2, 1))
    log.append(2, entries(1...2, 1))
    try log.write()
    log.append(1, entries(3...3, 1))
    try log.write()
    disk.flipBit(0, of: "/journal/00000001.log", at: 3 * 512 + 40)
    for _ in 0..<3 {
      let after = try Harness(disk, tiny)
      #expect(after.recovery.damage?.affectsAll == true)
      #expect(after.recovery.damage?.affects(group(7)) == true)
      after.append(2, entries(after.last(2).index + 1...after.last(2).index + 20, 1, 900))
      try after.write()
    }
    let after = try Harness(disk, tiny)
    after.remove(1)
    after.append(1, entries(1...1, 6))
    try after.write()
    #expect(try Harness(disk, tiny).recovery.damage?.rebuilt == [group(1)])
    let last = try Harness(disk, tiny)
    #expect(last.recovery.damage?.affects(group(1)) == false)
    last.remove(2)
    last.journal.forgetDamage()
    try last.write()
    #expect(try Harness(disk, tiny).recovery.damage == nil)
  }

  @Test func aRecordThatChangedUnderARunningJournalIsNotReturned() throws {
    let fixture = try Fixture()
    let path = fixture.lastBatch().path
    for sector in 1..<16 { fixture.disk.flipBit(0, of: path, at: sector * 512 + 60) }
    #expect { try fixture.log.journal.read(group(1), from: 19, bytesMax: .max) } throws: {
      ($0 as? JournalError)?.kind == .damaged
    }
  }

  /// The sectors of the earlier use stay in the file; under the new identity they are not records.
  @Test func aReusedSegmentNeverParsesItsOldRecords() throws {
    let disk = SimulatedDisk()
    let log = try Harness(disk, tiny)
    for index in LogIndex(1)...60 {
      log.append(1, [entry(index, 1, 900)])
      try log.write()
      if index > 3 { log.compact(1, LogPosition(index: index - 2, term: 1)) }
    }
    try log.write()
    let old = disk.paths.filter { path in
      let content = disk.content(path) ?? []
      return content.count > 512 && content[512...].contains { $0 != 0 }
    }
    #expect(old.count > 2)
    #expect(log.journal.bytesInUse <= 2 * 8_192)
    let after = try Harness(disk, tiny)
    #expect(after.recovery.damage == nil && after.recovery.tornBatches == 0)
    #expect(after.model == log.model.normalised)
  }

  /// Reads a batch from the format's description alone.
  @Test func theFormatIsWhatItsTableSays() throws {
    let disk = SimulatedDisk()
    let log = try Harness(disk, tiny)
    log.append(300, [entry(1, 4, 3)])
    try log.write()
    let content = try #require(disk.content("/journal/00000001.log"))
    var header = ByteReader(content, in: 0..<512)
    #expect(try header.u32() == CRC32C.checksum(Array(content[4..<512])))
    #expect(try header.raw(8) == Array("GNTRYLOG".utf8))
    #expect(try header.u16() == 1 && header.u32() == 1 && header.u64() == 77 && header.u64() == 8_192)
    let sector = Array(content[1_024..<1_536])
    let identity = CRC32C.checksum([0, 0, 0, 0, 0, 0, 0, 77, 0, 0, 0, 1])
    var tag = ByteReader(sector)
    #expect(try tag.u32() == CRC32C.checksum(Array(sector[4...]), seed: identity ^ 2))
    #expect(try tag.u32() == 1 && tag.u64() == 2 && tag.u64() == 1 && tag.u32() == 0 && tag.u32() == 1)
    let records: [UInt8] = [1, 0xAC, 0x02, 1, 4, 0, 3] + entry(1, 4, 3).payload
    let start: [UInt8] = [0, 0, 0, 21, 0, 0, 0, 1, 1, 0xAC, 0x02]
    #expect(Array(sector[32..<64]) == start + records + [UInt8](repeating: 0, count: 11))
  }
}
