import Catalog
import Environment
import Messages
import Raft
import Replicas
import Testing

@testable import Node

/// Leaders spread over the nodes, slowly, and only to replicas that keep up.
@Suite struct LeaderBalanceTests {
  private static let nodes = [NodeID(1), NodeID(2), NodeID(3)]

  private func cluster() throws -> TestCluster {
    let cluster = TestCluster(shards: 6) { $0.balancesLeaders = true }
    try cluster.start()
    #expect(cluster.run { (1...6 as ClosedRange<UInt32>).allSatisfy { cluster.leader(of: ShardID($0)) != nil } })
    return cluster
  }

  private func counts(_ cluster: TestCluster) -> [Int] {
    cluster.nodes.map { node in node.node?.replicas.count { $0.isServing } ?? 0 }
  }

  @Test func everyNodeIsPreferredForItsShare() {
    let map = ShardMap.initial(shards: 6, nodes: Self.nodes, replication: 3)
    let places =
      [ClusterMembers.Place(shard: .metadata, nodes: Self.nodes)]
      + map.shards.map { .init(shard: $0.id, nodes: $0.nodes) }
    let preferred = PreferredLeaders(places)
    let nodes = places.compactMap { preferred[$0.shard] }
    #expect(Self.nodes.map { node in nodes.count { $0 == node } } == [3, 2, 2])
    let others = PreferredLeaders(places, without: [NodeID(2)])
    #expect(places.allSatisfy { others[$0.shard] != NodeID(2) })
  }

  @Test func leadersSpreadAndDoSoAgainOnceANodeIsBack() throws {
    let cluster = try cluster()
    #expect(cluster.run(ticks: 5_000) { counts(cluster).sorted() == [2, 2, 3] })
    let node = cluster.nodes[1]
    node.kill()
    #expect(cluster.run(ticks: 1_000) { counts(cluster).reduce(0, +) == 7 })
    try node.start(seed: 8)
    // Not at once: it has to keep up for a while.
    #expect(cluster.run { node.running.isReady })
    #expect(counts(cluster)[1] == 0)
    #expect(cluster.run(ticks: 8_000) { counts(cluster) == [3, 2, 2] })
    _ = cluster.run(ticks: 500)
    #expect(counts(cluster) == [3, 2, 2])
  }

  @Test func whoDoesNotKeepUpIsNotMadeLeader() throws {
    let cluster = try cluster()
    #expect(cluster.run(ticks: 5_000) { counts(cluster) == [3, 2, 2] })
    let slow = NodeID(3)
    cluster[slow].kill()
    #expect(cluster.run(ticks: 1_000) { counts(cluster).reduce(0, +) == 7 })
    // It hears its leaders, and takes no entries.
    cluster.isDelivered = { _, to, part in to != slow || !part.message.carriesEntries }
    try cluster[slow].start(seed: 8)
    for shard in 1...6 as ClosedRange<UInt32> { _ = cluster.ask(.checksum, shard: ShardID(shard)) }
    _ = cluster.run(ticks: 3_000)
    #expect(counts(cluster)[2] == 0)
  }

  @Test func aNodeThatIsAboutToStopTakesNoPart() throws {
    let cluster = try cluster()
    #expect(cluster.run(ticks: 5_000) { counts(cluster) == [3, 2, 2] })
    let leaver = cluster.nodes[0]
    leaver.running.leave(now: leaver.now)
    #expect(cluster.run(ticks: 500) { counts(cluster)[0] == 0 })
    #expect(!leaver.running.leadsAnything)
  }
}
