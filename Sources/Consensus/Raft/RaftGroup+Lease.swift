public import Environment

/// Leader leases: reads at the leader without a round of messages (Ongaro's thesis, section 6.4.1).
///
/// The thesis trusts that nobody is elected before an election time-out has passed. Here nothing is trusted but what
/// was said: every answer to a leader carries a promise, the time for which its sender neither votes nor stands. A
/// leader's lease ends when the first promise of its quorum may have ended.
///
/// Why no other leader can be elected inside a lease:
/// - A promise counts from the follower's clock when the leader's message came; the leader counts it from its own clock
///   before it sent that message, and takes off a tenth. So the lease ends first wherever no clock runs more than 1/9
///   faster than another: each may be off by 5 % either way. Only the rates matter, never what the clocks show.
/// - Whoever is elected needs a majority, and that meets the quorum of the lease in a voter. Where it is the leader
///   itself, it led no longer when it voted. Anybody else had promised, and a newer term does not erase a promise.
/// - A replica that restarts has forgotten its promises: it is silent for as long as the longest one
///   (``RaftConfiguration/electionTimeoutMin``, which must not have been lowered since). A promise is told only once
///   its term is on disk, so what a replica recovers is never older than the leader that it made a promise to.
/// - Three things set a promise aside, and each ends the lease first: an election that the leader asked for, since a
///   leader gives up its leases of the whole term before it asks (its request may be obeyed late); the proof that the
///   leader's process is gone; and that a newer leader was elected, since by the above it was elected after the lease.
extension RaftGroup {
  /// When this leader's lease ends, on its own clock; `.zero` where it has none: it does not lead, has not committed an
  /// entry of its own term, is no voter any more, has asked for a transfer in this term, or does not check its quorum.
  /// A group of one voter has a lease without end. Never descends while the lease is kept, a change of membership aside.
  public var leaseExpiry: Instant {
    guard isEstablished, !isLeaseGivenUp, configuration.checkQuorum, membership.isVoter(id) else { return .zero }
    return Instant(
      nanoseconds: Quorum.reached(by: membership) { [id, progress] voter in
        if voter == id { return Instant.distantFuture.nanoseconds }
        return progress.slot(of: voter).map { progress[$0].leaseEnd.nanoseconds } ?? 0
      })
  }

  /// Whether the state that is applied here is the newest that anybody was told of, at `now`. Everything before the
  /// leader's own first entry must be applied.
  ///
  /// A reader reads first and asks afterwards, with a reading of the clock that was taken after the value was read: the
  /// process may have been paused in between.
  public func holdsLease(at now: Instant) -> Bool {
    now < leaseExpiry && log.applied >= termStart
  }

  /// Until when, and not after `now`, this leader is known to have been the only one: what it had committed by then was
  /// all that anybody had committed. Without a lease that is the send time of what a majority has answered.
  public func soleUntil(_ now: Instant) -> Instant { min(now, max(leaseExpiry, quorumContact)) }

  // MARK: Promises

  /// Whether this replica has to be silent: it neither votes nor stands, unless the leader itself asked for it.
  var isPromised: Bool { clock < promisedUntil }

  /// The promise that goes with every message of the leader, whether the answer to it arrives or not.
  mutating func makePromise() {
    promisedUntil = max(promisedUntil, clock + configuration.electionTimeoutMin)
  }

  /// What an answer says that leaves after the sync.
  var promise: Span { configuration.electionTimeoutMin }

  /// What an answer says that leaves at once: it must not promise in a term that a crash could still take back.
  var promiseAtOnce: Span { durableTerm == term ? promise : .zero }

  /// A replica that restarts does not know what it has promised. One that never heard of a term was never asked, and
  /// the only voter of a group has nobody to promise to.
  mutating func keepForgottenPromises() {
    guard term > 0, !(membership.voters == [id] && !membership.isJoint) else { return }
    #if GANTRY_PLANTS
      if Plants.planted == .restartedVoterForgetsPromise { return }
    #endif
    Probes.hit(.restartedVoterStaysSilent)
    makePromise()
  }
}
