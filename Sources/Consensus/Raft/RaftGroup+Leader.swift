internal import Environment

/// A leader's side of replication: paper, sections 5.3 and 5.4.2.
extension RaftGroup {
  /// Keeps what is known of those who stay. A leader that is no member any more still counts as a peer of itself.
  mutating func rebuildProgress() {
    let fresh = Round(number: 0, sentAt: clock)
    var members = membership.members
    if !members.contains(id) {
      members.append(id)
      members.sort()
    }
    progress = members.map { member in
      progress.first { $0.id == member } ?? Progress(id: member, next: log.last.index + 1, confirmed: fresh)
    }
    if let own = slot(of: id) { progress[own].match = log.persisted }
  }

  // MARK: Time

  mutating func tickLeader() {
    if let due = transfer?.due, clock >= due {
      Probes.hit(.transferIsGivenUp)
      transfer = nil  // The target did not take over; this leader goes on.
    }
    if clock >= heartbeatDue {
      guard holdsQuorum else {
        Probes.hit(.leaderWithoutQuorumStepsDown)
        return becomeFollower(term: term, leader: nil)
      }
      openRound(sentAt: clock)
      repeatSnapshotOffers()
      heartbeatDue = clock + configuration.heartbeatInterval
    } else if let due = commitNoticeDue, clock >= due {
      commitNoticeDue = nil
      for slot in progress.indices { noticeCommit(slot, always: false) }
    }
  }

  /// The send time of the newest round that a majority has answered: until then, nobody else can have been elected.
  var quorumContact: Instant {
    Instant(
      nanoseconds: Quorum.reached(by: membership) { [id, clock, progress] voter in
        if voter == id { return clock.nanoseconds }
        return progress.slot(of: voter).map { progress[$0].confirmed.sentAt.nanoseconds } ?? 0
      })
  }

  private var holdsQuorum: Bool {
    !configuration.checkQuorum || clock.since(quorumContact) <= configuration.electionTimeoutMax
  }

  mutating func openRound(sentAt: Instant) {
    round = Round(number: round.number + 1, sentAt: sentAt)
    commitNoticeDue = nil
    reads.roundIsOpen(round.number)
    for slot in progress.indices { noticeCommit(slot, always: true) }
    confirmReads()
  }

  private mutating func noticeCommit(_ slot: Int, always: Bool) {
    guard progress[slot].id != id else { return }
    // Never beyond what is known to agree: the follower takes it without looking at entries.
    let commit = min(progress[slot].match, log.commit)
    guard always || commit > progress[slot].toldCommit else { return }
    progress[slot].toldCommit = max(commit, progress[slot].toldCommit)
    send(.heartbeat(commit: commit, round: round), to: progress[slot].id)
  }

  // MARK: Appends

  /// Called once for many proposals, so that they travel together.
  mutating func replicate() {
    needsReplication = false
    for slot in progress.indices where progress[slot].id != id { replicate(to: slot) }
    log.forgetBatch()
  }

  private mutating func replicate(to slot: Int) {
    switch progress[slot].state {
    case .snapshot: break
    case .probe:
      if !progress[slot].isProbeSent { sendProbe(slot) }
    case .replicate:
      while progress[slot].state == .replicate, progress[slot].next <= log.last.index,
        !progress[slot].isFetching, progress[slot].hasRoom(configuration)
      {
        sendNext(slot)
      }
    }
  }

  private mutating func sendProbe(_ slot: Int) {
    let next = progress[slot].next
    guard let previous = position(before: next) else { return offerSnapshot(slot) }
    let isInMemory = next >= log.firstCached && next <= log.last.index
    let entries = isInMemory ? log.takeBatch(from: next, bytesMax: configuration.appendBytesMax) : []
    progress[slot].isProbeSent = true
    sendAppend(slot, previous, entries)
  }

  private mutating func sendNext(_ slot: Int) {
    let next = progress[slot].next
    guard let previous = position(before: next) else { return offerSnapshot(slot) }
    guard next >= log.firstCached else {
      Probes.hit(.entriesAreFetchedFromTheLog)
      progress[slot].isFetching = true
      let through = min(log.firstCached - 1, log.last.index)
      outbox.fetches.append(
        EntryFetch(
          peer: progress[slot].id, previous: previous, through: through, bytesMax: configuration.appendBytesMax))
      return
    }
    send(slot, previous, log.takeBatch(from: next, bytesMax: configuration.appendBytesMax))
  }

  private mutating func send(_ slot: Int, _ previous: LogPosition, _ entries: [Entry]) {
    progress[slot].sent(through: entries[entries.count - 1].index, bytes: entries.reduce(0) { $0 + $1.cost })
    sendAppend(slot, previous, entries)
  }

  private mutating func sendAppend(_ slot: Int, _ previous: LogPosition, _ entries: [Entry]) {
    let told = min(log.commit, previous.index + UInt64(entries.count))
    progress[slot].toldCommit = max(progress[slot].toldCommit, told)
    progress[slot].askedAt = clock
    send(
      .append(previous: previous, entries: entries, commit: log.commit, round: round), to: progress[slot].id)
  }

  private func position(before index: LogIndex) -> LogPosition? {
    log.term(at: index - 1).map { LogPosition(index: index - 1, term: $0) }
  }

  /// The answer to an ``EntryFetch``: entries that follow `previous` without a gap, or none where the log on disk no
  /// longer has them; the follower is then offered a snapshot. Comes at any time; one that nobody waits for any more
  /// changes nothing.
  public mutating func supply(peer: ReplicaID, entries: [Entry], previous: LogPosition) {
    guard role == .leader, let slot = slot(of: peer), progress[slot].isFetching else { return }
    progress[slot].isFetching = false
    guard progress[slot].state == .replicate, progress[slot].next == previous.index + 1, log.holds(previous) else {
      needsReplication = true
      return
    }
    guard !entries.isEmpty else { return offerSnapshot(slot) }
    needsReplication = true
    for (offset, entry) in entries.enumerated() {
      guard entry.index == previous.index + 1 + UInt64(offset), log.holds(entry.position) else {
        fatalError("The log on disk contradicts the log's terms.")
      }
    }
    send(slot, previous, entries)
  }

  // MARK: Snapshots

  private mutating func offerSnapshot(_ slot: Int) {
    Probes.hit(.snapshotIsOffered)
    progress[slot].becomeSnapshot()
    progress[slot].offeredAt = clock
    guard let appliedTerm = log.term(at: log.applied) else { fatalError("The applied entry is below the log.") }
    let position = LogPosition(index: log.applied, term: appliedTerm)
    send(
      .installSnapshot(position: position, membership: memberships.at(position.index), round: round),
      to: progress[slot].id)
  }

  private mutating func repeatSnapshotOffers() {
    for slot in progress.indices where progress[slot].state == .snapshot {
      if clock >= progress[slot].offeredAt + configuration.electionTimeoutMax { offerSnapshot(slot) }
    }
  }

  // MARK: Answers

  private mutating func answered(_ sender: ReplicaID, _ answered: Round, _ promise: Span) -> Int? {
    guard role == .leader, let slot = slot(of: sender) else { return nil }
    if answered.number > 0, answered.number <= round.number { progress[slot].promised(promise, since: answered) }
    if answered.number > progress[slot].confirmed.number, answered.number <= round.number {
      progress[slot].confirmed = answered
      confirmReads()
    }
    needsReplication = true
    return slot
  }

  mutating func stepAppendAnswer(from sender: ReplicaID, match: LogIndex, round: Round, promise: Span) {
    guard let slot = answered(sender, round, promise) else { return }
    guard match <= log.last.index else {
      fatalError(
        "A follower has committed entries beyond the end of this leader's log. \(RaftLog.lostByAMajority) "
          + "Start this node again: the follower may lead then.")
    }
    let isNew = match > progress[slot].match
    progress[slot].matched(match, compacted: log.compacted.index)
    if isNew { advanceCommit() }
    handOverIfCaughtUp()
  }

  mutating func stepAppendConflict(
    from sender: ReplicaID, rejected: LogIndex, hint: LogPosition, round: Round, promise: Span
  ) {
    guard let slot = answered(sender, round, promise) else { return }
    Probes.hit(.logConflictIsBackedOff)
    let candidate = log.lastPosition(atMost: hint.index, termAtMost: hint.term).index
    progress[slot].conflicted(rejected: rejected, candidate: candidate)
  }

  mutating func stepHeartbeatAnswer(from sender: ReplicaID, round: Round, promise: Span) {
    guard let slot = answered(sender, round, promise) else { return }
    // The follower lives. What it has not acknowledged for a while may be lost, and nothing else would tell.
    guard clock >= progress[slot].askedAt + configuration.heartbeatInterval else { return }
    switch progress[slot].state {
    case .probe: progress[slot].isProbeSent = false
    case .replicate where progress[slot].match < log.last.index && !progress[slot].isFetching:
      if let previous = position(before: progress[slot].next) {
        sendAppend(slot, previous, [])
      } else {
        progress[slot].becomeProbe(next: progress[slot].match + 1)  // The log no longer reaches back so far.
      }
    case .replicate, .snapshot: break
    }
  }

  // MARK: Commit

  /// Counts replicas only for entries of the own term (paper, section 5.4.2 and figure 8).
  mutating func advanceCommit() {
    let reached = quorumMatch
    guard reached > log.commit else { return }
    #if GANTRY_PLANTS
      if Plants.planted == .commitOfOlderTerm { return commit(through: reached) }
    #endif
    guard log.term(at: reached) == term else { return Probes.hit(.olderTermIsNotCounted) }
    commit(through: reached)
  }

  private mutating func commit(through reached: LogIndex) {
    log.commit(to: reached)
    if commitNoticeDue == nil { commitNoticeDue = clock + configuration.commitNoticeDelay }
    membershipMayBeCommitted()
  }

  /// What a majority has synced.
  private var quorumMatch: LogIndex {
    #if GANTRY_PLANTS
      if Plants.planted == .acknowledgeBeforeMajority { return slot(of: id).map { progress[$0].match } ?? 0 }
    #endif
    return Quorum.reached(by: membership) { [progress] voter in progress.slot(of: voter).map { progress[$0].match } ?? 0
    }
  }
}
