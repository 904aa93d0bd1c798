import Coordinator
import Environment
import Expressions
import Items
import Messages
import Simulation
import Testing

/// Operations whose effect depends on the item, while machines die: nothing applies twice, nothing acknowledged is lost.
@Suite struct ConditionScenarioTests {
  @Test(arguments: UInt64(102)..<104) func aCounterIsTheNumberOfAcknowledgedAdditions(seed: UInt64) throws {
    var options = SimulationOptions(seed: seed)
    options.lossPerMille = 10
    options.duplicatesPerMille = 10
    let region = TestRegion(options)
    let table = try region.makeTable()
    // Four clients share each counter, so that additions to one item pipeline.
    let counters = try (0..<12).map { try AdditionClient(region, table, "counter-\($0 % 3)") }
    let swaps = (0..<4).map { SwapClient(region, table, "swap-\($0)") }
    for client in counters { client.next() }
    for client in swaps { client.next() }
    region.crashSometimes(5)
    for client in counters { client.isRunning = false }
    for client in swaps { client.isRunning = false }
    region.settle()
    for counter in 0..<3 {
      let clients = counters.filter { $0.item == "counter-\(counter)" }
      let value = try read(region, table, "counter-\(counter)", "n")
      let acknowledged = clients.reduce(0) { $0 + $1.acknowledged }
      let unknown = clients.reduce(0) { $0 + $1.unknown }
      #expect(acknowledged...(acknowledged + unknown) ~= value, "\(acknowledged) certain, \(unknown) unknown")
      #expect(acknowledged > 50, "A thin run proves nothing.")
      if unknown > 0 { region.reach("an addition's outcome was unknown") }
    }
    for swap in swaps {
      let value = try read(region, table, swap.item, "v")
      #expect(value >= swap.certain && value <= swap.sent)
      #expect(swap.violations == [])
    }
    #expect(region.reached.contains("a leader died"))
    region.compareReplicas()
  }

  private func read(_ region: TestRegion, _ table: TableID, _ item: String, _ attribute: String) throws -> Int {
    var found: Int?
    region.cluster.submit(.get(key(table, item), consistent: true)) { outcome in
      if case .item(let item) = outcome { found = number(attribute, of: item) }
    }
    region.cluster.run(for: .seconds(12)) { found != nil }
    return try #require(found)
  }
}

/// Adds one, again and again.
private final class AdditionClient {
  let item: String
  private(set) var acknowledged = 0
  private(set) var unknown = 0
  var isRunning = true
  private let region: TestRegion
  private let write: ItemWrite

  init(_ region: TestRegion, _ table: TableID, _ item: String) throws {
    self.region = region
    self.item = item
    var context = try context([":one": .number(Number(1))])
    let update = try UpdateExpression.parse(name("ADD n :one"), context: &context)
    write = ItemWrite(key: key(table, item), action: .update(update, key: SimulationTests.item(item)))
  }

  func next() {
    guard isRunning else { return }
    region.cluster.submit(.write(write)) { [self] outcome in
      switch outcome {
      case .written: acknowledged += 1
      case .failed(.outcomeUnknown): unknown += 1
      case .failed: break  // Promises that nothing happened.
      default: Issue.record("A write was answered with something else.")
      }
      region.cluster.schedule(after: .milliseconds(2)) { [self] in next() }
    }
  }
}

/// The only writer of an item: replaces the value that it knows by the next one, on condition that it is still there.
private final class SwapClient {
  let item: String
  /// The newest value that is certainly there, and the newest that may be.
  private(set) var certain = 0
  private(set) var sent = 0
  private(set) var violations: [String] = []
  var isRunning = true
  private var isSure = true
  private let region: TestRegion
  private let table: TableID

  init(_ region: TestRegion, _ table: TableID, _ item: String) {
    self.region = region
    self.table = table
    self.item = item
  }

  func next() {
    guard isRunning else { return }
    let value = certain + 1
    guard let condition = try? condition() else {
      Issue.record("The condition is refused.")
      return
    }
    sent = max(sent, value)
    let write = ItemWrite(
      key: key(table, item), action: .put(SimulationTests.item(item, ["v": .number(Number(value))])),
      condition: condition, returns: .onConditionFailure)
    region.cluster.submit(.write(write)) { [self] outcome in
      answered(value, outcome)
      region.cluster.schedule(after: .milliseconds(2)) { [self] in next() }
    }
  }

  private func condition() throws -> Condition {
    if certain == 0 {
      var context = try context([:])
      return try Condition.parse(name("attribute_not_exists(PK)"), role: .condition, context: &context)
    }
    var context = try context([":v": .number(Number(certain))])
    return try Condition.parse(name("v = :v"), role: .condition, context: &context)
  }

  private func answered(_ value: Int, _ outcome: CallOutcome) {
    switch outcome {
    case .written:
      certain = value
      isSure = true
    case .conditionFailed(let old, _):
      let found = number("v", of: old)
      if isSure || found != certain + 1 { violations.append("found \(found) in place of \(certain)") }
      certain = found
      isSure = true
    case .failed(.outcomeUnknown): isSure = false
    case .failed: break
    default: violations.append("a write was answered with something else")
    }
  }
}
