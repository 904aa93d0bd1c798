internal import DequeModule
internal import Environment
public import Raft

/// Who keeps the oldest segment, and how much the log holds: the owner flushes and checkpoints such a group, or has its
/// entries carried forward.
public struct JournalPin: Equatable, Sendable {
  public struct Holder: Equatable, Sendable {
    public var group: GroupID
    public var entries: Int
    /// Bytes of their records.
    public var bytes: Int
  }

  public var segment: UInt32
  /// Ascending by group.
  public var holders: [Holder]
}

extension Journal {
  /// Bytes of the segments that are needed.
  public var bytesInUse: Int { sealed.reduce(active.bytes) { $0 + $1.bytes } }

  /// The same without those that the next write lets go.
  public var bytesPinned: Int { sealed.drop { !$0.isPinned }.reduce(active.bytes) { $0 + $1.bytes } }

  /// Bytes of all files, with the spare ones and those about to be re-used.
  public var bytesAllocated: Int {
    spares.reduce(0) { $0 + $1.bytes } + free.reduce(0) { $0 + $1.bytes } + bytesInUse
  }

  /// Zero-filled segments that are ready.
  public var sparesReady: Int { spares.count }

  /// Whether that many more entries, with payloads of so many bytes together, can be written without the last spare
  /// segment. That one is the reserve: on a full disk it is left to votes, truncations and hand-overs.
  public func keepsReserve(adding entries: Int, payloadBytes: Int) -> Bool {
    // What else the write holds is not known yet; it is little.
    let bytes = payloadBytes + entries * Record.entryOverheadMax + Format.copyReserveBytes
    return sparesNeeded(adding: bytes) < spares.count
  }

  /// The groups with live entries in the oldest segment; nil where that one is still being written.
  public var oldestPinned: JournalPin? {
    guard let segment = sealed.first(where: \.isPinned) else { return nil }
    let holders = segment.live.keys.sorted().map { group in
      let usage = segment.live[group]!
      return JournalPin.Holder(group: group, entries: usage.entries, bytes: usage.bytes)
    }
    return JournalPin(segment: segment.sequence, holders: holders)
  }

  /// The newest of a group's live entries in the oldest pinned segment; nil where it has none there. O(entries of the
  /// group's log) at worst.
  public func newestInOldestSegment(of group: GroupID) -> LogIndex? {
    guard let segment = sealed.first(where: \.isPinned), let log = groups[group],
      var left = segment.live[group]?.entries
    else { return nil }
    var index = log.index.first
    for slot in log.index.slots {
      if slot.segment == segment.sequence { left -= 1 }
      if left == 0 { return index }
      index += 1
    }
    return nil
  }

  /// Work that keeps segments ready, for a thread other than the one that writes. Nil when none is needed, when one is
  /// under way, or when the disk was full and nothing was dropped since; ``retryAllocation()`` tries again.
  public func takePreparation() throws(JournalError) -> JournalPreparation? {
    try checkUsable()
    guard preparation == nil, let work = nextWork() else { return nil }
    let header = SegmentHeader(
      sequence: nextSequence, salt: configuration.salt, bytes: UInt64(segmentBytes))
    let preparation = JournalPreparation(work, disk: disk, directory: directory, header: header)
    self.preparation = preparation
    return preparation
  }

  /// Takes it back after ``JournalPreparation/perform()`` returned. Throws ``JournalError/Kind/failed`` where it threw.
  public func completed(_ preparation: JournalPreparation) throws(JournalError) {
    guard preparation === self.preparation else { fatalError("A preparation was completed that is not under way.") }
    self.preparation = nil
    switch preparation.outcome {
    case .ready(let segment):
      spares.append(segment)
      nextSequence += 1
      isNoSpace = false
    case .noSpace:
      isNoSpace = true
      guard case .reuse(let segment) = preparation.work else { break }
      isReuseRefused = true
      free.append(segment)
    case .deleted: break
    case .pending:
      isFailed = true
      throw JournalError(.failed, "a segment of the log could not be prepared")
    }
  }

  /// Lets ``takePreparation()`` try a full disk again.
  public func retryAllocation() {
    isNoSpace = false
    isReuseRefused = false
  }

  /// Live entries of the oldest segment's first group, at most about `bytesMax` bytes of them (at least one entry), to
  /// be read by a thread and appended again. Nil where no older segment is pinned, and until the write that holds the
  /// last one's entries has completed.
  public func takeCarry(bytesMax: Int) -> JournalCarry? {
    guard !isCarrying, let segment = sealed.first(where: \.isPinned) else { return nil }
    guard let group = segment.live.keys.min(), let log = groups[group] else {
      carryStates(of: segment)
      return nil
    }
    var items: [JournalCarry.Item] = []
    var bytes = 0
    var index = log.index.first
    for slot in log.index.slots {
      defer { index += 1 }
      guard slot.segment == segment.sequence else { continue }
      guard items.isEmpty || bytes + Int(slot.length) <= bytesMax, let term = log.index.term(at: index) else { break }
      bytes += Int(slot.length)
      items.append(JournalCarry.Item(index: index, term: term, slot: slot))
    }
    isCarrying = true
    return JournalCarry(group: group, items: items, file: segment.file, salt: configuration.salt)
  }

  /// Appends again what was read, as far as it is still where it was. Throws ``JournalError/Kind/damaged`` where such
  /// an entry could not be read back.
  public func completed(_ carry: JournalCarry) throws(JournalError) {
    isCarrying = false
    guard let log = groups[carry.group] else { return }
    for item in carry.items where log.index.contains(item.index) && log.index[item.index] == item.slot {
      guard let entry = try item.result?.get() else { fatalError("A carry was completed that was not performed.") }
      add(
        .copy(carry.group, entry, from: item.slot), of: carry.group,
        bytes: Record.entryOverheadMax + entry.payload.count)
      isCarrying = true
    }
  }

  // MARK: Inside

  private func nextWork() -> JournalPreparation.Work? {
    if spares.count < configuration.sparesMin + sparesNeeded {
      if !isReuseRefused, let segment = free.popFirst() {
        return segment.bytes == segmentBytes ? .reuse(segment) : .delete(segment)
      }
      if !isNoSpace { return .create }
    }
    if free.count > configuration.freeSegmentsMax, let segment = free.popLast() { return .delete(segment) }
    return surplusSpare().map { .delete($0) }
  }

  /// A spare that only an unusually large write needed. The newest goes, and its sequence is given out again: names
  /// have no gaps.
  private func surplusSpare() -> Segment? {
    guard spares.count > configuration.sparesMin + sparesNeeded, let newest = spares.popLast() else { return nil }
    nextSequence = newest.sequence
    return newest
  }

  private func carryStates(of segment: Segment) {
    for group in groups.values where group.stateSegment == segment.sequence { dirty.insert(group.id) }
  }
}
