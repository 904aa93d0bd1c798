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
      _ = append(Membership(voters: membership.voters, learners: membership.learners))
    } else if !membership.isVoter(id) {
      let best = progress.filter { membership.isVoter($0.id) }.max { $0.match < $1.match }
      if let best { send(.timeoutNow, to: best.id) }
      becomeFollower(term: term, leader: nil)
    }
  }

  // MARK: Transfer

  /// Starts handing leadership to a voter: no proposals are taken until it leads or an election time-out has passed.
  /// False where this replica does not lead, the target is no other voter, or a transfer is under way.
  public mutating func transferLeadership(to target: ReplicaID, now: Instant) -> Bool {
    advance(now)
    guard role == .leader, transfer == nil, target != id, membership.isVoter(target) else { return false }
    transfer = Transfer(target: target, due: clock + configuration.electionTimeoutMax, isAsked: false)
    needsReplication = true
    handOverIfCaughtUp()
    return true
  }

  mutating func handOverIfCaughtUp() {
    guard let pending = transfer, !pending.isAsked, let slot = slot(of: pending.target),
      progress[slot].match == log.last.index
    else { return }
    transfer?.isAsked = true
    send(.timeoutNow, to: pending.target)
  }
}
