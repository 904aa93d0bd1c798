import Environment
import Journal
import Raft
import SimulatedDisk
import Testing

@Suite struct SpaceTests {
  /// A group that writes no more keeps the oldest segment until its entries are copied forward.
  @Test func anIdleGroupPinsTheOldestSegmentUntilItIsCarriedForward() throws {
    let disk = SimulatedDisk()
    let log = try Harness(disk, tiny)
    log.append(7, entries(1...8, 1, 300))
    log.save(7, HardState(term: 1, vote: ReplicaID(4), commit: 0))
    try log.write()
    for index in LogIndex(1)...60 {
      log.append(1, [entry(index, 1, 800)])
      if index > 2 { log.compact(1, LogPosition(index: index - 1, term: 1)) }
      try log.write()
    }
    let pinned = try #require(log.journal.oldestPinned)
    #expect(pinned.segment == 1 && pinned.holders.map(\.group) == [group(7)] && pinned.holders[0].entries == 8)
    let before = log.journal.bytesInUse
    #expect(before > 5 * 8_192)
    try log.carry(rounds: 4)
    try log.write()
    #expect(log.journal.bytesInUse < before / 2)
    #expect(try log.journal.read(group(7), from: 1, bytesMax: .max) == entries(1...8, 1, 300))
    #expect(try Harness(disk, tiny).model == log.model.normalised)
  }

  @Test func aCarriedEntryThatWasReplacedMeanwhileStaysReplaced() throws {
    let disk = SimulatedDisk()
    let log = try Harness(disk, tiny)
    log.append(7, entries(1...6, 1, 100))
    for index in LogIndex(1)...12 {
      log.append(1, [entry(index, 1, 800)])
      try log.write()
    }
    log.compact(1, LogPosition(index: 12, term: 1))
    try log.write()
    let carry = try #require(log.journal.takeCarry(bytesMax: 10_000))
    #expect(carry.group == group(7))
    #expect(log.journal.takeCarry(bytesMax: 10_000) == nil)
    log.append(7, entries(3...4, 2))
    carry.perform()
    try log.journal.completed(carry)
    log.append(7, entries(2...2, 3))
    try log.write()
    #expect(try Harness(disk, tiny).model == log.model.normalised)
    #expect(try log.journal.read(group(7), from: 1, bytesMax: .max) == [entry(1, 1, 100), entry(2, 3)])
  }

  /// Its segment may be gone and written again by the time that it was read.
  @Test func aCarryThatWasOvertakenIsDropped() throws {
    let disk = SimulatedDisk()
    let log = try Harness(disk, tiny)
    log.append(7, entries(1...6, 1, 100))
    for index in LogIndex(1)...12 {
      log.append(1, [entry(index, 1, 800)])
      try log.write()
    }
    log.compact(1, LogPosition(index: 12, term: 1))
    try log.write()
    let carry = try #require(log.journal.takeCarry(bytesMax: 10_000))
    log.compact(7, LogPosition(index: 6, term: 1))
    for index in LogIndex(13)...80 {
      log.append(1, [entry(index, 1, 800)])
      log.compact(1, LogPosition(index: index, term: 1))
      try log.write()
    }
    carry.perform()
    try log.journal.completed(carry)
    #expect(!log.journal.hasPending)
  }

  /// A full disk shows when a segment is made, never at a write, and the reserve takes votes.
  @Test func aFullDiskShowsBeforeAWriteAndLeavesAReserve() throws {
    let disk = SimulatedDisk()
    let log = try Harness(disk, tiny)
    disk.bytesLimit = disk.bytesUsed
    var index: LogIndex = 0
    while !log.journal.isNoSpace {
      index += 1
      log.append(1, [entry(index, 1, 900)])
      try log.write()
    }
    #expect(log.journal.sparesReady >= 1)
    #expect(try log.journal.takePreparation() == nil)
    for term in Term(2)..<8 {
      log.save(1, HardState(term: term, vote: ReplicaID(term), commit: 0))
      try log.write()
      #expect(!log.journal.hasPending)
    }
    // The store took over what the log held: its segments come back without new space.
    log.compact(1, LogPosition(index: index, term: 1))
    try log.write()
    try log.write()
    #expect(!log.journal.isNoSpace && log.journal.sparesReady == 2)
    #expect(try Harness(disk, tiny).model == log.model.normalised)
  }

  /// Entries are taken while they leave the reserve alone; votes still are when nothing else is.
  @Test func entriesFitAFullDiskUntilOnlyTheReserveIsLeft() throws {
    let disk = SimulatedDisk()
    let log = try Harness(disk, tiny)
    disk.bytesLimit = disk.bytesUsed
    var index: LogIndex = 0
    while !log.journal.isNoSpace {
      index += 1
      log.append(1, [entry(index, 1, 900)])
      try log.write()
    }
    let full = index
    while log.journal.keepsReserve(adding: 1, payloadBytes: 300) {
      index += 1
      log.append(1, [entry(index, 1, 300)])
      try log.write()
    }
    #expect(index > full && log.journal.sparesReady == 1)
    #expect(!log.journal.keepsReserve(adding: 1, payloadBytes: 8_192), "What no segment holds fits nowhere.")
    for term in Term(2)..<14 {
      log.save(1, HardState(term: term, vote: ReplicaID(term), commit: 0))
      try log.write()
      #expect(!log.journal.hasPending)
    }
    #expect(log.journal.sparesReady == 0 && !log.journal.keepsReserve(adding: 0, payloadBytes: 0))
    disk.bytesLimit = nil
    #expect(try Harness(disk, tiny).model == log.model.normalised)
  }

  /// A full disk may refuse a new name to a segment that is there already: it is not forgotten, and tried again later.
  @Test func aDroppedSegmentThatTheDiskRefusesToRenameIsKept() throws {
    let disk = SimulatedDisk()
    let log = try Harness(disk, tiny)
    log.append(1, entries(1...40, 1, 900))
    try log.write()
    disk.beforeOperation = { operation throws(DiskError) in
      if case .rename = operation { throw DiskError(.noSpace, "rename") }
    }
    log.compact(1, LogPosition(index: 40, term: 1))
    var index: LogIndex = 40
    while !log.journal.isNoSpace {
      index += 1
      log.append(1, [entry(index, 1, 900)])
      try log.write()
    }
    #expect(log.journal.sparesReady >= 1)
    #expect(log.journal.bytesAllocated == Int(disk.bytesUsed))
    #expect(try log.journal.takePreparation() == nil)
    disk.beforeOperation = nil
    log.journal.retryAllocation()
    log.append(1, entries(index + 1...index + 40, 1, 900))
    try log.write()
    #expect(!log.journal.isNoSpace && log.journal.sparesReady == 2)
    #expect(log.journal.bytesAllocated == Int(disk.bytesUsed))
    #expect(try Harness(disk, tiny).model == log.model.normalised)
  }

  /// Nobody knows what a failed sync left, whatever it says: it never passes for a full disk.
  @Test func aFailedSyncOfTheDirectoryIsFinal() throws {
    let disk = SimulatedDisk()
    let log = try Harness(disk, tiny)
    log.append(1, entries(1...20, 1, 900))
    disk.beforeOperation = { operation throws(DiskError) in
      if case .syncDirectory = operation { throw DiskError(.noSpace, "fsync") }
    }
    #expect(throws: DiskError.self) { try log.prepare() }
    #expect(!log.journal.isNoSpace)
  }

  @Test func droppedSegmentsBeyondTheLimitAreDeleted() throws {
    let disk = SimulatedDisk()
    var configuration = tiny
    configuration.freeSegmentsMax = 1
    let log = try Harness(disk, configuration)
    log.append(1, entries(1...100, 1, 900))
    try log.write()
    #expect(disk.paths.count > 12)
    log.compact(1, LogPosition(index: 100, term: 1))
    try log.write()
    try log.write()
    #expect(log.journal.bytesAllocated <= 5 * 8_192)
    #expect(disk.paths.count <= 5)
    #expect(try Harness(disk, configuration).model == log.model.normalised)
  }
}
