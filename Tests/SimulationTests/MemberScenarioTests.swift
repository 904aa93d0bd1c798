import Catalog
import Environment
import Messages
import Node
import Simulation
import Testing

/// Replicas move from node to node while machines lose their power, processes die and links break.
@Suite struct MemberScenarioTests {
  private static func options(_ seed: UInt64) -> SimulationOptions {
    var options = SimulationOptions(seed: seed)
    options.nodes = 4
    options.shards = 4
    options.lossPerMille = 10
    options.duplicatesPerMille = 20
    // Some of those that come to a shard need its state, some find what they lack in the log.
    options.journalSegmentBytes = 32 << 10
    options.journalBytesMax = 128 << 10
    return options
  }

  @Test(arguments: UInt64(700)..<704) func aNodeIsDrainedWhileMachinesLosePower(seed: UInt64) throws {
    try drain(seed) { region, _ in region.crashSometimes(2) }
  }

  /// It may be the one that leads the metadata group, and so drives its own departure.
  @Test(arguments: UInt64(710)..<712) func aNodeIsDrainedWhileItDiesItself(seed: UInt64) throws {
    try drain(seed) { region, leaver in
      region.cluster.run(for: .milliseconds(region.random.below(600)))
      region.cluster.crash(leaver)
      region.cluster.run(for: .milliseconds(region.random.below(900)))
      region.cluster.start(leaver)
    }
  }

  @Test(arguments: UInt64(720)..<722) func aNodeIsDrainedWhileLinksBreak(seed: UInt64) throws {
    try drain(seed) { region, _ in
      let alone = region.cluster.nodeIDs[Int(region.random.below(4))]
      region.cluster.partition([[alone], region.cluster.nodeIDs.filter { $0 != alone }])
      region.cluster.run(for: .milliseconds(200 + region.random.below(1_500)))
      region.cluster.heal()
    }
  }

  // MARK: A run

  private func drain(_ seed: UInt64, _ trouble: (TestRegion, NodeID) -> Void) throws {
    let region = TestRegion(Self.options(seed))
    let cluster = region.cluster
    let clients = CounterClients(cluster, table: try region.makeTable(), count: 2)
    clients.start()
    cluster.run(for: .milliseconds(500))
    let leaver = cluster.nodeIDs[Int(region.random.below(4))]
    for _ in 0..<4 {
      ask(.drain(leaver), cluster)
      trouble(region, leaver)
    }
    let isDone = cluster.run(for: .seconds(90)) {
      if cluster.members?.plan != nil || cluster.members?.member(leaver) != nil { ask(.drain(leaver), cluster) }
      return isSettled(cluster, without: leaver)
    }
    #expect(isDone, "\(cluster.members.map { "\($0)" } ?? "nobody was asked")")
    cluster.kill(leaver)
    cluster.run(for: .seconds(2))
    clients.isRunning = false
    region.settle()
    var isRead = false
    clients.readAll { isRead = true }
    #expect(cluster.run(for: .seconds(20)) { isRead })
    #expect(clients.violations == [])
    try compare(cluster)
  }

  /// Whoever leads the metadata group takes it; once more changes nothing.
  private func ask(_ request: MemberRequest, _ cluster: SimulatedCluster) {
    for id in cluster.nodeIDs {
      let asked = Request(id: 1, shard: .metadata, operation: .changeMembers(request.encode()))
      cluster.node(id)?.received([asked], connection: 1, now: cluster.now)
    }
  }

  /// Every other node has exactly the replicas that are its own, each a voter with a leader.
  private func isSettled(_ cluster: SimulatedCluster, without leaver: NodeID) -> Bool {
    guard let members = cluster.members, members.plan == nil, members.member(leaver) == nil else { return false }
    return members.members.allSatisfy { member in
      guard let node = cluster.node(member.node), node.members?.version == members.version else { return false }
      return node.status.map(\.shard) == members.groups(on: member.node)
        && node.status.allSatisfy { $0.isHealthy && !$0.isLearner && !$0.isInJointConsensus && $0.leader != nil }
    }
  }

  /// Three replicas of each shard hold the same.
  private func compare(_ cluster: SimulatedCluster) throws {
    cluster.orderChecksums()
    func sums(_ shard: UInt32) -> [(index: UInt64?, sum: UInt64?)] {
      cluster.nodeIDs.flatMap { cluster.node($0)?.status ?? [] }.filter { $0.shard == ShardID(shard) }
        .map { ($0.checksumIndex, $0.checksum) }
    }
    for shard in 1...4 as ClosedRange<UInt32> {
      #expect(
        cluster.run(for: .seconds(10)) {
          let found = sums(shard)
          return found.count == 3 && found.allSatisfy { $0.sum != nil && $0.index == found[0].index }
        })
      #expect(Set(sums(shard).map(\.sum)).count == 1)
    }
  }
}
