import Environment
import Expressions
import Messages
import Raft
import Replicas
import Testing

@testable import Node

/// Strong reads that a leader answers from its lease, without asking its followers.
@Suite struct LeaseReadTests {
  private let shard = ShardID(1)

  private func led() throws -> (cluster: TestCluster, leader: TestNode, table: TableID) {
    let cluster = TestCluster()
    try cluster.start()
    let table = try cluster.makeTable()
    #expect(cluster.ask(.write(try .count(table, "a")))?.isWritten == true)
    let leader = try #require(cluster.leader(of: shard))
    #expect(cluster.run { leader.running.replica(GroupID(shard))?.raft.holdsLease(at: leader.now) == true })
    return (cluster, leader, table)
  }

  @Test func aLeaseAnswersWithoutARound() throws {
    let (_, leader, table) = try led()
    let request = leader.submit(.read(table, "a"))
    #expect(leader.answers[request]?.counter == 1)
  }

  /// The process stood still between the start of the turn and the read: by now another leader may have been elected.
  @Test func aLeaseThatEndedDuringTheReadAnswersNothing() throws {
    let (_, leader, table) = try led()
    leader.clock = leader.now + .seconds(5)
    let request = leader.submit(.read(table, "a"))
    #expect(leader.answers[request] == nil)
  }

  /// Nor does what a write found.
  @Test func anAnswerAboutAnItemNeedsTheLeaseToo() throws {
    let (_, leader, table) = try led()
    var write = ItemWrite.put(table, "a")
    write.condition = try .absent()
    leader.clock = leader.now + .seconds(5)
    let refused = leader.submit(.write(write))
    #expect(leader.answers[refused] == nil)
    leader.clock = nil
    let again = leader.submit(.write(write))
    guard case .conditionFailed? = leader.answers[again] else {
      Issue.record("Under the lease the answer comes at once.")
      return
    }
  }

  /// A leader that stood still for longer than its lease asks first, and learns that it was deposed.
  @Test func aPausedLeaderServesNoStaleRead() throws {
    let (cluster, leader, table) = try led()
    cluster.pause(leader.id)
    #expect(cluster.run { cluster.nodes.contains { $0.id != leader.id && $0.running.ledShards.contains(shard) } })
    #expect(cluster.ask(.write(try .count(table, "a")))?.isWritten == true)
    let arrived = cluster.resume(leader.id)
    let request = leader.submit(.read(table, "a"))
    #expect(leader.answers[request]?.counter == nil)
    for (from, frame) in arrived { leader.receive(frame, from: from) }
    _ = cluster.run(ticks: 100) { leader.answers[request] != nil }
    #expect(leader.answers[request]?.counter != 1)
  }
}
