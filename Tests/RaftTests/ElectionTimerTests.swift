import Environment
import Testing

@testable import Raft

/// Section 5.2: only a leader that is heard, or a vote that is given, makes a follower wait anew. Else a candidate that
/// cannot win, and that asks often, would keep those waiting who can.
@Suite struct ElectionTimerTests {
  /// A follower that holds an entry and has just come to the end of its promise.
  private func follower() -> (RaftGroup, end: Instant) {
    let ids = (UInt64(1)...3).map { ReplicaID($0) }
    let group = Group(seed: 1)
    for id in UInt64(1)...3 { group.add(id, membership: Membership(voters: ids)) }
    group.now = group.now + .milliseconds(200)
    group.tick(group.hosts[0])
    group.advance(.milliseconds(200), delivers: true)
    guard let raft = group.hosts[1].raft, raft.leader == ids[0], raft.last.index > 0 else {
      fatalError("The first replica leads.")
    }
    return (raft, raft.promisedUntil)
  }

  private func request(_ raft: RaftGroup, last: LogPosition) -> Message {
    Message(from: ReplicaID(3), to: raft.id, term: raft.term + 1, body: .vote(last: last, isTransfer: false))
  }

  @Test func aRequestThatIsRefusedPutsNothingOff() {
    var (raft, end) = follower()
    let (due, term) = (raft.electionDue, raft.term)
    raft.step(request(raft, last: .zero), now: end)
    #expect(raft.term == term + 1 && raft.vote == nil)
    #expect(raft.electionDue == due)
  }

  @Test func aVoteThatIsGivenDoes() {
    var (raft, end) = follower()
    raft.step(request(raft, last: raft.last), now: end)
    #expect(raft.vote == ReplicaID(3))
    #expect(raft.electionDue >= end + raft.configuration.electionTimeoutMin)
  }

  /// Whoever stops leading waits like anybody else.
  @Test func aDeposedLeaderWaits() {
    let (raft, end) = follower()
    var leader = raft
    leader.becomeFollower(term: leader.term + 1, leader: nil)
    leader.stand(isTransfer: true)
    let answer = Message(
      from: ReplicaID(3), to: leader.id, term: leader.term + 1, body: .voteAnswer(isGranted: false))
    leader.step(answer, now: end)
    #expect(leader.role == .follower)
    #expect(leader.electionDue >= end + leader.configuration.electionTimeoutMin)
  }
}
