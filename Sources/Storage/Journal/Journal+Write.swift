internal import Bytes
internal import DequeModule
internal import Environment
internal import Raft

extension Journal {
  /// Everything that changed since the last one, to be written and synced by a thread. Nil when there is nothing, when
  /// a write is in flight, or while the spare segments that it needs are being prepared.
  public func takeWrite() throws(JournalError) -> JournalWrite? {
    try checkUsable()
    guard inFlight == nil, hasPending, spares.count >= sparesNeeded else { return nil }
    var assembly = Assembly()
    var builder = BatchBuilder(room: active.room)
    if bytesToWrite > active.room { builder = startSegment() }
    for operation in pending { add(operation, to: &builder, &assembly) }
    for group in dirty.sorted() {
      guard let log = groups[group] else { continue }
      makeRoom(log.state.recordBytesMax, &builder, &assembly)
      builder.add(log.state, of: group, isReset: false)
    }
    addDamage(to: &builder, &assembly)
    carryStates(into: &builder)
    close(builder, &assembly, isLast: true)
    clearPending()
    let write = JournalWrite(
      batches: assembly.batches, moves: assembly.moves, groups: assembly.groups.sorted(), oldest: assembly.oldest,
      hasCopies: assembly.hasCopies)
    inFlight = write
    return write
  }

  /// Takes a write back after ``JournalWrite/perform()`` returned: all of it is durable. Throws
  /// ``JournalError/Kind/failed``, now and from then on, where it threw.
  public func completed(_ write: JournalWrite) throws(JournalError) {
    guard write === inFlight else { fatalError("A journal write was completed that is not in flight.") }
    inFlight = nil
    guard write.isDone else {
      isFailed = true
      throw JournalError(.failed, "a write of the log failed: what it held may be lost")
    }
    for group in write.groups { groups[group]?.releaseWritten() }
    for move in write.moves { apply(move) }
    if write.hasCopies {
      Probes.hit(.entriesAreCarriedForward)
      isCarrying = false
    }
    recordedOldest = write.oldest
    while let oldest = sealed.first, oldest.sequence < recordedOldest {
      sealed.removeFirst()
      segments[oldest.sequence] = nil
      free.append(oldest)
    }
  }

  // MARK: Inside

  /// What a write consists of while it is put together.
  struct Assembly {
    var batches: [JournalWrite.Batch] = []
    var moves: [JournalWrite.Move] = []
    var groups: Set<GroupID> = []
    var oldest: UInt32 = 0
    var hasCopies = false
  }

  func checkUsable() throws(JournalError) {
    if isFailed { throw JournalError(.failed, "the log failed earlier: the process must stop") }
  }

  /// Payload bytes of the coming write, at most.
  private var bytesToWrite: Int {
    var bytes = pendingBytes + BatchHeader.bytesMax(groups: pendingGroups.count + dirty.count + 1)
    for group in dirty { bytes += groups[group]?.state.recordBytesMax ?? 0 }
    if needsDamageRecord { bytes += Format.copyReserveBytes }
    return bytes
  }

  /// Segments beyond the active one that the coming write may start.
  var sparesNeeded: Int { sparesNeeded(adding: 0) }

  /// The same with that many more bytes of records.
  func sparesNeeded(adding more: Int) -> Int {
    let bytes = bytesToWrite + more
    if bytes <= active.room { return 0 }
    // Records do not cross batches, so that each segment may leave as much unused as the largest record takes, and
    // each starts with a header and a damage record.
    let header = BatchHeader.bytesMax(groups: pendingGroups.count + dirty.count + 1)
    let sectors = segmentBytes / Format.sectorBytes
    let waste = configuration.entryBytesMax + Record.entryOverheadMax + header + Format.copyReserveBytes
    let useful = max(Format.batchBytesMax(sectors: sectors) - waste, Format.payloadBytes)
    return (bytes + useful - 1) / useful
  }

  private func add(_ operation: Operation, to builder: inout BatchBuilder, _ assembly: inout Assembly) {
    switch operation {
    case .entry(let group, let entry):
      makeRoom(Record.entryOverheadMax + entry.payload.count, &builder, &assembly)
      builder.add(entry, of: group, from: nil)
    case .copy(let group, let entry, let from):
      makeRoom(Record.entryOverheadMax + entry.payload.count, &builder, &assembly)
      builder.add(entry, of: group, from: from)
      assembly.hasCopies = true
    case .reset(let group, let state):
      makeRoom(state.recordBytesMax, &builder, &assembly)
      builder.add(state, of: group, isReset: true)
    case .removal(let group):
      makeRoom(8, &builder, &assembly)
      builder.addRemoval(of: group)
    }
  }

  /// Ends the batch and goes on in the next segment where one more record does not fit.
  private func makeRoom(_ bytes: Int, _ builder: inout BatchBuilder, _ assembly: inout Assembly) {
    if builder.fits(bytes) { return }
    close(builder, &assembly, isLast: false)
    builder = startSegment()
    addDamage(to: &builder, &assembly)
  }

  private func addDamage(to builder: inout BatchBuilder, _ assembly: inout Assembly) {
    guard needsDamageRecord else { return }
    needsDamageRecord = false
    makeRoom(Format.copyReserveBytes, &builder, &assembly)
    builder.add(damage)
  }

  private func startSegment() -> BatchBuilder {
    guard let next = spares.popFirst() else {
      fatalError("A journal write found no spare segment that it had counted.")
    }
    if isNoSpace { Probes.hit(.reserveIsUsedOnAFullDisk) }
    sealed.append(active)
    active = next
    segments[next.sequence] = next
    stale = groups.keys.sorted(by: >)
    if !damage.isEmpty { needsDamageRecord = true }
    return BatchBuilder(room: active.room)
  }

  /// Repeats states that lie in older segments, so that no segment stays for a state alone. At most a quarter of a
  /// segment at a time.
  private func carryStates(into builder: inout BatchBuilder) {
    let limit = builder.writer.count + segmentBytes / 4
    while let group = stale.last {
      guard let log = groups[group], log.stateSegment != 0, log.stateSegment < active.sequence else {
        stale.removeLast()
        continue
      }
      guard builder.fits(log.state.recordBytesMax), builder.writer.count < limit else { return }
      if !builder.states.contains(group) { builder.add(log.state, of: group, isReset: false) }
      stale.removeLast()
    }
  }

  private func close(_ builder: BatchBuilder, _ assembly: inout Assembly, isLast: Bool) {
    let groups = builder.groups.sorted()
    let headerBytes = BatchHeader.payload(oldest: 0, groups: groups, records: []).headerBytes
    let base = (active.nextSector - 1) * Format.payloadBytes + headerBytes
    for place in builder.places { assign(place, base: base, &assembly) }
    for group in builder.states { moveState(of: group) }
    assembly.oldest = isLast ? oldestNeeded : recordedOldest
    let payload = BatchHeader.payload(oldest: assembly.oldest, groups: groups, records: builder.writer.bytes).bytes
    assembly.batches.append(
      JournalWrite.Batch(
        file: active.file, identity: SegmentIdentity(sequence: active.sequence, salt: configuration.salt),
        firstSector: active.nextSector, number: lastNumber + 1, previous: lastNumber, payload: payload))
    assembly.groups.formUnion(groups)
    lastNumber += 1
    active.nextSector += Format.sectors(payload: payload.count)
  }

  private func assign(_ place: BatchBuilder.Place, base: Int, _ assembly: inout Assembly) {
    // The entry may have been replaced, compacted or removed since; its record is then dead from the start.
    guard let log = groups[place.group], log.index.contains(place.index) else { return }
    let slot = Slot(
      segment: active.sequence, offset: UInt32(base + place.start), length: UInt32(place.length))
    if let from = place.from {
      assembly.moves.append(JournalWrite.Move(group: place.group, index: place.index, from: from, to: slot))
      return
    }
    release(log.index[place.index], of: place.group)
    log.index[place.index] = slot
    active.add(slot, of: place.group)
  }

  private func moveState(of group: GroupID) {
    guard let log = groups[group] else { return }
    segments[log.stateSegment]?.states -= 1
    log.stateSegment = active.sequence
    active.states += 1
  }

  private func apply(_ move: JournalWrite.Move) {
    guard let log = groups[move.group], log.index.contains(move.index), log.index[move.index] == move.from,
      let target = segments[move.to.segment]
    else { return }
    release(move.from, of: move.group)
    log.index[move.index] = move.to
    target.add(move.to, of: move.group)
  }

  private func clearPending() {
    pending.removeAll(keepingCapacity: true)
    pendingBytes = 0
    pendingGroups.removeAll(keepingCapacity: true)
    dirty.removeAll(keepingCapacity: true)
  }
}
