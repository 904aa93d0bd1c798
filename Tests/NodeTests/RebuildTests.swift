import Catalog
import Environment
import Items
import Journal
import Messages
import Raft
import Replicas
import SimulatedDisk
import Store
import Testing

@testable import Node

/// A replica whose log or store lost something is replaced by one that never promised anything.
@Suite struct RebuildTests {
  private let shard = ShardID(1)
  private let group = GroupID(1)
  private static let keys = 6

  /// A cluster with counters, all of value 1.
  private func cluster() throws -> (TestCluster, TableID) {
    let cluster = TestCluster.withWholeLogs()
    try cluster.start()
    return (cluster, try fill(cluster))
  }

  private func fill(_ cluster: TestCluster) throws -> TableID {
    let table = try cluster.makeTable()
    try count(cluster, table)
    return table
  }

  private func count(_ cluster: TestCluster, _ table: TableID) throws {
    for key in 0..<Self.keys {
      #expect(cluster.ask(.write(try .count(table, "k\(key)", filler: 400)))?.isWritten == true)
    }
  }

  private func follower(_ cluster: TestCluster) throws -> TestNode {
    try #require(cluster.nodes.first { $0.id != cluster.leader(of: shard)?.id })
  }

  /// Everything acknowledged is there, on every replica, and it stays there when another node goes.
  private func check(_ cluster: TestCluster, _ table: TableID, _ value: Int, after what: String = "") throws {
    #expect(cluster.run { cluster.isWhole }, "\(what)")
    #expect(Set(cluster.checksums(of: shard) ?? []).count == 1, "\(what)")
    try #require(cluster.leader(of: shard)).kill()
    for key in 0..<Self.keys { #expect(cluster.ask(.read(table, "k\(key)"))?.counter == value, "\(what)") }
  }

  @Test func aDamagedJournalIsFoundAndItsReplicasAreReplaced() throws {
    let (cluster, table) = try cluster()
    let victim = try follower(cluster)
    victim.kill()
    try victim.startDamaged(shard)
    let damaged = victim.running.damage.map { GroupID($0.shard) }
    #expect(damaged.contains(group))
    try count(cluster, table)
    #expect(cluster.run { cluster.isWhole })
    for group in damaged { #expect(victim.replicaID(group)?.generation ?? 0 > 0) }
    try check(cluster, table, 2)
    // The journal reports the damage no more.
    victim.kill()
    try victim.start()
    #expect(victim.running.damage.isEmpty)
  }

  @Test func aMissingJournalIsReplacedAsAWhole() throws {
    let (cluster, table) = try cluster()
    let victim = try follower(cluster)
    victim.kill()
    for path in victim.disk.paths where path.hasPrefix("/data/journal/") { try victim.disk.remove(path) }
    try victim.start()
    #expect(victim.running.damage.count == 2)
    #expect(cluster.run { cluster.isWhole })
    #expect(!victim.running.isJournalDamaged)
    try check(cluster, table, 1)
    victim.kill()
    try victim.start()
    #expect(victim.running.damage.isEmpty)
  }

  // MARK: While it runs

  /// A read is answered by somebody else, not refused for good.
  @Test func aLeaderThatReadsADamagedPageIsReplaced() throws {
    let (cluster, table) = try cluster()
    let victim = try #require(cluster.leader(of: shard))
    try victim.flush(shard)
    victim.damagePages(of: shard)
    let read = victim.submit(.read(table, "k1"))
    #expect(cluster.run { victim.answers[read] != nil })
    #expect(victim.answers[read] == .refused(.notLeader(leader: nil)))
    #expect(victim.hasNoticedDamage(of: shard) && victim.failure == nil)
    #expect(cluster.ask(.read(table, "k1"))?.counter == 1)
    try count(cluster, table)
    try check(cluster, table, 2)
  }

  @Test func aLeaderThatCannotEvaluateAWriteIsReplaced() throws {
    let (cluster, table) = try cluster()
    let victim = try #require(cluster.leader(of: shard))
    try victim.flush(shard)
    victim.damagePages(of: shard)
    // One that waits for a commit, and one that finds the damage.
    let blind = victim.submit(.write(.put(table, "blind")))
    let write = victim.submit(.write(try .count(table, "k2")))
    #expect(cluster.run { victim.answers[write] != nil && victim.answers[blind] != nil })
    #expect(victim.answers[write] == .refused(.notLeader(leader: nil)))
    #expect(victim.answers[blind] == .refused(.outcomeUnknown) || victim.answers[blind]?.isWritten == true)
    #expect(victim.running.operationsWaiting == 0)
    try count(cluster, table)
    try check(cluster, table, 2)
  }

  @Test func aFlushThatFindsDamageLosesTheReplicaAndNotTheNode() throws {
    let (cluster, table) = try cluster()
    let victim = try follower(cluster)
    try victim.flush(shard)
    victim.kill()
    victim.configuration.idleFlushDelay = .milliseconds(300)
    try victim.start()
    // Its writer has no page in memory yet.
    victim.damagePages(of: shard)
    try count(cluster, table)
    #expect(cluster.run { victim.hasNoticedDamage(of: shard) })
    #expect(victim.failure == nil)
    try check(cluster, table, 2)
  }

  /// While it reads the rows, or when it pins their state.
  @Test(arguments: [1, 2]) func aChecksumThatFindsDamageLosesTheReplica(page: Int) throws {
    let (cluster, table) = try cluster()
    let victim = try follower(cluster)
    try victim.flush(shard)
    victim.damagePages(of: shard, only: page)
    #expect(cluster.ask(.checksum) != nil)
    #expect(cluster.run { victim.hasNoticedDamage(of: shard) })
    try check(cluster, table, 1)
  }

  /// An acknowledgement that waits for its sync when the replica is lost.
  @Test func whatALostReplicaHeldBackIsNotSent() throws {
    let (cluster, table) = try cluster()
    let leader = try #require(cluster.leader(of: shard))
    let victim = try follower(cluster)
    let old = try #require(victim.replicaID(group))
    leader.submit(.write(.put(table, "a")))
    for (to, frame) in leader.consensus { cluster[to].receive(frame, from: leader.id) }
    leader.consensus = []
    victim.consensus = []
    victim.running.lose(group, "The test says so.", now: victim.now)
    while victim.runJob() {}
    #expect(victim.consensus.flatMap(\.frame.parts).allSatisfy { $0.message.from != old || $0.group != group })
    #expect(cluster.run { cluster.isWhole })
    #expect(victim.replicaID(group) != old)
    try check(cluster, table, 1)
  }

  // MARK: Crashes

  /// Power goes at any step between the loss and the successor's first vote.
  @Test func aRebuildThatWasCutOffGoesOn() throws {
    let (made, table) = try cluster()
    let number = Int(try follower(made).id.rawValue) - 1
    made.nodes[number].kill()
    try made.nodes[number].startDamaged(shard)
    for node in made.nodes { node.kill() }
    var changes = 0
    var longest = 0
    while true {
      let cluster = TestCluster.withWholeLogs()
      for (node, old) in zip(cluster.nodes, made.nodes) { node.replaceDisk(by: old.disk.copy()) }
      let victim = cluster.nodes[number]
      victim.disk.stop(afterChanges: changes)
      for node in cluster.nodes { try? node.start(seed: UInt64(node.id.rawValue)) }
      _ = cluster.run { victim.disk.isStopped || cluster.isWhole }
      guard victim.disk.isStopped else { break }
      longest = changes
      var random = SeededRandom(seed: UInt64(changes))
      if changes % 2 == 0 { victim.crash(&random) } else { victim.kill() }
      try victim.start()
      try check(cluster, table, 1, after: "\(changes) changes")
      #expect(victim.replicaID(group)?.generation ?? 0 > 0)
      changes += 3
    }
    #expect(longest > 40, "\(longest)")
  }
}
