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
