internal import Environment

/// A follower's log: paper, section 5.3.
extension RaftGroup {
  mutating func stepAppend(
    from sender: ReplicaID, previous: LogPosition, entries: [Entry], commit: LogIndex, round: Round
  ) {
    if previous.index < log.commit {
      // The leader has everything committed (leader completeness), so its entries up to there are ours.
      let rest = entries.drop { $0.index <= log.commit }
      guard !rest.isEmpty else {
        return sendAfterSync(.appendAnswer(match: log.commit, round: round, promise: promise), to: sender)
      }
    } else if !log.holds(previous) {
      let hint = log.lastPosition(atMost: previous.index, termAtMost: previous.term)
      return sendAfterSync(
        .appendConflict(rejected: previous.index, hint: hint, round: round, promise: promise), to: sender)
    }
    for entry in entries { take(entry) }
    let match = previous.index + UInt64(entries.count)
    log.commit(to: min(commit, match))
    #if GANTRY_PLANTS
      if Plants.planted == .acknowledgeBeforeSync {
        return send(.appendAnswer(match: match, round: round, promise: promise), to: sender)
      }
    #endif
    sendAfterSync(.appendAnswer(match: match, round: round, promise: promise), to: sender)
  }

  private mutating func take(_ entry: Entry) {
    if entry.index <= log.last.index {
      if entry.index < log.compacted.index || log.holds(entry.position) { return }
      Probes.hit(.uncommittedEntriesAreCutOff)
      log.truncate(from: entry.index)
      if memberships.truncate(from: entry.index) { outbox.hasNewMembership = true }
    }
    log.append(entry)
    if memberships.append(entry) { outbox.hasNewMembership = true }
  }

  mutating func stepInstallSnapshot(from sender: ReplicaID, _ offer: SnapshotOffer, _ round: Round) {
    send(.heartbeatAnswer(round: round, promise: promiseAtOnce), to: sender)
    if offer.position.index <= log.commit || log.holds(offer.position) {
      log.commit(to: max(log.commit, offer.position.index))
      sendAfterSync(.appendAnswer(match: log.commit, round: round, promise: promise), to: sender)
    } else {
      outbox.snapshotOffer = offer
    }
  }

  /// The state at `position` is installed durably here; it must not be older than what was applied, and this replica
  /// must not lead by now. It may be newer than any offer, and come from a term that is not known here yet. The
  /// membership is the one in effect there.
  public mutating func snapshotInstalled(_ position: LogPosition, membership: Membership) {
    guard role != .leader else { fatalError("A leader cannot install a snapshot.") }
    guard position.index >= log.handedToApply else { fatalError("A snapshot older than the applied state came.") }
    // Only a leader of that term can have made its entries, and the leader known here does not have them.
    if position.term > term { becomeFollower(term: position.term, leader: nil) }
    let outcome = log.installSnapshot(position)
    memberships.installSnapshot(position.index, membership, keepsLog: outcome.isKept)
    outbox.hasNewMembership = true
    if outcome.isReset { outbox.logReset = position }
    if let leader {
      sendAfterSync(.appendAnswer(match: position.index, round: .none, promise: .zero), to: leader)
    }
  }
}
