internal import Environment

/// What was decided since the last ``Ready``.
struct Outbox: Sendable {
  var messages: [Message] = []
  var messagesAfterSync: [Message] = []
  var abandonedReads: [UInt64] = []
  var fetches: [EntryFetch] = []
  var snapshotOffer: SnapshotOffer?
  var logReset: LogPosition?
  var hasNewMembership = false
  /// What the driver was told last.
  var handedHardState = HardState()
  var handedRole = RoleChange(role: .follower, term: 0, leader: nil)
}

extension RaftGroup {
  /// Whether ``takeReady()`` has something. It may still turn out empty.
  public var hasReady: Bool {
    needsReplication || reads.roundWanted != nil || log.hasEntriesToPersist || log.hasEntriesToApply
      || !outbox.messages.isEmpty || !outbox.messagesAfterSync.isEmpty || !outbox.fetches.isEmpty
      || reads.hasReady(handedToApply: log.handedToApply) || !outbox.abandonedReads.isEmpty
      || outbox.snapshotOffer != nil || outbox.logReset != nil || outbox.hasNewMembership
      || writesVote || roleNow != outbox.handedRole
  }

  /// The next output, nil where there is none. One call instead of two: a driver that keeps the group in an object would
  /// have all of it copied by the question alone.
  public mutating func nextReady() -> Ready? { hasReady ? takeReady() : nil }

  public mutating func takeReady() -> Ready {
    if role == .leader {
      if let asked = reads.roundWanted { openRound(sentAt: asked) }
      if needsReplication { replicate() }
    }
    let entries = log.takeEntriesToPersist()
    let committed = log.takeEntriesToApply(bytesMax: configuration.applyBytesMax)
    var ready = Ready(
      ticket: SyncTicket(last: log.last, term: term, truncations: log.truncations))
    ready.logReset = outbox.logReset
    // The commit index is only a hint, not worth a write of its own.
    if writesVote || (!entries.isEmpty && log.commit != outbox.handedHardState.commit) {
      outbox.handedHardState = HardState(term: term, vote: vote, commit: log.commit)
      ready.hardState = outbox.handedHardState
    }
    ready.entries = entries
    ready.committed = committed
    ready.reads = reads.takeReady(handedToApply: log.handedToApply)
    if roleNow != outbox.handedRole {
      outbox.handedRole = roleNow
      ready.role = roleNow
    }
    if outbox.hasNewMembership { ready.membership = membership }
    takeOutbox(&ready)
    return ready
  }

  private mutating func takeOutbox(_ ready: inout Ready) {
    swap(&ready.messages, &outbox.messages)
    swap(&ready.messagesAfterSync, &outbox.messagesAfterSync)
    swap(&ready.abandonedReads, &outbox.abandonedReads)
    swap(&ready.fetches, &outbox.fetches)
    ready.snapshotOffer = outbox.snapshotOffer
    outbox.snapshotOffer = nil
    outbox.logReset = nil
    outbox.hasNewMembership = false
  }

  private var writesVote: Bool {
    #if GANTRY_PLANTS
      if Plants.planted == .voteWithoutPersisting, role == .follower { return false }
    #endif
    return hasNewVote
  }

  private var hasNewVote: Bool { term != outbox.handedHardState.term || vote != outbox.handedHardState.vote }

  private var roleNow: RoleChange { RoleChange(role: role, term: term, leader: leader) }
}
