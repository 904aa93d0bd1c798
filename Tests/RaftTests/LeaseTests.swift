import Environment
import Testing

@testable import Raft

/// Promises and the leases that are made of them, each rule of `RaftGroup+Lease` by itself.
@Suite struct LeaseTests {
  private let one = ReplicaID(1)
  private let two = ReplicaID(2)
  private let three = ReplicaID(3)
  private let promise = RaftConfiguration().electionTimeoutMin

  /// Three replicas of which 1 leads and is followed, a second after its election.
  private func led(seed: UInt64 = 1, rates: [UInt64] = [1_000, 1_000, 1_000]) -> Group {
    let group = Group(seed: seed)
    for id in UInt64(1)...3 { group.add(id, membership: Membership(voters: [one, two, three])) }
    for (host, rate) in zip(group.hosts, rates) { host.clock.rate = rate }
    group.now = group.now + .milliseconds(200)
    group.tick(group.hosts[0])
    group.advance(.seconds(1), delivers: true)
    return group
  }

  private func holdsLease(_ group: Group, _ id: ReplicaID) -> Bool {
    let host = group.host(id)!
    return host.raft!.holdsLease(at: group.reading(host))
  }

  /// Hands `body` to the replica as if a peer had sent it, and returns what it answers to that peer.
  @discardableResult
  private func hand(
    _ group: Group, _ body: Message.Body, term: Term, to: ReplicaID, from: ReplicaID
  ) -> [Message.Body] {
    group.network = []
    group.deliver(Message(from: from, to: to, term: term, body: body))
    defer { group.network = [] }
    return group.network.filter { $0.to == from }.map { $0.body }
  }

  private func askForVote(_ group: Group, of: ReplicaID, term: Term, isTransfer: Bool = false) -> Bool {
    let last = LogPosition(index: 1_000, term: term - 1)
    return hand(group, .vote(last: last, isTransfer: isTransfer), term: term, to: of, from: three)
      .contains(.voteAnswer(isGranted: true))
  }

  // MARK: The lease

  @Test func aLeaderThatIsFollowedHoldsALease() {
    let group = led()
    let leader = group.host(one)!.raft!
    #expect(holdsLease(group, one) && !holdsLease(group, two))
    let end = leader.peers.filter { $0.id != one }.map { $0.confirmed.sentAt }.max()!
    #expect(leader.leaseExpiry == end + .milliseconds(270))
  }

  /// It goes on for a while as if it led; what it says of commits is then about the past.
  @Test func aLeaderThatIsCutOffIsKnownToBeTheOnlyOneForItsLeaseAndNoLonger() {
    let group = led()
    let leader = group.host(one)!
    #expect(leader.raft!.soleUntil(group.reading(leader)) == group.reading(leader))
    group.cut = [[two, one], [three, one]]
    let expiry = leader.raft!.leaseExpiry
    group.advance(.milliseconds(500), delivers: true)
    #expect(leader.raft!.isLeader && group.reading(leader) > expiry)
    #expect(leader.raft!.soleUntil(group.reading(leader)) == expiry)
  }

  /// Its successor may have been elected at once.
  @Test func aLeaderThatHandsOverIsKnownToBeTheOnlyOneAsFarAsItWasAnswered() {
    let group = led()
    let leader = group.host(one)!
    let answered = leader.raft!.peers.filter { $0.id != one }.map { $0.confirmed.sentAt }.max()!
    _ = leader.raft!.transferLeadership(to: two, now: group.now)
    #expect(leader.raft!.soleUntil(group.reading(leader) + .seconds(1)) == answered)
  }

  @Test func aLeaderWithoutAnOwnCommittedEntryHasNoLease() {
    let group = Group(seed: 1)
    for id in UInt64(1)...3 { group.add(id, membership: Membership(voters: [one, two, three])) }
    group.now = group.now + .milliseconds(200)
    group.host(two)!.isSyncHeld = true
    group.host(three)!.isSyncHeld = true
    group.tick(group.hosts[0])
    for step in 0..<40 where step < 30 || !group.network.isEmpty {
      group.deliverAll()
      let leads = group.host(one)!.raft!.isLeader
      for host in group.hosts where !leads { group.sync(host, count: host.writes.count) }
    }
    // The first entry is not acknowledged, but heartbeats are answered.
    group.advance(.milliseconds(200), delivers: true)
    let raft = group.host(one)!.raft!
    #expect(raft.isLeader && !raft.isEstablished && raft.peers.contains { $0.id != one && $0.confirmed.number > 1 })
    #expect(raft.leaseExpiry == .zero)
  }

  @Test func aLeaderThatDoesNotCheckItsQuorumHasNoLease() {
    let group = Group(seed: 1)
    group.configuration.checkQuorum = false
    for id in UInt64(1)...3 { group.add(id, membership: Membership(voters: [one, two, three])) }
    group.advance(.seconds(1), delivers: true)
    #expect(group.leader!.raft!.isEstablished && group.leader!.raft!.leaseExpiry == .zero)
  }

  @Test func theOnlyVoterHasALeaseWithoutEndAndIsNotSilentAfterARestart() {
    let group = Group(seed: 1)
    group.add(1, membership: Membership(voters: [one]))
    group.advance(.milliseconds(200), delivers: true)
    #expect(group.host(one)!.raft!.leaseExpiry == .distantFuture)
    group.host(one)!.crash(surviving: 0)
    group.start(group.host(one)!)
    group.advance(.milliseconds(120), delivers: true)
    #expect(holdsLease(group, one))
  }

  @Test func aLeaderThatStepsDownHasNoLease() {
    let group = led()
    hand(group, .heartbeatAnswer(round: .none, promise: .zero), term: 7, to: one, from: three)
    #expect(group.host(one)!.raft!.leaseExpiry == .zero)
  }

  @Test func aReadUnderALeaseWaitsForTheLeadersFirstEntry() {
    let group = led()
    var raft = group.host(one)!.raft!
    raft.termStart = raft.applied + 1
    #expect(!raft.holdsLease(at: group.now))
  }

  /// Joint consensus asks both lists.
  @Test func aLeaseNeedsBothListsOfVoters() throws {
    let group = led()
    for id in UInt64(4)...5 { group.add(id, membership: .none) }
    let learners = [ReplicaID(4), ReplicaID(5)]
    _ = try group.host(one)!.raft!.proposeMembership(voters: [one, two, three], learners: learners)
    group.process(group.host(one)!)
    group.advance(.seconds(1), delivers: true)
    for id in learners { group.cut.formUnion([[id, one], [one, id]]) }
    _ = try group.host(one)!.raft!.proposeMembership(voters: [one] + learners)
    group.process(group.host(one)!)
    group.advance(.milliseconds(200), delivers: true)
    #expect(holdsLease(group, one), "What the new voters promised as learners counts.")
    group.advance(.milliseconds(100), delivers: true)
    #expect(!holdsLease(group, one) && group.host(one)!.raft!.isLeader)
  }

  // MARK: Promises

  /// Whatever the clocks' rates within 5 % either way, no vote is given inside a lease; and it is given afterwards.
  @Test(arguments: [[1_000, 1_000], [950, 1_050], [1_050, 950], [950, 950], [1_050, 1_050]] as [[UInt64]])
  func noVoteIsGivenInsideALease(rates: [UInt64]) {
    let group = led(rates: [rates[0], rates[1], 1_000])
    group.cut = [[one, two], [two, one], [one, three], [three, one]]
    let term = group.host(two)!.raft!.term + 1
    var isGranted = false
    for _ in 0..<400 where !isGranted {
      group.now = group.now + .milliseconds(1)
      isGranted = askForVote(group, of: two, term: term)
      #expect(!isGranted || !holdsLease(group, one))
    }
    #expect(isGranted)
  }

  @Test func insideAPromiseNobodyIsPreferredAndNobodyStands() {
    let group = led()
    let follower = group.host(two)!
    let last = LogPosition(index: 1_000, term: 9)
    #expect(
      hand(group, .preVote(last: last), term: 10, to: two, from: three) == [.preVoteAnswer(isGranted: false)])
    #expect(follower.raft!.nextDeadline >= follower.raft!.promisedUntil)
    group.now = group.now + promise
    #expect(
      hand(group, .preVote(last: last), term: 10, to: two, from: three) == [.preVoteAnswer(isGranted: true)])
  }

  @Test func aNewerTermDoesNotEraseAPromise() {
    let group = led()
    hand(group, .voteAnswer(isGranted: false), term: 9, to: two, from: three)
    #expect(group.host(two)!.raft!.term == 9 && group.host(two)!.raft!.leader == nil)
    #expect(!askForVote(group, of: two, term: 9))
    #expect(!askForVote(group, of: two, term: 10))
    #expect(group.host(two)!.raft!.nextDeadline >= group.host(two)!.raft!.promisedUntil)
    group.now = group.now + promise
    #expect(askForVote(group, of: two, term: 9))
  }

  @Test func aLeaderOfAnOlderTermIsPromisedNothing() {
    let group = led()
    hand(group, .voteAnswer(isGranted: false), term: 9, to: two, from: three)
    let before = group.host(two)!.raft!.promisedUntil
    group.now = group.now + .milliseconds(100)
    let round = Round(number: 50, sentAt: group.now)
    #expect(
      hand(group, .heartbeat(commit: 0, round: round), term: 1, to: two, from: one)
        == [.heartbeatAnswer(round: .none, promise: .zero)])
    #expect(group.host(two)!.raft!.promisedUntil == before)
  }

  // MARK: Restarts

  @Test func aRestartedVoterKeepsThePromiseThatItForgot() {
    let group = led()
    let follower = group.host(two)!
    let term = follower.raft!.term + 1
    follower.crash(surviving: .max)
    group.now = group.now + .milliseconds(5)
    group.start(follower)
    #expect(follower.raft!.nextDeadline > group.now + promise)
    #expect(!askForVote(group, of: two, term: term))
    group.now = group.now + .milliseconds(299)
    #expect(!askForVote(group, of: two, term: term))
    group.now = group.now + .milliseconds(1)
    #expect(askForVote(group, of: two, term: term))
  }

  @Test func aSilentVoterStillAcknowledges() {
    let group = led()
    let follower = group.host(two)!
    follower.crash(surviving: .max)
    group.start(follower)
    let append = Message.Body.append(
      previous: LogPosition(index: 1, term: 1), entries: [], commit: 1, round: Round(number: 90, sentAt: group.now))
    #expect(
      hand(group, append, term: 1, to: two, from: one)
        == [.appendAnswer(match: 1, round: Round(number: 90, sentAt: group.now), promise: promise)])
  }

  @Test func aGroupThatNeverHadALeaderElectsAtOnce() {
    let group = Group(seed: 1)
    for id in UInt64(1)...3 { group.add(id, membership: Membership(voters: [one, two, three])) }
    group.advance(.milliseconds(120), delivers: true)
    #expect(group.leader != nil)
  }

  /// Otherwise a crash before the sync would leave a replica that knows no term and is not silent.
  @Test func aPromiseIsToldOnlyWhenItsTermIsOnDisk() {
    let group = Group(seed: 1)
    group.add(1, membership: Membership(voters: [one, two, three]))
    group.hosts[0].isSyncHeld = true
    let heartbeat = Message.Body.heartbeat(commit: 0, round: Round(number: 3, sentAt: .zero))
    let round = Round(number: 3, sentAt: .zero)
    #expect(
      hand(group, heartbeat, term: 4, to: one, from: two) == [.heartbeatAnswer(round: round, promise: .zero)])
    group.sync(group.hosts[0], count: 1)
    #expect(
      hand(group, heartbeat, term: 4, to: one, from: two) == [.heartbeatAnswer(round: round, promise: promise)])
  }

  // MARK: Transfers

  /// The request to stand may be obeyed whenever it arrives: the leader has no lease any more in its term.
  @Test func aDelayedRequestToStandFindsNoLease() {
    let group = led()
    let leader = group.host(one)!
    let hasBegun = leader.raft!.transferLeadership(to: two, now: group.now)
    #expect(hasBegun)
    #expect(leader.raft!.leaseExpiry == .zero, "The lease is given up before the request leaves.")
    group.process(leader)
    group.network.removeAll { $0.body == .timeoutNow }
    group.advance(.seconds(1), delivers: true)
    let proposed = leader.raft!.propose([1])
    #expect(proposed != nil, "The transfer was given up.")
    group.process(leader)
    group.advance(.seconds(1), delivers: true)
    #expect(leader.raft!.isEstablished && leader.raft!.leaseExpiry == .zero)
    group.deliver(Message(from: one, to: two, term: leader.raft!.term, body: .timeoutNow))
    group.deliverAll()
    #expect(group.leader!.id == two, "Promises to the old leader do not hinder what it asked for.")
    group.advance(.seconds(1), delivers: true)
    #expect(holdsLease(group, two))
  }

  @Test func theBestTargetHasMostOfTheLogAndAnswers() throws {
    let group = led()
    #expect(group.host(one)!.raft!.transferTarget() == two, "Of equals the lowest.")
    #expect(group.host(two)!.raft!.transferTarget() == nil)
    group.cut = [[two, one]]
    _ = group.host(one)!.raft!.propose([1])
    group.process(group.host(one)!)
    group.deliverAll()
    #expect(group.host(one)!.raft!.transferTarget() == three)
    group.cut = [[two, one], [three, one]]
    group.advance(.milliseconds(400), delivers: true)
    #expect(group.host(one)!.raft!.transferTarget() == nil)
  }

  @Test func aLearnerIsNeverATarget() throws {
    let group = led()
    _ = try group.host(one)!.raft!.proposeMembership(voters: [one], learners: [two, three])
    group.process(group.host(one)!)
    group.advance(.seconds(1), delivers: true)
    let leader = group.host(one)!.raft!
    #expect(leader.membership == Membership(voters: [one], learners: [two, three]))
    #expect(leader.transferTarget() == nil)
    let hasBegun = group.host(one)!.raft!.transferLeadership(to: two, now: group.now)
    #expect(!hasBegun)
    #expect(holdsLease(group, one))
  }
}
