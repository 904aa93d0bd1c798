import Catalog
import Coordinator
import Environment
import Items
import Messages
import Node
import Raft
import Simulation
import Testing

/// A whole region on virtual time: `Raft`, `Journal`, `Store`, `Replicas`, `Node` and `Coordinator` as they are.
@Suite struct ClusterSimulationTests {
  @Test func aClusterServesWithinASecond() throws {
    let run = try Run(SimulationOptions(seed: 1))
    run.clients.start()
    run.cluster.run(for: .seconds(2))
    try run.finish(acknowledgedMin: 200)
  }

  /// Messages are lost, doubled and reordered; nothing acknowledged is lost and reads stay linearizable.
  @Test(arguments: UInt64(10)..<13) func lossAndDuplicationDoNoHarm(seed: UInt64) throws {
    var options = SimulationOptions(seed: seed)
    options.lossPerMille = 50
    options.duplicatesPerMille = 50
    options.networkDelayMax = .milliseconds(8)
    let run = try Run(options)
    run.clients.start()
    run.cluster.run(for: .seconds(5))
    try run.finish(acknowledgedMin: 50)
  }

  /// Power goes at random times, one machine after the other: what was not synced is lost or torn.
  @Test(arguments: UInt64(20)..<27) func crashesLoseNothingAcknowledged(seed: UInt64) throws {
    var options = SimulationOptions(seed: seed)
    options.lossPerMille = 5
    let run = try Run(options)
    run.clients.start()
    var random = SeededRandom(seed: seed)
    for _ in 0..<8 {
      run.cluster.run(for: .milliseconds(200 + random.below(900)))
      let victim = run.cluster.nodeIDs[Int(random.below(3))]
      if random.chance(1, in: 3) { run.cluster.kill(victim) } else { run.cluster.crash(victim) }
      run.cluster.run(for: .milliseconds(random.below(1_500)))
      run.cluster.start(victim)
    }
    try run.finish(acknowledgedMin: 100)
  }

  /// All machines lose power at once and come back.
  @Test(arguments: UInt64(40)..<43) func aPowerCutOfTheWholeRegionLosesNothing(seed: UInt64) throws {
    let run = try Run(SimulationOptions(seed: seed))
    run.clients.start()
    for _ in 0..<3 {
      run.cluster.run(for: .milliseconds(900))
      for node in run.cluster.nodeIDs { run.cluster.crash(node) }
      for node in run.cluster.nodeIDs { run.cluster.start(node) }
    }
    try run.finish(acknowledgedMin: 100)
  }

  /// A leader in the minority acknowledges nothing; the majority goes on and all agree after the cut heals.
  @Test(arguments: UInt64(50)..<54) func partitionsNeverSplitTheBrain(seed: UInt64) throws {
    let run = try Run(SimulationOptions(seed: seed))
    run.clients.start()
    var random = SeededRandom(seed: seed)
    for _ in 0..<4 {
      run.cluster.run(for: .milliseconds(300 + random.below(500)))
      let alone = run.cluster.nodeIDs[Int(random.below(3))]
      run.cluster.partition([[alone], run.cluster.nodeIDs.filter { $0 != alone }])
      run.cluster.run(for: .milliseconds(500 + random.below(2_000)))
      run.cluster.heal()
    }
    try run.finish(acknowledgedMin: 100)
  }

  @Test func theSameSeedGivesTheSameRun() throws {
    func trace() throws -> [Int] {
      var options = SimulationOptions(seed: 99)
      options.lossPerMille = 20
      let run = try Run(options)
      run.clients.start()
      run.cluster.run(for: .seconds(1))
      run.cluster.crash(NodeID(2))
      run.cluster.run(for: .seconds(1))
      return [run.cluster.delivered, run.clients.acknowledged, run.clients.reads, run.clients.unknown]
    }
    let first = try trace()
    #expect(first == (try trace()))
  }
}

/// A cluster with one table and clients at work.
private final class Run {
  let cluster: SimulatedCluster
  let clients: CounterClients

  init(_ options: SimulationOptions) throws {
    cluster = SimulatedCluster(options: options)
    let definition = TableDefinition(
      name: "patients", key: KeySchema(partition: KeyAttribute(name: Array("PK".utf8), type: .string)),
      attributes: [KeyAttribute(name: Array("PK".utf8), type: .string)])
    var table: Table?
    cluster.submit(.createTable(definition, createdAtMs: 0, uniqueID: [UInt8](repeating: 7, count: 16))) { outcome in
      if case .catalog(.table(let made)) = outcome { table = made }
    }
    cluster.run(for: .seconds(10)) { table != nil }
    clients = CounterClients(cluster, table: try #require(table).id, count: 8)
  }

  /// Stops the clients, lets the cluster settle, reads everything once more and compares the replicas.
  func finish(acknowledgedMin: Int) throws {
    clients.isRunning = false
    cluster.heal()
    cluster.run(for: .seconds(12))
    let unknown = clients.unknown
    var isRead = false
    clients.readAll { isRead = true }
    #expect(cluster.run(for: .seconds(20)) { isRead }, "The last reads are answered once the cluster is whole.")
    #expect(clients.violations == [])
    #expect(clients.unknown == unknown)
    #expect(clients.acknowledged >= acknowledgedMin, "A thin run proves nothing.")
    try compareReplicas()
  }

  private func compareReplicas() throws {
    let nodes = cluster.nodeIDs.compactMap { cluster.node($0) }
    #expect(nodes.count == 3)
    for node in nodes {
      for shard in node.ledShards {
        node.received([Request(id: 1, shard: shard, operation: .checksum)], connection: 1, now: cluster.now)
      }
    }
    #expect(cluster.run(for: .seconds(10)) { nodes.allSatisfy { Self.hasAllSums($0) } })
    let sums = nodes.map { $0.status.filter { $0.shard != .metadata }.map(\.checksum) }
    #expect(sums[0] == sums[1])
    #expect(sums[1] == sums[2])
    #expect(sums[0].allSatisfy { $0 != nil })
  }

  private static func hasAllSums(_ node: Node) -> Bool {
    node.status.allSatisfy { $0.shard == .metadata || $0.checksum != nil }
  }
}
