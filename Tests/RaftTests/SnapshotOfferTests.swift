import Environment
import Testing

@testable import Raft

/// What may lie between the offer of a snapshot and its installation.
@Suite struct SnapshotOfferTests {
  private let ids = (UInt64(1)...3).map { ReplicaID($0) }

  /// Replica 1 leads; 3 missed what 1 has dropped, and was offered a snapshot.
  private func offered() -> Group {
    let group = Group(seed: 1)
    for id in UInt64(1)...3 { group.add(id, membership: Membership(voters: ids)) }
    group.now = group.now + .milliseconds(200)
    group.tick(group.hosts[0])
    group.advance(.milliseconds(200), delivers: true)
    group.cut = [[ids[0], ids[2]], [ids[1], ids[2]]]
    propose(group, 3)
    group.hosts[0].compact(through: group.hosts[0].raft!.applied)
    group.cut = []
    group.advance(.milliseconds(200), delivers: true)
    return group
  }

  private func propose(_ group: Group, _ count: Int) {
    for _ in 0..<count { _ = group.hosts[0].raft!.propose([1]) }
    group.process(group.hosts[0])
    group.deliverAll()
  }

  @Test func aNewerSnapshotThanTheOfferedOneIsUnderstood() {
    let group = offered()
    let position = group.hosts[2].offer!.position
    propose(group, 2)
    #expect(group.hosts[2].installSnapshot(from: group.hosts[0])!.index == position.index + 2)
    group.process(group.hosts[2])
    propose(group, 1)
    #expect(group.hosts[0].raft!.peers[2].state == .replicate)
    #expect(group.hosts[2].raft!.last == group.hosts[0].raft!.last)
  }

  @Test func afterASnapshotTheLogGoesOnFromMemoryOrDisk() {
    for entryCacheBytesMax in [0, 1 << 20] {
      let group = offered()
      let source = Host(id: ids[0], membership: Membership(voters: ids))
      source.state = group.hosts[0].state
      source.raft = group.hosts[0].raft
      propose(group, 4)
      if entryCacheBytesMax == 0 { group.hosts[0].raft!.log.evict(bytesMax: 0) }
      #expect(group.hosts[2].installSnapshot(from: source) != nil)
      group.process(group.hosts[2])
      group.deliverAll()
      #expect(group.hosts[2].raft!.last == group.hosts[0].raft!.last)
    }
  }

  /// The server of the snapshot had heard of an election that this replica had not. The leader known here must not be
  /// told of entries that it does not have.
  @Test func aSnapshotOfANewerTermRaisesTheTerm() {
    let group = offered()
    let follower = group.hosts[2]
    var sent: [Message] = []
    group.observe = { _, event in if case .sent(let message, _) = event { sent.append(message) } }
    follower.raft!.snapshotInstalled(LogPosition(index: 50, term: 3), membership: Membership(voters: ids))
    group.process(follower)
    #expect(follower.raft!.term == 3 && follower.raft!.leader == nil && sent.isEmpty)
    #expect(follower.disk.hardState.term == 3)
  }

  /// The crash comes after the snapshot was installed and before its term was written.
  @Test func aRecoveredSnapshotOfANewerTermRaisesTheTerm() {
    let recovered = Recovered(
      hardState: HardState(term: 2, vote: ids[1]), membership: Membership(voters: ids),
      compacted: LogPosition(index: 50, term: 3), entries: [], applied: 50)
    var raft = RaftGroup(
      configuration: RaftConfiguration(), id: ids[2], recovered: recovered, random: SeededRandom(seed: 1), now: .zero)
    #expect(raft.term == 3)
    #expect(raft.takeReady().hardState == HardState(term: 3, vote: nil, commit: 50))
  }

  /// Entries that the log on disk no longer has are not asked for again and again.
  @Test func aFetchThatFindsNothingLeadsToAnOffer() {
    let group = offered()
    let leader = group.hosts[0]
    _ = group.hosts[2].installSnapshot(from: leader)
    group.process(group.hosts[2])
    group.deliverAll()
    group.cut = [[ids[0], ids[2]]]
    propose(group, 4)
    leader.raft!.log.evict(bytesMax: 0)
    leader.disk.entries = []
    var fetches = 0
    var offers = 0
    group.observe = { _, event in
      if case .fetch = event { fetches += 1 }
      if case .offered = event { offers += 1 }
    }
    group.cut = []
    group.advance(.milliseconds(500), delivers: true)
    #expect(fetches == 1 && offers == 1)
    group.advance(.milliseconds(600), delivers: true)
    #expect(fetches == 1 && offers == 2, "The offer is repeated while the follower builds.")
    #expect(group.hosts[2].installSnapshot(from: leader) != nil)
    group.process(group.hosts[2])
    propose(group, 1)
    #expect(group.hosts[2].raft!.last == leader.raft!.last)
  }

  /// An acknowledgement that was late says nothing about a snapshot.
  @Test func aLateAcknowledgementDoesNotEndASnapshot() {
    let group = offered()
    let leader = group.hosts[0]
    let match = leader.raft!.peers[2].match
    let late = Message.Body.appendAnswer(match: match, round: .none, promise: .zero)
    group.deliver(Message(from: ids[2], to: ids[0], term: leader.raft!.term, body: late))
    #expect(leader.raft!.peers[2].state == .snapshot)
  }
}
