import Environment
import Testing

@testable import Raft

/// A proof that the leader is dead elects at once; silence does not.
@Suite struct EarlyElectionTests {
  private let ids = (UInt64(1)...3).map { ReplicaID($0) }
  private let configuration = RaftConfiguration()

  /// Replica 1 leads, is heard by all, and dies.
  private func orphaned(seed: UInt64) -> Group {
    let group = Group(seed: seed)
    for id in UInt64(1)...3 { group.add(id, membership: Membership(voters: ids)) }
    group.now = group.now + .milliseconds(200)
    group.tick(group.hosts[0])
    group.advance(.seconds(1), delivers: true)
    group.hosts[0].crash(surviving: 0)
    return group
  }

  private func prove(_ group: Group, to host: Host) {
    let term = host.raft!.term
    host.raft!.leaderDied(ids[0], term: term, now: group.now)
    group.process(host)
  }

  /// Seeds 1 to 20. Two followers that draw nearly the same delay split the vote, and ask again soon.
  @Test func aProofOfDeathElectsWithinTheDelay() {
    var prompt = 0
    for seed in UInt64(1)...20 {
      let group = orphaned(seed: seed)
      for host in group.hosts[1...] { prove(group, to: host) }
      group.advance(configuration.earlyElectionDelayMax, delivers: true)
      if group.leader != nil { prompt += 1 }
      group.advance(.milliseconds(200), delivers: true)
      #expect(group.leader != nil, "seed \(seed)")
    }
    #expect(prompt >= 18)
  }

  @Test func silenceAloneElectsNobodyInsideThePromise() {
    for seed in UInt64(1)...20 {
      let group = orphaned(seed: seed)
      group.advance(.milliseconds(235), delivers: true)
      #expect(group.hosts.allSatisfy { $0.raft == nil || $0.raft!.role == .follower })
    }
  }

  /// A peer without the proof still believes in the leader and refuses; its promise ends long before a time-out does.
  @Test func aRefusedEarlyElectionIsAskedForAgainSoon() {
    for seed in UInt64(1)...20 {
      let group = orphaned(seed: seed)
      let asker = group.hosts[1]
      group.hosts[2].isPaused = true
      prove(group, to: asker)
      group.advance(configuration.earlyElectionDelayMax, delivers: false)
      #expect(asker.raft!.role == .preCandidate)
      group.hosts[2].isPaused = false
      group.deliverAll()
      #expect(group.leader == nil)
      let next = asker.raft!.nextDeadline.since(group.now)
      #expect(next >= configuration.earlyElectionRetryMin && next <= configuration.earlyElectionRetryMax)
      group.advance(.milliseconds(370), delivers: true)
      #expect(group.leader != nil, "seed \(seed)")
    }
  }

  @Test func onlyTheDeathOfTheKnownLeaderCounts() {
    let group = orphaned(seed: 1)
    let follower = group.hosts[1]
    let due = follower.raft!.nextDeadline
    let term = follower.raft!.term
    follower.raft!.leaderDied(ids[2], term: term, now: group.now)
    #expect(follower.raft!.leader == ids[0] && follower.raft!.nextDeadline == due)
  }

  /// The leader's process ended, and a later one was elected before the proof of that end was looked at.
  @Test func aProofThatComesAfterTheNextElectionChangesNothing() {
    let group = orphaned(seed: 1)
    let follower = group.hosts[1]
    let proven = follower.raft!.term
    let later = Message.Body.heartbeat(commit: 0, round: Round(number: 1, sentAt: group.now))
    group.deliver(Message(from: ids[0], to: ids[1], term: proven + 1, body: later))
    let due = follower.raft!.nextDeadline
    follower.raft!.leaderDied(ids[0], term: proven, now: group.now)
    #expect(follower.raft!.leader == ids[0] && follower.raft!.isPromised && follower.raft!.nextDeadline == due)
  }

  @Test func aLeaderThatSpeaksAfterAllIsFollowedAgain() {
    let group = orphaned(seed: 1)
    let follower = group.hosts[1]
    prove(group, to: follower)
    #expect(follower.raft!.leader == nil && !follower.raft!.isPromised)
    let heartbeat = Message.Body.heartbeat(commit: 0, round: Round(number: 90, sentAt: group.now))
    group.deliver(Message(from: ids[0], to: ids[1], term: follower.raft!.term, body: heartbeat))
    #expect(follower.raft!.leader == ids[0] && follower.raft!.isPromised)
    #expect(follower.raft!.nextDeadline >= group.now + configuration.electionTimeoutMin)
  }
}
