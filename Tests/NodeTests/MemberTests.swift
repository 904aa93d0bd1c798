import Catalog
import Environment
import Messages
import Raft
import Replicas
import SimulatedDisk
import Testing

@testable import Node

/// Nodes come and go; what was acknowledged stays, whoever stops on the way.
@Suite struct MemberTests {
  private static let keys = 5

  private func cluster(nodes: UInt32 = 3, shards: Int = 3) throws -> (TestCluster, TableID) {
    let cluster = TestCluster(nodes: nodes, shards: shards)
    try cluster.start()
    let table = try cluster.makeTable()
    return (cluster, table)
  }

  private func member(_ node: TestNode) -> Member {
    Member(node: node.id, name: "n\(node.id.rawValue)", address: "n\(node.id.rawValue):1")
  }

  /// The shard of a key; rows are put by asking each until it takes it.
  private func count(_ cluster: TestCluster, _ table: TableID, _ key: Int) throws -> Bool {
    for shard in 1...3 as ClosedRange<UInt32> {
      let write = try ItemWrite.count(table, "k\(key)", filler: 100)
      let answer = cluster.ask(.write(write), shard: ShardID(shard))
      if answer?.isWritten == true { return true }
      guard answer == .refused(.wrongShard) else { return false }
    }
    return false
  }

  private func value(_ cluster: TestCluster, _ table: TableID, _ key: Int) -> Int? {
    for shard in 1...3 as ClosedRange<UInt32> {
      if let value = cluster.ask(.read(table, "k\(key)"), shard: ShardID(shard))?.counter, value > 0 { return value }
    }
    return nil
  }

  private func countAll(_ cluster: TestCluster, _ table: TableID) throws {
    for key in 0..<Self.keys { #expect(try count(cluster, table, key)) }
  }

  private func ask(_ cluster: TestCluster, _ request: MemberRequest) -> Answer? {
    cluster.ask(.changeMembers(request.encode()), shard: .metadata)
  }

  private var accepted: Answer { .catalogOutcome(CatalogOutcome.done.encode()) }

  private func members(_ cluster: TestCluster) -> ClusterMembers? {
    cluster.nodes.compactMap(\.node).flatMap { [$0.members, $0.catalog?.members].compactMap { $0 } }.max {
      $0.version < $1.version
    }
  }

  /// Every running member has exactly the replicas that the members say, as voters, and nothing is left of others.
  private func isSettled(_ cluster: TestCluster) -> Bool {
    guard let members = members(cluster), members.plan == nil else { return false }
    return members.members.allSatisfy { member in
      guard let node = cluster[member.node].node else { return true }
      return node.lost.isEmpty && node.members == members
        && node.replicas.map(\.group.shard) == members.groups(on: member.node)
        && node.replicas.allSatisfy { replica in
          replica.leader != nil && replica.raft.membership.learners.isEmpty && !replica.raft.membership.isJoint
            && replica.raft.membership.voters.map(\.node).sorted() == members.nodes(of: replica.group.shard)
        }
    }
  }

  private func addNode(_ cluster: TestCluster) throws -> TestNode {
    let node = cluster.addNode()
    try node.start(seed: 4)
    #expect(ask(cluster, .add(member(node))) == accepted)
    return node
  }

  private func check(_ cluster: TestCluster, _ table: TableID, _ expected: Int) throws {
    for key in 0..<Self.keys { #expect(value(cluster, table, key) == expected) }
  }

  @Test func aNodeThatIsAddedTakesItsShare() throws {
    let (cluster, table) = try cluster()
    try countAll(cluster, table)
    let node = try addNode(cluster)
    try countAll(cluster, table)
    #expect(cluster.run(ticks: 3_000) { isSettled(cluster) })
    #expect(node.running.replicas.count == 3)
    #expect(cluster.nodes.map { $0.running.replicas.count } == [3, 3, 3, 3])
    try check(cluster, table, 2)
    // What moved away left nothing behind, also for the next start.
    for node in cluster.nodes {
      node.kill()
      try node.start(seed: UInt64(node.id.rawValue))
    }
    #expect(cluster.run(ticks: 1_000) { isSettled(cluster) })
    for node in cluster.nodes {
      let groups = node.running.replicas.map(\.group)
      for shard in 0...3 as ClosedRange<UInt32> where !groups.contains(GroupID(shard)) {
        let folder = shard == 0 ? "/data/metadata" : "/data/shard-\(shard)"
        #expect(!node.disk.paths.contains { $0.hasPrefix(folder + "/") })
      }
    }
    try countAll(cluster, table)
    try check(cluster, table, 3)
  }

  @Test func aNodeThatIsDrainedIsNeededNoMore() throws {
    let (cluster, table) = try cluster()
    try countAll(cluster, table)
    _ = try addNode(cluster)
    #expect(cluster.run(ticks: 3_000) { isSettled(cluster) })
    // The one that leads most, the metadata group maybe too.
    let leaver = cluster.nodes.max { $0.running.ledShards.count < $1.running.ledShards.count }
    let node = try #require(leaver)
    #expect(ask(cluster, .drain(node.id)) == accepted)
    try countAll(cluster, table)
    #expect(cluster.run(ticks: 3_000) { isSettled(cluster) })
    #expect(members(cluster)?.member(node.id) == nil)
    node.kill()
    try countAll(cluster, table)
    try check(cluster, table, 3)
    #expect(ask(cluster, .drain(node.id)) == .done)
  }

  /// Nobody but the leader that is to go has a copy, or knows the group. It leads until the other one can.
  @Test func theOnlyCopyMovesToASecondNodeAndBack() throws {
    let (cluster, table) = try cluster(nodes: 1)
    try countAll(cluster, table)
    let second = try addNode(cluster)
    try countAll(cluster, table)
    #expect(cluster.run(ticks: 3_000) { isSettled(cluster) })
    #expect(cluster.nodes.map { $0.running.replicas.count } == [2, 2])
    try countAll(cluster, table)
    // All that is left goes too, the metadata group with it.
    #expect(ask(cluster, .drain(NodeID(1))) == accepted)
    #expect(cluster.run(ticks: 3_000) { isSettled(cluster) })
    cluster[NodeID(1)].kill()
    #expect(second.running.replicas.count == 4)
    try countAll(cluster, table)
    try check(cluster, table, 4)
  }

  /// Whoever it led before is not waited for.
  @Test(arguments: [2, 3, 4] as [UInt32]) func aNodeThatDiesWhileItIsDrainedIsDoneWithout(number: UInt32) throws {
    let (cluster, table) = try cluster()
    try countAll(cluster, table)
    _ = try addNode(cluster)
    #expect(cluster.run(ticks: 3_000) { isSettled(cluster) })
    #expect(ask(cluster, .drain(NodeID(number))) == accepted)
    _ = cluster.run(ticks: 3)
    cluster[NodeID(number)].kill()
    #expect(cluster.run(ticks: 4_000) { isSettled(cluster) })
    #expect(members(cluster)?.members.count == 3)
    try countAll(cluster, table)
    try check(cluster, table, 2)
  }

  @Test func aDeadNodeIsReplaced() throws {
    let (cluster, table) = try cluster()
    try countAll(cluster, table)
    let dead = try #require(cluster.leader(of: .metadata))
    dead.kill()
    let node = cluster.addNode()
    try node.start(seed: 4)
    #expect(ask(cluster, .replace(dead.id, by: member(node))) == accepted)
    #expect(cluster.run(ticks: 4_000) { isSettled(cluster) })
    #expect(node.running.replicas.count == 4)
    try countAll(cluster, table)
    // One more may go now.
    try #require(cluster.nodes.first { $0.node != nil && $0.id != node.id }).kill()
    try countAll(cluster, table)
    try check(cluster, table, 3)
  }

  /// The plan is in the log of the metadata group: whoever leads it goes on, and a node that stops goes on where it stood.
  @Test(arguments: [3, 9, 20, 40]) func aStopOfAnyNodeOnTheWayOnlyDelays(ticks: Int) throws {
    let (cluster, table) = try cluster()
    try countAll(cluster, table)
    _ = try addNode(cluster)
    var victims = cluster.nodes.map(\.id)
    if let leader = cluster.leader(of: .metadata)?.id { victims.insert(leader, at: 0) }
    for victim in victims where !isSettled(cluster) {
      _ = cluster.run(ticks: ticks)
      cluster[victim].kill()
      _ = cluster.run(ticks: 30)
      try cluster[victim].start(seed: UInt64(victim.rawValue) + 7)
    }
    #expect(cluster.run(ticks: 4_000) { isSettled(cluster) })
    try countAll(cluster, table)
    try check(cluster, table, 2)
  }

  /// A node that came later and loses its disk is given its replicas again.
  @Test func aWipedNodeThatWasAddedJoinsAnew() throws {
    let (cluster, table) = try cluster()
    try countAll(cluster, table)
    let node = try addNode(cluster)
    #expect(cluster.run(ticks: 3_000) { isSettled(cluster) })
    node.replaceDisk()
    try node.start(seed: 9)
    for other in cluster.nodes where other.id != node.id { other.running.linkUp(node.id, now: other.now) }
    #expect(cluster.run(ticks: 3_000) { isSettled(cluster) })
    #expect(node.running.replicas.allSatisfy { $0.raft.id.generation > 0 })
    try countAll(cluster, table)
    try check(cluster, table, 2)
  }

  /// A message of a deposed leader comes late.
  @Test func membersOfAnOlderVersionChangeNothing() throws {
    let (cluster, _) = try cluster()
    let node = try addNode(cluster)
    #expect(cluster.run(ticks: 3_000) { isSettled(cluster) })
    let settled = try #require(node.running.members)
    var old = settled
    old.version -= 1
    old.places = old.places.map { .init(shard: $0.shard, nodes: [NodeID(1), NodeID(2), NodeID(3)]) }
    #expect(node.ask(.assign(old.encode()), shard: .metadata) == .done)
    #expect(node.running.members == settled)
    #expect(cluster.run { isSettled(cluster) })
  }
}
