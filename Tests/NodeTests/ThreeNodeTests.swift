import Catalog
import Environment
import Expressions
import Items
import Journal
import Messages
import Raft
import Replicas
import SimulatedDisk
import Testing

@testable import Node

/// Sequences of events between three nodes that random runs seldom meet.
@Suite struct ThreeNodeTests {
  private let shard = ShardID(1)

  private func missing() throws -> Condition {
    var context = try ExpressionContext(names: nil, values: nil)
    return try Condition.parse(Array("attribute_not_exists(PK)".utf8), role: .condition, context: &context)
  }

  private func leads(_ cluster: TestCluster, other than: NodeID) -> Bool {
    cluster.leader(of: shard).map { $0.id != than } ?? false
  }

  /// A leader whose appends arrived is paused; the others elect, and delete what it had proposed. Its first acts after the
  /// pause are to take in a request and the old acknowledgements.
  @Test func aDeposedLeaderShowsNoConditionThatFailedAgainstItsProposal() throws {
    let cluster = TestCluster()
    try cluster.start()
    let table = try cluster.makeTable()
    let old = try #require(cluster.leader(of: shard))
    old.submit(.write(.put(table, "a")))
    let appends = old.consensus
    old.consensus = []
    cluster.pause(old.id)
    for (to, frame) in appends { cluster[to].receive(frame, from: old.id) }
    #expect(cluster.run { leads(cluster, other: old.id) })
    var delete = ItemWrite.put(table, "a")
    delete.action = .delete
    delete.returns = .old
    guard case .written(let deleted)? = cluster.ask(.write(delete)) else {
      Issue.record("The new leader deletes the item.")
      return
    }
    #expect(deleted.old != nil, "The old leader's proposal was committed.")
    var write = ItemWrite.put(table, "a")
    write.condition = try missing()
    let arrived = cluster.resume(old.id)
    let request = old.submit(.write(write))
    for (from, frame) in arrived { old.receive(frame, from: from) }
    _ = cluster.run(ticks: 100) { old.answers[request] != nil }
    let answer = try #require(old.answers[request])
    if case .conditionFailed = answer { Issue.record("The delete was acknowledged before this write began.") }
  }

  @Test func aDeposedLeaderGivesNoStaleRead() throws {
    let cluster = TestCluster()
    try cluster.start()
    let table = try cluster.makeTable()
    #expect(cluster.ask(.write(try .count(table, "a")))?.isWritten == true)
    let old = try #require(cluster.leader(of: shard))
    cluster.pause(old.id)
    #expect(cluster.run { leads(cluster, other: old.id) })
    #expect(cluster.ask(.write(try .count(table, "a")))?.isWritten == true)
    let arrived = cluster.resume(old.id)
    let request = old.submit(.read(table, "a"))
    for (from, frame) in arrived { old.receive(frame, from: from) }
    _ = cluster.run(ticks: 100) { old.answers[request] != nil }
    #expect(old.answers[request]?.counter != 1)
  }

  /// A replica that has not yet applied the installation of a table must not say that there is none.
  @Test func aReplicaThatLagsSendsReadersToTheLeader() throws {
    let cluster = TestCluster()
    try cluster.start()
    _ = cluster.run { cluster.leader(of: shard) != nil && cluster.leader(of: .metadata) != nil }
    let leader = try #require(cluster.leader(of: shard))
    let lagging = try #require(cluster.nodes.first { $0.id != leader.id })
    cluster.isDelivered = { _, to, part in
      if to == lagging.id, part.group == GroupID(1), case .append = part.message.body { return false }
      return true
    }
    let table = try cluster.makeTable()
    let request = lagging.submit(.read(table, "a", consistent: false))
    #expect(lagging.answers[request] == .refused(.notLeader(leader: leader.id)))
  }

  /// While a member is away the others keep their log. When it is back nobody may keep it for a shard without writes.
  @Test func aShardWithoutWritesPinsNoLog() throws {
    let cluster = TestCluster(shards: 2)
    try cluster.start()
    let table = try cluster.makeTable()
    let map = try #require(cluster.nodes[0].running.catalog?.shardMap)
    let names = (0..<200).map { "k\($0)" }
    func name(in shard: UInt32) -> [String] {
      names.filter { map.shard(for: ItemWrite.put(table, $0).key.hash).id == ShardID(shard) }
    }
    cluster.nodes[2].kill()
    for name in name(in: 1).prefix(20) { #expect(cluster.ask(.write(.put(table, name)))?.isWritten == true) }
    _ = cluster.run(ticks: 100)
    try cluster.nodes[2].start()
    _ = cluster.run(ticks: 100)
    let body = [UInt8](repeating: 1, count: 700)
    let busy = name(in: 2)
    for number in 0..<400 {
      guard let leader = cluster.leader(of: ShardID(2)) else { continue }
      leader.submit(.write(.put(table, busy[number % busy.count], body)), shard: ShardID(2))
      _ = cluster.run(ticks: 1)
    }
    for node in cluster.nodes {
      let bytes = node.running.journal.bytesInUse
      #expect(bytes <= 2 * node.configuration.journalBytesMax, "Node \(node.id.rawValue) keeps \(bytes) bytes of log.")
    }
  }

  @Test func aTableIsServedThoughLeadersChangeWhileItIsMade() throws {
    let cluster = TestCluster(shards: 3)
    try cluster.start()
    _ = cluster.run { cluster.leader(of: .metadata) != nil }
    let first = try #require(cluster.leader(of: .metadata))
    first.submit(.catalogCommand(CatalogCommand.makeTable("patients").encode()), shard: .metadata)
    let isMarked = cluster.run { cluster.nodes.allSatisfy { $0.status(of: "patients") != nil } }
    #expect(isMarked)
    first.kill()
    #expect(cluster.run { cluster.leader(of: .metadata)?.status(of: "patients") == .active })
    try first.start()
    let leader = try #require(cluster.leader(of: .metadata))
    leader.submit(.catalogCommand(CatalogCommand.deleteTable(name: "patients").encode()), shard: .metadata)
    _ = cluster.run { cluster.leader(of: .metadata)?.status(of: "patients") == .deleting }
    cluster.leader(of: .metadata)?.kill()
    #expect(cluster.run { cluster.leader(of: .metadata).map { $0.status(of: "patients") == nil } ?? false })
  }

  @Test func aReplicaWithADamagedLogTakesNoPart() throws {
    let cluster = TestCluster()
    try cluster.start()
    let table = try cluster.makeTable()
    for number in 0..<10 { #expect(cluster.ask(.write(try .count(table, "k\(number)")))?.isWritten == true) }
    let victim = try #require(cluster.nodes.first { $0.id != cluster.leader(of: shard)?.id })
    victim.kill()
    try victim.startDamaged(shard)
    #expect(victim.running.status.contains { !$0.isHealthy })
    victim.consensus = []
    let damaged = Set(victim.running.damage.map(\.shard))
    #expect(damaged.contains(shard))
    for number in 0..<10 { #expect(cluster.ask(.write(try .count(table, "k\(number)")))?.isWritten == true) }
    // A vote for it could elect a replica that lacks what it once acknowledged.
    let vote = Message(
      from: ReplicaID(node: cluster.nodes.first { $0.id != victim.id }!.id), to: ReplicaID(node: victim.id),
      term: 1_000,
      body: .vote(last: LogPosition(index: 1_000, term: 999), isTransfer: true))
    victim.receive(
      ConsensusFrame(parts: [.init(group: GroupID(1), retainedThrough: 0, commit: 0, message: vote)]),
      from: vote.from.node)
    victim.run(ticks: 200)
    #expect(victim.consensus.flatMap(\.frame.parts).allSatisfy { !damaged.contains($0.group.shard) })
    let request = victim.submit(.read(table, "k1"))
    #expect(victim.answers[request] == .refused(.notLeader(leader: nil)))
  }
}
