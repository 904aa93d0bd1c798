import Environment
import Testing

@testable import Raft

/// A voter whose disk takes seconds costs its group no leader.
@Suite struct SlowDiskTests {
  /// All restart, so that they ask for votes soon and often; the slow one's log is longer than that of one of the others.
  private func restarted(seed: UInt64) -> Group {
    let ids = (UInt64(1)...3).map { ReplicaID($0) }
    let group = Group(seed: seed)
    for id in UInt64(1)...3 { group.add(id, membership: Membership(voters: ids)) }
    group.now = group.now + .milliseconds(200)
    group.tick(group.hosts[0])
    group.advance(.milliseconds(200), delivers: true)
    group.cut = [[ids[0], ids[1]]]
    _ = group.hosts[0].raft?.propose([1])
    group.process(group.hosts[0])
    group.deliverAll()
    group.cut = []
    for host in group.hosts {
      host.crash(surviving: host.writes.count)
      group.start(host)
    }
    group.network = []
    group.hosts[2].isSyncHeld = true
    return group
  }

  @Test(arguments: UInt64(1)...20) func theOthersElectALeader(seed: UInt64) throws {
    let group = restarted(seed: seed)
    let before = group.hosts.compactMap { $0.raft?.term }.max() ?? 0
    group.advance(.seconds(3), delivers: true)
    let leader = try #require(group.leader)
    #expect(leader.id != group.hosts[2].id)
    #expect(leader.raft!.term - before < 10, "Elections follow each other without an end.")
  }

  @Test func aCandidateStandsAgainOnlyOnceItsVoteIsOnDisk() {
    let group = restarted(seed: 1)
    let slow = group.hosts[2]
    group.advance(.milliseconds(299), delivers: false)
    slow.raft!.stand(isTransfer: false)
    group.process(slow)
    let term = slow.raft!.term
    for _ in 0..<20 {
      group.now = group.now + .milliseconds(100)
      group.tick(slow)
      #expect(slow.raft!.role == .candidate && slow.raft!.term == term)
    }
    group.sync(slow, count: slow.writes.count)
    group.now = group.now + .milliseconds(700)
    group.tick(slow)
    #expect(slow.raft!.role == .preCandidate)
  }
}
