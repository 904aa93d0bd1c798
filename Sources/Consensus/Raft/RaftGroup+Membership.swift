public import Environment

/// Membership changes by joint consensus (paper, section 6) and leadership transfer (Ongaro's thesis, section 3.10).
extension RaftGroup {
  /// Changes the group to `voters` and `learners`. Where the voters change, both the old and the new decide until the
  /// change is committed; the leader then ends it by itself. A leader that is no longer a voter hands over after that.
  public mutating func proposeMembership(
    voters: [ReplicaID], learners: [ReplicaID] = []
  ) throws(MembershipRefusal) -> LogPosition {
    guard role == .leader else { throw .notLeader }
    guard isEstablished else { throw .leaderNotEstablished }
    guard transfer == nil, !membership.isJoint, memberships.currentIndex <= log.commit else {
      throw .changeInProgress
    }
    let target = Membership(voters: voters, learners: learners)
    guard target.isValid, target != membership else { throw .invalid }
    if target.voters == membership.voters { return append(target) }
    Probes.hit(.jointConsensusIsEntered)
    return append(Membership(voters: voters, outgoing: membership.voters, learners: learners))
  }

  private mutating func append(_ membership: Membership) -> LogPosition {
    let position = append(.membership, membership.payload)
    memberships.append(Entry(index: position.index, term: term, kind: .membership, payload: membership.payload))
    outbox.hasNewMembership = true
    rebuildProgress()
    return position
  }

  /// Called after each advance of the commit index: a joint membership ends, a leader that was removed goes.
  mutating func membershipMayBeCommitted() {
    guard memberships.currentIndex <= log.commit else { return }
    if membership.isJoint {
      guard isEstablished else { return }
      Probes.hit(.jointConsensusIsLeft)
      _ = append(Membership(voters: membership.voters, learners: membership.learners))
    } else if !membership.isVoter(id) {
      if let target = transferTarget() { send(.timeoutNow, to: target) }
      becomeFollower(term: term, leader: nil)
    }
  }

  // MARK: Transfer

  /// The best voter to hand leadership to: of those that follow without a gap and answered within
  /// `electionTimeoutMin`, the one that has most of the log, and of equals the lowest id. Nil where there is none, or
  /// where this replica does not lead.
  public func transferTarget() -> ReplicaID? {
    let ready = progress.filter { isReadyToLead($0) }
    guard let most = ready.map({ $0.match }).max() else { return nil }
    return ready.first { $0.match == most }?.id
  }

  /// Whether that voter follows without a gap, answered within `electionTimeoutMin`, and has all that was committed.
  public func canLead(_ voter: ReplicaID) -> Bool {
    progress.contains { $0.id == voter && isReadyToLead($0) && $0.match >= log.commit }
  }

  private func isReadyToLead(_ member: Progress) -> Bool {
    member.id != id && membership.voters.contains(member.id) && member.state == .replicate
      && member.confirmed.number > 0 && clock.since(member.confirmed.sentAt) <= configuration.electionTimeoutMin
  }

  /// Starts handing leadership to a voter: no proposals are taken until it leads or an election time-out has passed.
  /// The lease is given up at once and for the rest of the term, whether the transfer succeeds or not. False where this
  /// replica does not lead, the target is no other voter, or a transfer is under way.
  public mutating func transferLeadership(to target: ReplicaID, now: Instant) -> Bool {
    advance(now)
    guard role == .leader, transfer == nil, target != id, membership.isVoter(target) else { return false }
    isLeaseGivenUp = true
    transfer = Transfer(target: target, due: clock + configuration.electionTimeoutMax, isAsked: false)
    needsReplication = true
    handOverIfCaughtUp()
    return true
  }

  /// Whether a transfer is under way, so that nothing is proposed here.
  public var isHandingOver: Bool { transfer != nil }

  mutating func handOverIfCaughtUp() {
    guard let pending = transfer, !pending.isAsked, let slot = slot(of: pending.target),
      progress[slot].match == log.last.index
    else { return }
    Probes.hit(.transferIsAsked)
    transfer?.isAsked = true
    send(.timeoutNow, to: pending.target)
  }
}
