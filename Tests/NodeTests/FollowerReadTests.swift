import Environment
import Messages
import Raft
import Replicas
import Testing

@testable import Node

/// Reads with `ConsistentRead=false`: any replica answers them, while it knows that its state is fresh enough.
@Suite struct FollowerReadTests {
  private let shard = ShardID(1)

  private func staleness(_ node: TestNode) -> UInt64? {
    node.running.status.first { $0.shard == shard }?.stalenessMs
  }

  private func followed() throws -> (cluster: TestCluster, leader: TestNode, follower: TestNode, table: TableID) {
    let cluster = TestCluster()
    try cluster.start()
    let table = try cluster.makeTable()
    #expect(cluster.ask(.write(try .count(table, "a")))?.isWritten == true)
    let leader = try #require(cluster.leader(of: shard))
    let follower = try #require(cluster.nodes.first { $0.id != leader.id })
    #expect(cluster.run { (staleness(follower) ?? .max) < 200 })
    return (cluster, leader, follower, table)
  }

  @Test func aFollowerThatHearsItsLeaderAnswers() throws {
    let (cluster, leader, follower, table) = try followed()
    _ = cluster.run(ticks: 100)
    // A heartbeat gives the reading back that came with the answer to the one before.
    #expect((staleness(follower) ?? .max) <= 140)
    #expect(staleness(leader) == 0)
    let request = follower.submit(.read(table, "a", consistent: false))
    follower.turn()
    #expect(follower.answers[request]?.counter == 1)
  }

  /// It finds heartbeats of before the pause in its socket: they say nothing of now.
  @Test func aFollowerThatStoodStillDoesNotTakeOldWordForNew() throws {
    let (cluster, leader, follower, table) = try followed()
    cluster.pause(follower.id)
    _ = cluster.run(ticks: 1_500)
    #expect(cluster.ask(.write(try .count(table, "a")))?.isWritten == true)
    let arrived = cluster.resume(follower.id).prefix { from, _ in from == leader.id }.prefix(3)
    #expect(!arrived.isEmpty)
    for (from, frame) in arrived { follower.receive(frame, from: from) }
    #expect((staleness(follower) ?? 0) >= 15_000)
    let request = follower.submit(.read(table, "a", consistent: false))
    follower.turn()
    #expect(follower.answers[request] == .refused(.notLeader(leader: leader.id)))
    #expect(cluster.run { (staleness(follower) ?? .max) < 200 })
    let again = follower.submit(.read(table, "a", consistent: false))
    follower.turn()
    #expect(follower.answers[again]?.counter == 2)
  }

  /// A leader that hears nobody may have been deposed, and knows for how long.
  @Test func aLeaderThatIsCutOffReportsTheAgeOfItsLastProof() throws {
    let (cluster, leader, _, _) = try followed()
    cluster.isDelivered = { from, to, _ in from != leader.id && to != leader.id }
    _ = cluster.run(ticks: 45)
    #expect(leader.running.status.first { $0.shard == shard }?.role == .leader)
    #expect((100...450).contains(staleness(leader) ?? 0), "\(staleness(leader) ?? 0)")
  }
}
