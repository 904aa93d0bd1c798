public import Environment

extension RaftGroup {
  /// Takes in a message. One that is meant for another replica, or that later events have overtaken, changes nothing.
  public mutating func step(_ message: Message, now: Instant) {
    advance(now)
    guard message.to == id, message.from != id else { return }
    if message.term > term {
      guard stepToNewerTerm(message) else { return }
    } else if message.term < term {
      return answerOlderTerm(message)
    }
    stepInTerm(message)
  }

  /// Returns whether the message is to be handled further.
  private mutating func stepToNewerTerm(_ message: Message) -> Bool {
    switch message.body {
    case .preVote, .preVoteAnswer(isGranted: true):
      return true  // They speak of a term that has not begun.
    case .vote(_, let isTransfer):
      // A candidate that does not hear the leader must not depose it; it asks again, with a pre-vote.
      if !isTransfer && refusesElections { return false }
      adopt(message.term)
    case .append, .heartbeat, .installSnapshot:
      becomeFollower(term: message.term, leader: message.from)
    case .preVoteAnswer(isGranted: false), .voteAnswer, .appendAnswer, .appendConflict, .heartbeatAnswer, .timeoutNow:
      adopt(message.term)
    }
    return true
  }

  /// A newer term without its leader. A follower stands when it was going to: only a leader that is heard and a vote that
  /// is given are reasons to wait anew (paper, section 5.2), or a candidate that cannot win would keep those waiting who
  /// can.
  private mutating func adopt(_ newTerm: Term) {
    let due = role == .follower ? electionDue : nil
    becomeFollower(term: newTerm, leader: nil)
    if let due { electionDue = due }
  }

  private mutating func answerOlderTerm(_ message: Message) {
    #if GANTRY_PLANTS
      if Plants.planted == .noTermCheck { return stepInTerm(message) }
    #endif
    switch message.body {
    case .preVote:
      send(.preVoteAnswer(isGranted: false), to: message.from)
    case .vote:
      sendAfterSync(.voteAnswer(isGranted: false), to: message.from)
    case .append, .heartbeat, .installSnapshot:
      // Tells a deposed leader, which otherwise waits for check-quorum; and lets one that cannot depose this replica's
      // higher term (it refuses votes while it lives) follow it.
      Probes.hit(.deposedLeaderIsTold)
      send(.heartbeatAnswer(round: .none, promise: .zero), to: message.from)
    case .preVoteAnswer, .voteAnswer, .appendAnswer, .appendConflict, .heartbeatAnswer, .timeoutNow:
      break
    }
  }

  private mutating func stepInTerm(_ message: Message) {
    let sender = message.from
    switch message.body {
    case .preVote(let last):
      stepPreVote(from: sender, term: message.term, last: last)
    case .preVoteAnswer(let isGranted):
      stepPreVoteAnswer(from: sender, term: message.term, isGranted: isGranted)
    case .vote(let last, let isTransfer):
      stepVote(from: sender, last: last, isTransfer: isTransfer)
    case .voteAnswer(let isGranted):
      stepVoteAnswer(from: sender, isGranted: isGranted)
    case .append(let previous, let entries, let commit, let round):
      heard(sender)
      stepAppend(from: sender, previous: previous, entries: entries, commit: commit, round: round)
    case .appendAnswer(let match, let round, let promise):
      stepAppendAnswer(from: sender, match: match, round: round, promise: promise)
    case .appendConflict(let rejected, let hint, let round, let promise):
      stepAppendConflict(from: sender, rejected: rejected, hint: hint, round: round, promise: promise)
    case .heartbeat(let commit, let round):
      heard(sender)
      log.commit(to: min(commit, log.last.index))
      send(.heartbeatAnswer(round: round, promise: promiseAtOnce), to: sender)
    case .heartbeatAnswer(let round, let promise):
      stepHeartbeatAnswer(from: sender, round: round, promise: promise)
    case .installSnapshot(let position, let membership, let round):
      heard(sender)
      stepInstallSnapshot(from: sender, SnapshotOffer(from: sender, position: position, membership: membership), round)
    case .timeoutNow:
      stepTimeoutNow(from: sender)
    }
  }
}
