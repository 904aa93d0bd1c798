public import Environment

/// Elections that do not wait for a time-out, because the leader's death is proven.
extension RaftGroup {
  /// The driver has proof that the process that led as `leader` is gone: not that it is silent, but that it can send
  /// nothing any more (its address refuses, or answers as a newer process). The proof must be about the process whose
  /// messages made it the leader known here.
  ///
  /// `term`: the one in which that process was known to lead when the proof was asked for. A later process of the same
  /// replica may have been elected meanwhile, and the proof says nothing of that one.
  ///
  /// Nothing changes unless `leader` is the leader known here, in that term. Otherwise it is forgotten, with the promise
  /// that was made to it, and this replica stands within ``RaftConfiguration/earlyElectionDelayMax``. Peers without the
  /// proof refuse, so it asks again soon. Should a message of that leader arrive after all, it is followed again.
  public mutating func leaderDied(_ leader: ReplicaID, term: Term, now: Instant) {
    advance(now)
    guard role == .follower, self.leader == leader, self.term == term else { return }
    Probes.hit(.leaderIsProvenDead)
    becomeFollower(term: term, leader: nil)
    promisedUntil = .zero
    earlyElectionEnd = clock + configuration.electionTimeoutMax
    electionDue = clock + randomSpan(.zero, configuration.earlyElectionDelayMax)
  }

  /// An election was refused: after a proof of death the next one is near.
  mutating func hurryIfEarly() {
    guard clock < earlyElectionEnd, role != .leader else { return }
    let retry = clock + randomSpan(configuration.earlyElectionRetryMin, configuration.earlyElectionRetryMax)
    electionDue = min(electionDue, retry)
  }

  mutating func randomSpan(_ shortest: Span, _ longest: Span) -> Span {
    Span(nanoseconds: shortest.nanoseconds + random.below(longest.nanoseconds - shortest.nanoseconds + 1))
  }
}
