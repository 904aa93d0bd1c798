internal import Environment

/// Elections: paper, section 5.2, with the pre-vote of Ongaro's thesis, section 9.6.
extension RaftGroup {
  mutating func restartElectionTimer(_ now: Instant) {
    let shortest = hasHeardLeader ? configuration.electionTimeoutMin : configuration.firstElectionTimeoutMin
    let longest = hasHeardLeader ? configuration.electionTimeoutMax : configuration.firstElectionTimeoutMax
    electionTimeout = randomSpan(shortest, longest)
    electionDue = (hasHeardLeader ? now : max(now, promisedUntil)) + electionTimeout
  }

  /// A voter may stand. So may one whose removal is not known to be committed: it may be the only one whose log is long
  /// enough to be elected (thesis, section 4.2.2).
  var mayStand: Bool {
    membership.isVoter(id) || (memberships.currentIndex > log.commit && memberships.previous.isVoter(id))
  }

  /// Whether nobody is helped to be elected: a leader lives, here or as far as it was heard.
  var refusesElections: Bool { role == .leader ? configuration.checkQuorum : isPromised }

  mutating func becomeFollower(term newTerm: Term, leader newLeader: ReplicaID?) {
    guard newTerm >= term else { fatalError("A replica's term went back.") }
    if newTerm > term {
      term = newTerm
      vote = nil
    }
    if role == .leader { stopLeading() }
    role = .follower
    leader = newLeader
    votes.removeAll(keepingCapacity: true)
    restartElectionTimer(clock)
  }

  private mutating func stopLeading() {
    progress.removeAll()
    transfer = nil
    commitNoticeDue = nil
    needsReplication = false
    outbox.abandonedReads += reads.abandonAll()
  }

  /// A message of this term's leader came.
  mutating func heard(_ sender: ReplicaID) {
    if let leader, leader != sender { fatalError("Two replicas lead in one term.") }
    if !hasHeardLeader {
      hasHeardLeader = true
      restartElectionTimer(clock)
    }
    if role != .follower || leader != sender { becomeFollower(term: term, leader: sender) }
    makePromise()
    earlyElectionEnd = .zero
    electionDue = clock + electionTimeout
  }

  /// "Do you still hear the leader, and would you vote for me?" Nothing changes until a majority says yes.
  mutating func askForPreVotes() {
    becomeFollower(term: term, leader: nil)
    role = .preCandidate
    for voter in membership.members where voter != id && membership.isVoter(voter) {
      send(.preVote(last: log.last), to: voter, term: term + 1)
    }
    count(Ballot(voter: id, isGranted: true))
  }

  /// Stands for election. The requests leave, and the own vote counts, once term and vote are synced.
  mutating func stand(isTransfer: Bool) {
    becomeFollower(term: term + 1, leader: nil)
    role = .candidate
    vote = id
    for voter in membership.members where voter != id && membership.isVoter(voter) {
      sendAfterSync(.vote(last: log.last, isTransfer: isTransfer), to: voter)
    }
  }

  mutating func count(_ ballot: Ballot) {
    guard !votes.contains(where: { $0.voter == ballot.voter }) else { return }
    votes.append(ballot)
    let votes = votes
    let outcome = Quorum.outcome(among: membership) { voter in votes.first { $0.voter == voter }?.isGranted }
    switch (role, outcome) {
    case (.preCandidate, .won): stand(isTransfer: false)
    case (.candidate, .won): lead()
    case (.preCandidate, .lost), (.candidate, .lost): becomeFollower(term: term, leader: nil)
    case (.preCandidate, .open), (.candidate, .open): break
    case (.follower, _), (.leader, _): fatalError("A vote was counted without an election.")
    }
  }

  private mutating func lead() {
    role = .leader
    leader = id
    hasHeardLeader = true
    earlyElectionEnd = .zero
    isLeaseGivenUp = false
    votes.removeAll(keepingCapacity: true)
    // The first append carries it.
    round = Round(number: 1, sentAt: clock)
    termStart = log.last.index + 1
    rebuildProgress()
    _ = append(.leaderStart, [])
    heartbeatDue = clock + configuration.heartbeatInterval
  }

  // MARK: Messages

  mutating func stepPreVote(from sender: ReplicaID, term asked: Term, last: LogPosition) {
    if asked > term, last >= log.last, !refusesElections {
      send(.preVoteAnswer(isGranted: true), to: sender, term: asked)
    } else {
      if asked > term, isPromised { Probes.hit(.preVoteIsRefusedUnderAPromise) }
      send(.preVoteAnswer(isGranted: false), to: sender)
    }
  }

  mutating func stepPreVoteAnswer(from sender: ReplicaID, term answered: Term, isGranted: Bool) {
    guard role == .preCandidate, !isGranted || answered == term + 1 else { return }
    count(Ballot(voter: sender, isGranted: isGranted))
    if !isGranted { hurryIfEarly() }
  }

  /// At most one vote a term, and only for a log at least as up to date (paper, sections 5.2 and 5.4.1); none inside a
  /// promise, which a newer term does not end.
  mutating func stepVote(from sender: ReplicaID, last: LogPosition, isTransfer: Bool) {
    let isFree = vote == sender || (vote == nil && leader == nil)
    let isGranted = isFree && last >= log.last && (isTransfer || !isPromised)
    if isGranted {
      // A repeated request of the leader that was elected by this vote changes nothing.
      if leader == nil { becomeFollower(term: term, leader: nil) }
      vote = sender
    }
    #if GANTRY_PLANTS
      if Plants.planted == .voteWithoutPersisting { return send(.voteAnswer(isGranted: isGranted), to: sender) }
    #endif
    sendAfterSync(.voteAnswer(isGranted: isGranted), to: sender)
  }

  mutating func stepVoteAnswer(from sender: ReplicaID, isGranted: Bool) {
    guard role == .candidate else { return }
    count(Ballot(voter: sender, isGranted: isGranted))
    if !isGranted { hurryIfEarly() }
  }

  mutating func stepTimeoutNow(from sender: ReplicaID) {
    guard role == .follower, leader == sender, mayStand else { return }
    Probes.hit(.transferIsObeyed)
    stand(isTransfer: true)
  }
}
