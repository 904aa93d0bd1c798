import Environment
import Messages
import Raft
import Replicas
import Shards
import SimulatedDisk
import Store
import Testing

@testable import Node

/// Replicas are compared range by range, and one that differs from most is rebuilt.
@Suite struct ScrubTests {
  private let shard = ShardID(1)
  private static let keys = 6
  private static let path = "/data/shard-1/shard.1.db"

  private func cluster(scrubs: Bool = true) throws -> (TestCluster, TableID) {
    let cluster = TestCluster { configuration in
      configuration.idleFlushDelay = .seconds(86_400)
      configuration.storageFlushBytesMin = 1 << 20
      configuration.overlayBytesMax = 16 << 20
      configuration.journalBytesMax = 16 << 20
      configuration.scrub = scrubs ? .init(interval: .seconds(4), pause: .milliseconds(10), bytesMax: 600) : nil
    }
    try cluster.start()
    let table = try cluster.makeTable()
    try count(cluster, table)
    return (cluster, table)
  }

  private func count(_ cluster: TestCluster, _ table: TableID) throws {
    for key in 0..<Self.keys {
      #expect(cluster.ask(.write(try .count(table, "k\(key)", filler: 400)))?.isWritten == true)
    }
  }

  private func isLeader(_ node: TestNode, of cluster: TestCluster) -> Bool {
    cluster.leader(of: shard)?.id == node.id
  }

  /// The disk lost the newest write of the page that holds the rows, and nothing else: what is there has the right sums.
  private func losePageWrite(_ victim: TestNode, _ cluster: TestCluster, _ table: TableID) throws {
    try victim.flush(shard)
    let old = try #require(victim.disk.content(Self.path))
    try count(cluster, table)
    try victim.flush(shard)
    victim.kill()
    for path in victim.disk.paths where path.hasPrefix(Self.path) && path.hasSuffix("-wal") {
      victim.disk.cut(path, to: 0)
    }
    let file = try victim.disk.open(Self.path, create: false)
    try old[4_096..<8_192].withUnsafeBytes { try file.write($0, at: 4_096) }
    try file.sync()
    file.close()
    try victim.start(seed: 77)
  }

  private func rounds(_ cluster: TestCluster) -> UInt64 {
    cluster.nodes.reduce(0) { $0 + ($1.node?.scrubbed.rounds ?? 0) }
  }

  @Test func withoutARoundALostPageWriteIsServed() throws {
    let (cluster, table) = try cluster(scrubs: false)
    let victim = try #require(cluster.nodes.first { !isLeader($0, of: cluster) })
    try losePageWrite(victim, cluster, table)
    #expect(cluster.run { cluster.isWhole })
    #expect(Set(cluster.checksums(of: shard) ?? []).count == 2)
  }

  @Test func aFollowerThatLostAPageWriteIsFoundAndRebuilt() throws {
    let (cluster, table) = try cluster()
    let victim = try #require(cluster.nodes.first { !isLeader($0, of: cluster) })
    let id = victim.replicaID(GroupID(shard))
    try losePageWrite(victim, cluster, table)
    #expect(cluster.run(ticks: 3_000) { victim.running.replicasDiffered == 1 })
    #expect(victim.notices.contains { $0.text.contains("differ from those of the other replicas") })
    #expect(cluster.run(ticks: 2_000) { cluster.isWhole })
    #expect(victim.replicaID(GroupID(shard)) != id)
    #expect(cluster.checksums(of: shard).map { Set($0).count } == 1)
    #expect(cluster.nodes.reduce(0) { $0 + $1.running.scrubbed.differences } >= 1)
    for key in 0..<Self.keys { #expect(cluster.ask(.read(table, "k\(key)"))?.counter == 2) }
  }

  /// Who leads is judged like the others: it gives its replica up, and others go on.
  @Test func aLeaderThatLostAPageWriteIsFoundAndRebuilt() throws {
    let (cluster, table) = try cluster()
    let victim = try #require(cluster.nodes.first { !isLeader($0, of: cluster) })
    try losePageWrite(victim, cluster, table)
    // The others let it lead: it hears of no round before.
    for _ in 0..<200 where !isLeader(victim, of: cluster) {
      if let leader = cluster.leader(of: shard)?.running.replica(GroupID(shard)), leader.mayHandOver(to: victim.id) {
        leader.handOver(to: victim.id, now: cluster[victim.id].now)
      }
      _ = cluster.run(ticks: 2)
    }
    #expect(isLeader(victim, of: cluster))
    #expect(cluster.run(ticks: 3_000) { victim.running.replicasDiffered == 1 })
    #expect(cluster.run(ticks: 2_000) { cluster.isWhole })
    for key in 0..<Self.keys { #expect(cluster.ask(.read(table, "k\(key)"))?.counter == 2) }
    #expect(cluster.checksums(of: shard).map { Set($0).count } == 1)
  }

  /// With one of three down, two that differ are no majority.
  @Test func withoutAMajorityNothingIsGivenUp() throws {
    let (cluster, table) = try cluster()
    let victim = try #require(cluster.nodes.first { !isLeader($0, of: cluster) })
    let other = try #require(cluster.nodes.first { $0.id != victim.id && !isLeader($0, of: cluster) })
    try losePageWrite(victim, cluster, table)
    other.kill()
    #expect(
      cluster.run(ticks: 4_000) {
        cluster.nodes.contains { $0.notices.contains { $0.text.contains("no majority of them says") } }
      })
    #expect(victim.running.replicasDiffered == 0 && victim.running.damage.isEmpty)
    try other.start(seed: 5)
    #expect(cluster.run(ticks: 6_000) { victim.running.replicasDiffered == 1 })
  }

  @Test func roundsEndWhereNobodyWrites() throws {
    let (cluster, table) = try cluster()
    #expect(cluster.run(ticks: 2_000) { rounds(cluster) == 1 })
    let ranges = cluster.nodes.reduce(0) { $0 + $1.running.scrubbed.ranges }
    #expect(ranges >= 3)
    _ = cluster.run(ticks: 1_500)
    #expect(rounds(cluster) == 1)
    try count(cluster, table)
    #expect(cluster.run(ticks: 2_000) { rounds(cluster) == 2 })
    #expect(cluster.nodes.allSatisfy { $0.running.scrubbed.differences == 0 })
  }

  /// An order that was for another range, or came late, costs nobody a replica.
  @Test func onlyTheNewestSumIsJudged() throws {
    let (cluster, _) = try cluster()
    let follower = try #require(cluster.nodes.first { !isLeader($0, of: cluster) })
    #expect(cluster.run(ticks: 2_000) { rounds(cluster) == 1 })
    let newest = try #require(follower.running.rangeSums[GroupID(shard)])
    #expect(follower.ask(.differs(index: newest - 1)) == .done)
    #expect(follower.running.replicasDiffered == 0)
    #expect(follower.ask(.differs(index: newest)) == .done)
    #expect(follower.running.replicasDiffered == 1)
  }
}
