import Catalog
import Environment
import Items
import Messages
import Raft
import Replicas
import SimulatedDisk
import Testing

@testable import Node

/// How a node without data finds its part: as one of the first members of a new cluster, or as one that was wiped.
@Suite struct FormationTests {
  private let shard = ShardID(1)

  @Test func aBlankNodeWaitsWhileAMemberIsUnreachable() throws {
    let cluster = TestCluster()
    let first = cluster.nodes.prefix(2)
    for node in first { try node.start(seed: UInt64(node.id.rawValue)) }
    #expect(!cluster.run { first.contains { $0.running.isReady || !$0.running.replicas.isEmpty } })
    for node in first {
      #expect(node.running.status.map(\.isHealthy) == [false, false])
      #expect(node.running.status.allSatisfy { $0.reason?.contains("nodes 3 ") == true })
      #expect(node.consensus.isEmpty)
    }
    try cluster.nodes[2].start(seed: 3)
    #expect(cluster.run { cluster.isWhole })
    #expect(cluster.nodes.map { $0.replicaID(GroupID(1)) } == cluster.nodes.map { ReplicaID(node: $0.id) })
  }

  @Test func aNewClusterServesSoon() throws {
    let cluster = TestCluster(shards: 3)
    try cluster.start()
    #expect(cluster.run(ticks: 50) { cluster.isWhole })
  }

  /// Members form one after the other, and the first may elect before the last has decided.
  @Test func theLastToFormIsAFirstMemberToo() throws {
    let cluster = TestCluster()
    try cluster.start()
    let last = cluster.nodes[2]
    // Its questions are lost until the others have a term; theirs arrive.
    cluster.isAsking = { $0 != last.id }
    #expect(cluster.run { cluster.leader(of: shard) != nil } && last.running.replicas.isEmpty)
    cluster.isAsking = { _ in true }
    #expect(cluster.run { cluster.isWhole })
    #expect(last.replicaID(GroupID(1)) == ReplicaID(node: last.id))
  }

  /// Power goes at any step of the first start of one of three: it is a first member, or knows that it no longer is.
  @Test func aFirstStartOfThreeThatWasCutOffEndsWell() throws {
    var changes = 0
    while true {
      let cluster = TestCluster.withWholeLogs()
      let victim = cluster.nodes[1]
      victim.disk.stop(afterChanges: changes)
      for node in cluster.nodes { try? node.start(seed: UInt64(node.id.rawValue)) }
      _ = cluster.run(ticks: 20) { victim.disk.isStopped }
      guard victim.disk.isStopped else { break }
      var random = SeededRandom(seed: UInt64(changes))
      if changes % 2 == 0 { victim.crash(&random) } else { victim.kill() }
      try victim.start()
      #expect(cluster.run { cluster.isWhole }, "after \(changes) changes")
      changes += 3
    }
    #expect(changes > 20)
  }

  // MARK: Wiped

  /// Everything that a node sends, by the replica that sends it.
  private func watch(_ cluster: TestCluster, _ node: TestNode, _ saw: @escaping (Message) -> Void) {
    cluster.isDelivered = { from, _, part in
      if from == node.id { saw(part.message) }
      return true
    }
  }

  @Test func aWipedNodeComesBackUnderNewIdsAndTheClusterIsWholeAgain() throws {
    let cluster = TestCluster.withWholeLogs(shards: 2)
    try cluster.start()
    let table = try cluster.makeTable()
    let map = try #require(cluster.nodes[0].running.catalog?.shardMap)
    for number in 0..<10 {
      let write = try ItemWrite.count(table, "k\(number)")
      #expect(cluster.ask(.write(write), shard: map.shard(for: write.key.hash).id)?.isWritten == true)
    }
    let victim = try #require(cluster.leader(of: shard))
    let incarnation = victim.running.incarnation
    for node in cluster.nodes where node.id != victim.id {
      #expect(node.running.admit(victim.id, incarnation: incarnation + 3, start: 1) == nil)
    }
    victim.replaceDisk()
    var senders: Set<ReplicaID> = []
    var voted: Set<ReplicaID> = []
    watch(cluster, victim) { message in
      senders.insert(message.from)
      if case .voteAnswer = message.body { voted.insert(message.from) }
    }
    try victim.start()
    #expect(cluster.run { cluster.isWhole })
    #expect(victim.running.incarnation > incarnation + 3, "Above any that others have seen.")
    #expect(!senders.isEmpty && senders.allSatisfy { $0.generation > 0 })
    #expect(voted.isEmpty, "Nobody lost the leader.")
    for group in [GroupID.metadata, GroupID(1), GroupID(2)] {
      let memberships = cluster.nodes.map { $0.running.replica(group)?.raft.membership }
      #expect(memberships[0]?.voters.map(\.node).sorted() == cluster.nodes.map(\.id))
      #expect(memberships[0]?.contains(ReplicaID(node: victim.id)) == false)
      #expect(memberships.allSatisfy { $0 == memberships[0] })
    }
    #expect(Set(try #require(cluster.checksums(of: shard))).count == 1)
    // Its vote counts again.
    let next = try #require(cluster.leader(of: shard))
    (next.id == victim.id ? cluster.nodes.first { $0.id != victim.id }! : next).kill()
    for group in [GroupID(1), GroupID(2)] { #expect(cluster.run { cluster.leader(of: group.shard) != nil }) }
  }

  /// Who cannot be asked may have seen more starts than the others, and must not refuse the node for ever.
  @Test func aMemberThatWasAwayAdmitsAWipedNodeToo() throws {
    let cluster = TestCluster.withWholeLogs()
    try cluster.start()
    let (victim, away) = (cluster.nodes[1], cluster.nodes[2])
    let seen = victim.running.incarnation + 30
    #expect(away.running.admit(victim.id, incarnation: seen, start: 1) == nil)
    _ = cluster.run(ticks: 50) { false }
    away.kill()
    victim.replaceDisk()
    try victim.start()
    #expect(cluster.run { victim.running.incarnation > 0 })
    try away.start()
    #expect(away.running.admit(victim.id, incarnation: seen - 1, start: 2) != nil, "It remembers.")
    #expect(away.running.admit(victim.id, incarnation: victim.running.incarnation, start: 3) == nil)
  }

  /// It joined anew before, and only the one that is away now has seen that.
  @Test func aMemberThatSawAnEarlierRejoinAdmitsTheNextOne() throws {
    let cluster = TestCluster.withWholeLogs()
    try cluster.start()
    let (victim, away) = (cluster.nodes[1], cluster.nodes[2])
    victim.wallTimeMs = 1_700_000_000_000
    _ = cluster.run(ticks: 50) { false }
    away.kill()
    victim.replaceDisk()
    try victim.start()
    #expect(cluster.run { victim.running.incarnation > 0 })
    let first = victim.running.incarnation
    try away.start()
    #expect(away.running.admit(victim.id, incarnation: first, start: 1) == nil)
    away.kill()
    victim.wallTimeMs = 1_700_000_000_500
    victim.replaceDisk()
    try victim.start()
    #expect(cluster.run { victim.running.incarnation > 0 })
    try away.start()
    #expect(away.running.admit(victim.id, incarnation: victim.running.incarnation, start: 2) == nil)
  }

  /// With its old id it would elect a leader that lacks what it once acknowledged.
  @Test func aWipedNodeElectsNobody() throws {
    let cluster = TestCluster.withWholeLogs()
    try cluster.start()
    let table = try cluster.makeTable()
    let third = cluster.nodes[2]
    third.kill()
    #expect(cluster.ask(.write(try .count(table, "a")))?.isWritten == true)
    // Two copies had it; one is wiped, the other is down.
    let (first, victim) = (cluster.nodes[0], cluster.nodes[1])
    first.kill()
    victim.replaceDisk()
    try victim.start()
    try third.start()
    #expect(!cluster.run(ticks: 800) { cluster.leader(of: shard) != nil })
    #expect(victim.running.replicas.isEmpty)
    #expect(victim.running.status.allSatisfy { !$0.isHealthy && $0.reason?.contains("leader") == true })
    try first.start()
    #expect(cluster.run { cluster.isWhole })
    #expect(cluster.ask(.read(table, "a"))?.counter == 1)
  }

  /// What is lost with a majority is lost, and nothing pretends otherwise.
  @Test func aClusterThatLostAMajorityStaysUnavailable() throws {
    let cluster = TestCluster.withWholeLogs()
    try cluster.start()
    _ = try cluster.makeTable()
    for node in cluster.nodes.suffix(2) {
      node.replaceDisk()
      try node.start()
    }
    #expect(!cluster.run(ticks: 800) { cluster.nodes.suffix(2).contains { !$0.running.replicas.isEmpty } })
    #expect(cluster.leader(of: shard) == nil)
  }

  /// The second time it is wiped it may have acted under its first successor's id: that one is not handed out again.
  @Test func aNodeThatIsWipedAgainGetsAnotherId() throws {
    let cluster = TestCluster.withWholeLogs()
    try cluster.start()
    _ = try cluster.makeTable()
    let victim = try #require(cluster.nodes.first { $0.id != cluster.leader(of: shard)?.id })
    var ids: [ReplicaID?] = []
    for _ in 0..<3 {
      victim.replaceDisk()
      try victim.start()
      #expect(cluster.run { cluster.isWhole })
      ids.append(victim.replicaID(GroupID(1)))
    }
    #expect(Set(ids).count == 3 && !ids.contains(nil))
  }
}
