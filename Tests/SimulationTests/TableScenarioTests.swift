import Catalog
import Coordinator
import Environment
import Items
import Messages
import Node
import Simulation
import Testing

/// Tables come and go while machines die and messages are lost.
@Suite struct TableScenarioTests {
  @Test(arguments: UInt64(200)..<203) func nothingOfAnOldTableAppearsInItsSuccessor(seed: UInt64) throws {
    var options = SimulationOptions(seed: seed)
    options.lossPerMille = 30
    options.duplicatesPerMille = 20
    let region = TestRegion(options)
    let client = TableClient(region)
    client.create()
    region.crashSometimes(5)
    client.isLast = true
    region.cluster.heal()
    #expect(region.cluster.run(for: .seconds(60)) { client.isDone }, "The last table is made.")
    region.settle()
    #expect(client.violations == [])
    #expect(client.generation >= 5, "A thin run proves nothing.")
    for id in region.cluster.nodeIDs {
      let tables = try #require(region.cluster.node(id)?.catalog).tables
      #expect(tables.map(\.status) == [.active])
      #expect(tables.map(\.id) == [try #require(client.table)])
    }
    region.compareReplicas()
  }

  /// Where a node holds not every shard, the metadata leader has to find leaders of which it has no replica.
  @Test(arguments: UInt64(220)..<224) func aRegionOfFiveNodesMakesTables(seed: UInt64) throws {
    var options = SimulationOptions(seed: seed)
    options.nodes = 5
    options.shards = 5
    let region = TestRegion(options)
    for table in 0..<3 { _ = try region.makeTable("table-\(table)") }
  }

  /// Neither has a reason to give up its lead; without a way round, the table waits for as long as the link is cut.
  @Test(arguments: [240, 241] as [UInt64], [true, false])
  func theMetadataLeaderNeedNotReachAShardsLeader(seed: UInt64, asksInVain: Bool) throws {
    let region = TestRegion(SimulationOptions(seed: seed))
    let (metadata, leader) = try region.metadataLeaderAndAnother()
    let way = asksInVain ? (from: metadata, to: leader) : (from: leader, to: metadata)
    region.cluster.cutOneWay(from: .node(way.from), to: .node(way.to))
    _ = try region.makeTable()
    var outcome: CallOutcome?
    region.cluster.submit(.deleteTable(name: "patients")) { outcome = $0 }
    region.cluster.run(for: .seconds(12)) { outcome != nil }
    guard case .catalog(.table)? = outcome else {
      Issue.record("The deletion was not done: \(String(describing: outcome))")
      return
    }
    if asksInVain {
      #expect(region.leads(metadata, .metadata) && region.leads(leader, ShardID(1)), "The cut went round nobody.")
    }
  }
}

extension TestRegion {
  fileprivate func leads(_ id: NodeID, _ shard: ShardID) -> Bool {
    cluster.node(id)?.status.contains { $0.shard == shard && $0.leader == id } ?? false
  }

  /// The leader of the metadata group, and another node that leads the first shard.
  fileprivate func metadataLeaderAndAnother() throws -> (NodeID, NodeID) {
    var found: (NodeID, NodeID)?
    for _ in 0..<40 where found == nil {
      cluster.run(for: .seconds(3))
      guard let metadata = cluster.nodeIDs.first(where: { leads($0, .metadata) }),
        let leader = cluster.nodeIDs.first(where: { leads($0, ShardID(1)) })
      else { continue }
      guard metadata == leader else {
        found = (metadata, leader)
        continue
      }
      cluster.crash(leader)
      cluster.run(for: .seconds(3))
      cluster.start(leader)
    }
    return try #require(found, "One node leads everything.")
  }
}

/// Makes a table, fills it, deletes it, and makes it again under the same name.
private final class TableClient {
  private(set) var generation = 1
  private(set) var table: TableID?
  private(set) var violations: [String] = []
  private(set) var isDone = false
  /// The table that is made next stays.
  var isLast = false
  private let region: TestRegion
  private static let items = 6

  init(_ region: TestRegion) { self.region = region }

  private func later(_ action: @escaping () -> Void) { region.cluster.schedule(after: .milliseconds(5), action) }

  func create() {
    let unique = [UInt8](repeating: UInt8(truncatingIfNeeded: generation), count: 16)
    let call = Call.createTable(TestRegion.definition("t"), createdAtMs: 0, uniqueID: unique)
    region.cluster.submit(call) { [self] outcome in
      switch outcome {
      case .catalog(.table(let made)):
        table = made.id
        look(made.id)
      case .catalog(.tableInUse), .failed: later { [self] in create() }
      default:
        violations.append("create: \(outcome)")
        isDone = true
      }
    }
  }

  /// A table that is new is empty, and it is there.
  private func look(_ table: TableID) {
    let all = RangeRead(
      lower: RowKey(table: table, hash: 0), upper: RowKey(table: TableID(table.rawValue + 1), hash: 0), consistent: true
    )
    region.cluster.submit(.scan(all)) { [self] outcome in
      switch outcome {
      case .page(let page):
        if page.scannedCount != 0 { violations.append("table \(generation) began with \(page.scannedCount) items") }
        if isLast { isDone = true } else { fill(table, 0) }
      case .failed(.unknownTable):
        violations.append("table \(generation) is not served after it was made")
        isDone = true
      default: later { [self] in look(table) }
      }
    }
  }

  private func fill(_ table: TableID, _ number: Int) {
    guard number < Self.items else { return delete() }
    let write = ItemWrite(
      key: key(table, "k\(number)"), action: .put(item("k\(number)", ["generation": .number(Number(generation))])))
    region.cluster.submit(.write(write)) { [self] outcome in
      if case .failed(.unknownTable) = outcome {
        violations.append("table \(generation) is not served while it is filled")
      }
      fill(table, number + 1)
    }
  }

  private func delete() {
    region.cluster.submit(.deleteTable(name: "t")) { [self] outcome in
      switch outcome {
      case .catalog(.tableNotFound), .catalog(.table), .catalog(.tableInUse(.deleting)):
        generation += 1
        create()
      default: later { [self] in delete() }
      }
    }
  }
}
