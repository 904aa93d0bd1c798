import Coordinator
import Environment
import Items
import Messages
import Node
import Simulation
import Testing

/// Members that were away for so long that their leaders' log no longer reaches back to them.
@Suite struct SnapshotScenarioTests {
  private static func options(_ seed: UInt64) -> SimulationOptions {
    var options = SimulationOptions(seed: seed)
    options.journalSegmentBytes = 32 << 10
    options.journalBytesMax = 128 << 10
    return options
  }

  @Test(arguments: UInt64(500)..<502) func aMemberBeyondTheLogsBoundIsFedBySnapshot(seed: UInt64) throws {
    var options = Self.options(seed)
    options.lossPerMille = 10
    options.duplicatesPerMille = 20
    let run = try Run(options)
    let absent = run.anyNode()
    run.cluster.crash(absent)
    try run.fill(320)
    run.cluster.start(absent)
    #expect(run.runUntilInstalled(on: absent))
    try run.finish()
  }

  @Test(arguments: UInt64(510)..<511) func aMemberThatWasDownBrieflyComesBackByLog(seed: UInt64) throws {
    let run = try Run(Self.options(seed))
    let absent = run.anyNode()
    run.cluster.crash(absent)
    run.cluster.run(for: .milliseconds(300))
    run.cluster.start(absent)
    try run.finish()
    #expect(run.cluster.bulkDelivered == 0)
  }

  @Test(arguments: UInt64(520)..<522) func theFollowerCrashesAgainAndAgainWhileItFetches(seed: UInt64) throws {
    let run = try Run(Self.options(seed))
    let absent = run.anyNode()
    run.cluster.crash(absent)
    try run.fill(320)
    run.cluster.start(absent)
    for _ in 0..<7 {
      let before = run.cluster.bulkDelivered
      run.cluster.run(for: .seconds(2)) { run.cluster.bulkDelivered > before }
      run.cluster.run(for: .milliseconds(run.random.below(250)))
      if run.random.chance(1, in: 3) { run.cluster.kill(absent) } else { run.cluster.crash(absent) }
      run.cluster.run(for: .milliseconds(run.random.below(200)))
      run.cluster.start(absent)
    }
    try run.finish()
    #expect(run.cluster.bulkDelivered > 40)
  }

  @Test(arguments: UInt64(530)..<532) func theServerCrashesWhileItIsReadFrom(seed: UInt64) throws {
    let run = try Run(Self.options(seed))
    let absent = run.anyNode()
    run.cluster.crash(absent)
    try run.fill(320)
    run.cluster.start(absent)
    for _ in 0..<3 {
      let before = run.cluster.bulkDelivered
      run.cluster.run(for: .seconds(3)) { run.cluster.bulkDelivered > before + 4 }
      let server = run.cluster.nodeIDs.first { $0 != absent && (run.cluster.node($0)?.snapshotsServed ?? 0) > 0 }
      guard let server else { continue }
      run.cluster.crash(server)
      run.cluster.run(for: .milliseconds(run.random.below(900)))
      run.cluster.start(server)
    }
    try run.finish()
    #expect(run.cluster.bulkDelivered > 20)
  }

  /// While a member is fed nothing is committed without the leader's slow disk, and what feeds it comes from there: the
  /// other member leads instead.
  @Test(arguments: UInt64(550)..<552) func aLeaderOnASlowDiskFeedsNobody(seed: UInt64) throws {
    let run = try Run(Self.options(seed))
    let slow = try #require(run.cluster.nodeIDs.first { run.cluster.node($0)?.ledShards.isEmpty == false })
    let absent = try #require(run.cluster.nodeIDs.first { run.cluster.node($0)?.ledShards.isEmpty == true })
    run.cluster.crash(absent)
    try run.fill(320)
    run.cluster.slowDown(slow, by: .seconds(2))
    run.cluster.start(absent)
    #expect(run.cluster.run(for: .seconds(9)) { run.cluster.node(slow)?.ledShards == [] })
    #expect(run.runUntilInstalled(on: absent))
    run.cluster.slowDown(slow, by: .zero)
    try run.finish()
  }

  /// The follower can hear nobody for part of the time; what it fetched halfway is given up or goes on.
  @Test(arguments: UInt64(540)..<541) func linksAreCutWhileAMemberFetches(seed: UInt64) throws {
    let run = try Run(Self.options(seed))
    let absent = run.anyNode()
    run.cluster.crash(absent)
    try run.fill(320)
    run.cluster.start(absent)
    for _ in 0..<4 {
      run.cluster.run(for: .milliseconds(100 + run.random.below(900)))
      run.cluster.partition([[absent], run.cluster.nodeIDs.filter { $0 != absent }])
      run.cluster.run(for: .milliseconds(run.random.below(3_000)))
      run.cluster.heal()
    }
    try run.finish()
  }
}

/// A region with a table, clients that check what they read, and a load that fills the log.
private final class Run {
  let region: TestRegion
  let table: TableID
  let clients: CounterClients
  var random: SeededRandom

  var cluster: SimulatedCluster { region.cluster }

  init(_ options: SimulationOptions) throws {
    region = TestRegion(options)
    random = SeededRandom(seed: options.seed)
    table = try region.makeTable()
    clients = CounterClients(region.cluster, table: table, count: 2)
    clients.start()
    region.cluster.run(for: .milliseconds(500))
  }

  func anyNode() -> NodeID { cluster.nodeIDs[Int(random.below(UInt64(cluster.nodeIDs.count)))] }

  /// Writes that many items of a kilobyte and more, each until it is acknowledged.
  func fill(_ count: Int) throws {
    var left = count
    var underWay = 0
    func write(_ number: Int) {
      let body = AttributeValue.binary([UInt8](repeating: UInt8(number & 0xFF), count: 1_000))
      let item = item("filler-\(number)", ["body": body])
      cluster.submit(.write(ItemWrite(key: key(table, "filler-\(number)"), action: .put(item)))) { outcome in
        guard case .written = outcome else { return write(number) }
        underWay -= 1
      }
    }
    let isDone = cluster.run(for: .seconds(60)) {
      while left > 0, underWay < 20 {
        left -= 1
        underWay += 1
        write(left)
      }
      return left == 0 && underWay == 0
    }
    try #require(isDone)
    cluster.run(for: .milliseconds(600))
  }

  func runUntilInstalled(on node: NodeID) -> Bool {
    cluster.run(for: .seconds(20)) { (cluster.node(node)?.snapshotsInstalled ?? 0) > 0 }
  }

  /// Nothing acknowledged is lost, and all replicas are equal.
  func finish() throws {
    cluster.run(for: .seconds(2))
    clients.isRunning = false
    region.settle()
    let applied = { [cluster] in cluster.nodeIDs.map { cluster.node($0)?.status.map(\.appliedIndex) ?? [] } }
    #expect(cluster.run(for: .seconds(20)) { applied()[0] == applied()[1] && applied()[1] == applied()[2] })
    var isRead = false
    clients.readAll { isRead = true }
    #expect(cluster.run(for: .seconds(20)) { isRead })
    #expect(clients.violations == [])
    region.compareReplicas()
    for id in cluster.nodeIDs {
      let bytes = cluster.node(id)?.journalBytes ?? 0
      #expect(bytes <= 3 * cluster.options.journalBytesMax, "Node \(id.rawValue) keeps \(bytes) bytes of log.")
    }
  }
}
