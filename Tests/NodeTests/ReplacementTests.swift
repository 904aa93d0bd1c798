import Environment
import Messages
import Raft
import Replicas
import SimulatedDisk
import Testing

@testable import Node

/// A leader hands an id out once, and to a node that says what it may have done before.
@Suite struct ReplacementTests {
  private let shard = ShardID(1)
  private let group = GroupID(1)

  /// A cluster whose third node is down, so that nobody takes up what is handed out to it.
  private func cluster() throws -> TestCluster {
    let cluster = TestCluster.withWholeLogs()
    try cluster.start()
    _ = try cluster.makeTable()
    cluster.nodes[2].kill()
    // It may have been the leader.
    _ = cluster.run { cluster.leader(of: shard) != nil }
    return cluster
  }

  private func replacement(_ cluster: TestCluster, old: UInt64?) -> ReplicaID? {
    for _ in 0..<20 {
      if case .replacement(let raw)? = cluster.ask(.replaceReplica(NodeID(3), old: old)) { return ReplicaID(raw) }
      _ = cluster.run(ticks: 5)
    }
    return nil
  }

  private func membership(_ cluster: TestCluster) -> Membership? {
    cluster.leader(of: shard)?.running.replica(group)?.raft.membership
  }

  private let old = ReplicaID(node: NodeID(3)).rawValue

  @Test func theNewIdIsALearnerThatNobodyHeldBefore() throws {
    let cluster = try cluster()
    let new = try #require(replacement(cluster, old: old))
    #expect(new.node == NodeID(3) && new.rawValue > old)
    #expect(membership(cluster)?.learners == [new])
    #expect(membership(cluster)?.voters.map(\.rawValue) == [1, 2, 3])
  }

  /// The answer may have been lost.
  @Test func whoAsksAgainGetsTheSameIdFromAnyLeader() throws {
    let cluster = try cluster()
    let new = replacement(cluster, old: old)
    #expect(replacement(cluster, old: old) == new)
    let first = try #require(cluster.leader(of: shard))
    try cluster.nodes[2].start()
    _ = cluster.run(ticks: 50)
    cluster.pause(first.id)
    #expect(cluster.run { cluster.leader(of: shard) != nil })
    // A leader names no successor of its own.
    if cluster.leader(of: shard)?.id == NodeID(3) { cluster.nodes[2].node?.leave(now: cluster.nodes[2].now) }
    #expect(cluster.run { cluster.leader(of: shard).map { $0.id != NodeID(3) } ?? false })
    #expect(replacement(cluster, old: old) == new)
  }

  @Test func whoMayHaveActedUnderItGetsAnotherInItsPlace() throws {
    let cluster = try cluster()
    let first = try #require(replacement(cluster, old: old))
    let second = try #require(replacement(cluster, old: first.rawValue))
    #expect(second > first)
    #expect(membership(cluster)?.learners == [second])
  }

  @Test func whoForgotItsIdIsToldTheNewestAndGetsNone() throws {
    let cluster = try cluster()
    #expect(replacement(cluster, old: nil)?.rawValue == old)
    #expect(membership(cluster)?.learners == [])
    let first = replacement(cluster, old: old)
    #expect(replacement(cluster, old: nil) == first)
  }

  /// It could know an id that is older than one that the node acted under since.
  @Test func aDeposedLeaderTellsNoId() throws {
    let cluster = TestCluster.withWholeLogs()
    try cluster.start()
    _ = try cluster.makeTable()
    let leader = try #require(cluster.leader(of: shard))
    let other = try #require(cluster.nodes.first { $0.id != leader.id })
    cluster.pause(leader.id)
    #expect(cluster.run { cluster.leader(of: shard).map { $0.id != leader.id } ?? false })
    let arrived = cluster.resume(leader.id)
    let request = leader.submit(.replaceReplica(other.id, old: nil))
    for (from, frame) in arrived { leader.receive(frame, from: from) }
    #expect(cluster.run { leader.answers[request] != nil })
    if case .replacement = leader.answers[request] { Issue.record("An id was told without a proof of leadership.") }
  }

  @Test func aLearnerThatLagsIsNoVoter() throws {
    let cluster = try cluster()
    _ = replacement(cluster, old: old)
    #expect(!cluster.run(ticks: 100) { membership(cluster)?.voters.contains { $0.generation > 0 } ?? false })
  }

  @Test func nobodyReplacesALeaderOrAStranger() throws {
    let cluster = try cluster()
    let leader = try #require(cluster.leader(of: shard))
    for node in [leader.id, NodeID(9)] {
      guard case .refused(.failed)? = cluster.ask(.replaceReplica(node, old: 1)) else {
        Issue.record("Node \(node.rawValue) was replaced.")
        continue
      }
    }
  }
}
