internal import Bytes
internal import DequeModule
internal import Environment
internal import Raft

/// The steps of opening a journal.
struct Opening {
  private let disk: any Disk
  private let directory: String
  let configuration: JournalConfiguration
  private(set) var segments: [ScannedSegment] = []
  private var segmentBytes: Int
  var replay = Replay()

  init(disk: any Disk, directory: String, configuration: JournalConfiguration) {
    self.disk = disk
    self.directory = directory
    self.configuration = configuration
    segmentBytes = configuration.segmentBytes
  }

  // MARK: Scanning

  mutating func scan() throws(JournalError) {
    let disk = self.disk
    let directory = self.directory
    let names = try onDisk { () throws(DiskError) in
      try disk.createDirectory(directory)
      let names = try disk.list(directory)
      if names.contains(Format.temporaryName) { try disk.remove(directory + "/" + Format.temporaryName) }
      return names
    }
    for sequence in names.compactMap(Format.sequence).sorted() { segments.append(try scan(sequence)) }
  }

  private mutating func scan(_ sequence: UInt32) throws(JournalError) -> ScannedSegment {
    let path = directory + "/" + Format.name(sequence)
    let disk = self.disk
    let (file, content) = try onDisk { () throws(DiskError) in
      let file = try disk.open(path, create: false)
      var content = [UInt8](repeating: 0, count: Int(try file.size()))
      let count = try readAll(file, into: &content, at: 0)
      content.removeLast(content.count - count)
      return (file, content)
    }
    var bytes = max(content.count, 2 * Format.sectorBytes)
    if let header = SegmentHeader(sector: Array(content.prefix(Format.sectorBytes))) {
      try check(header, path)
      bytes = max(bytes, Int(header.bytes))
    } else {
      bytes = max(bytes, configuration.segmentBytes)
    }
    segmentBytes = max(segmentBytes, bytes / Format.sectorBytes * Format.sectorBytes)
    let identity = SegmentIdentity(sequence: sequence, salt: configuration.salt)
    return SegmentScan(identity: identity, content: content, sectors: bytes / Format.sectorBytes)
      .run(path: path, file: file)
  }

  private func check(_ header: SegmentHeader, _ path: String) throws(JournalError) {
    guard header.version <= Format.version else {
      throw JournalError(
        .unsupported,
        "\(path): format version \(header.version) is newer than \(Format.version): use the release that wrote it")
    }
    guard header.salt == configuration.salt else {
      throw JournalError(.foreign, "\(path): the file belongs to another node or cluster")
    }
  }

  // MARK: Putting the journal together

  mutating func finish(_ chain: Chain) throws(JournalError) -> (journal: Journal, recovery: Journal.Recovery) {
    var files = segments.filter { $0.sequence >= chain.oldest }
    let target = try takeTarget(chain, &files)
    try replaySteps(chain)
    var copy = try replayTail(chain, target)
    for damage in chain.tailDamage { replay.hit(damage.groups, damage.reason) }
    let journal = Journal(
      disk: disk, directory: directory, configuration: configuration, segmentBytes: segmentBytes, active: target,
      nextSequence: max(target.sequence, files.last?.sequence ?? 0) + 1, lastNumber: chain.highestNumber + 1,
      damage: DamageState())
    journal.segments[target.sequence] = target
    for file in files { adopt(file, before: target, journal) }
    for file in segments where file.sequence < chain.oldest {
      journal.free.append(segment(file))
    }
    let memberships = install(journal)
    journal.damage = replay.damage
    if !replay.damage.isEmpty { copy.add(replay.damage) }
    noteFindings(chain)
    try write(copy, chain, journal)
    try prepareSpares(journal)
    return (journal, try recovery(journal, memberships, chain))
  }

  private func noteFindings(_ chain: Chain) {
    if chain.tornBatches > 0 { Probes.hit(.tornBatchIsDropped) }
    if chain.tail != nil { Probes.hit(.tailIsCopiedForward) }
    if !replay.damage.isEmpty { Probes.hit(.logIsFoundDamaged) }
  }

  /// The segment that takes the copied tail: the first one after all that were written.
  private mutating func takeTarget(_ chain: Chain, _ files: inout [ScannedSegment]) throws(JournalError) -> Segment {
    let lastWritten = files.lastIndex(where: \.isWritten) ?? -1
    let needed = (chain.tail?.count ?? 0) + 4
    for index in files.indices where index > lastWritten && files[index].sectors >= needed {
      return segment(files.remove(at: index))
    }
    let preparation = JournalPreparation(
      .create, disk: disk, directory: directory,
      header: SegmentHeader(
        sequence: (files.last?.sequence ?? chain.oldest) + 1, salt: configuration.salt, bytes: UInt64(segmentBytes)))
    try onDisk(preparation.perform)
    guard case .ready(let made) = preparation.outcome else {
      throw JournalError(
        .disk, "\(directory): no space for a segment", cause: DiskError(.noSpace, "\(directory): no space"))
    }
    return made
  }

  private func segment(_ file: ScannedSegment) -> Segment {
    Segment(
      sequence: file.sequence, path: file.path, file: file.file, sectors: file.sectors, nextSector: 1)
  }

  private func adopt(_ file: ScannedSegment, before target: Segment, _ journal: Journal) {
    let segment = segment(file)
    if file.sequence > target.sequence {
      journal.spares.append(segment)
    } else {
      journal.sealed.append(segment)
      journal.segments[segment.sequence] = segment
    }
  }

  /// Moves the replayed groups into the journal and counts what each segment holds.
  private mutating func install(_ journal: Journal) -> [GroupID: [Entry]] {
    var memberships: [GroupID: [Entry]] = [:]
    for id in replay.groups.keys.sorted() {
      let replayed = replay.groups[id]!
      let (index, entries, hasHole) = replayed.finish()
      if hasHole { replay.hit([id], "group \(id.rawValue): an entry is missing") }
      let group = Group(id: id, state: replayed.state, index: index)
      group.stateSegment = replayed.stateSegment
      journal.groups[id] = group
      memberships[id] = entries
      for slot in index.slots { journal.segments[slot.segment]?.add(slot, of: id) }
      journal.segments[group.stateSegment]?.states += 1
    }
    return memberships
  }

  /// Writes and syncs the first batch of this start.
  private func write(_ copy: TailCopy, _ chain: Chain, _ journal: Journal) throws(JournalError) {
    let oldest = journal.oldestNeeded
    let payload = BatchHeader.payload(oldest: oldest, groups: copy.groups, records: copy.records).bytes
    let write = JournalWrite(
      batches: [
        JournalWrite.Batch(
          file: journal.active.file,
          identity: SegmentIdentity(sequence: journal.active.sequence, salt: configuration.salt), firstSector: 1,
          number: journal.lastNumber, previous: chain.lastProven, payload: payload)
      ], moves: [], groups: [], oldest: oldest)
    try onDisk(write.perform)
    journal.active.nextSector = 1 + Format.sectors(payload: payload.count)
    journal.stale = journal.groups.keys.sorted(by: >)
    journal.inFlight = write
    try journal.completed(write)
  }

  private func prepareSpares(_ journal: Journal) throws(JournalError) {
    while !journal.isNoSpace, let preparation = try journal.takePreparation() {
      try onDisk(preparation.perform)
      try journal.completed(preparation)
    }
  }

  private func recovery(
    _ journal: Journal, _ memberships: [GroupID: [Entry]], _ chain: Chain
  ) throws(JournalError) -> Journal.Recovery {
    var logs: [(group: GroupID, log: GroupLog)] = []
    for id in journal.groups.keys.sorted() {
      let group = journal.groups[id]!
      if group.raiseState() { journal.dirty.insert(id) }
      logs.append(
        (
          id,
          GroupLog(
            hardState: group.state.hardState, compacted: group.state.compacted, membership: group.state.membership,
            last: group.last, termRuns: group.index.runs.map { GroupLog.TermRun(first: $0.first, term: $0.term) },
            membershipEntries: memberships[id] ?? [],
            tail: try journal.tail(of: group, bytesMax: configuration.recoveryTailBytes))
        ))
    }
    return Journal.Recovery(groups: logs, damage: replay.damage.report(replay.reasons), tornBatches: chain.tornBatches)
  }
}

extension Group {
  /// A write that was cut between its batches may have left entries without the term and vote that came with them. Such
  /// a vote was never sent, so that the entries' own term and no vote are the truth.
  /// Returns whether that changed the state.
  func raiseState() -> Bool {
    let before = state.hardState
    if last.term > before.term {
      Probes.hit(.termIsRaisedToTheNewestEntry)
      state.hardState = HardState(term: last.term, commit: before.commit)
    }
    state.hardState.commit = min(max(before.commit, state.compacted.index), last.index)
    return state.hardState != before
  }
}
