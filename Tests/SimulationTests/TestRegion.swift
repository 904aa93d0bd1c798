import Catalog
import Coordinator
import Environment
import Expressions
import Items
import Messages
import Node
import Simulation
import Testing

/// A simulated region with what scenarios share: calls, faults, and the comparison at the end.
final class TestRegion {
  let cluster: SimulatedCluster
  var random: SeededRandom
  /// Names of the rare paths that were taken.
  private(set) var reached: Set<String> = []

  init(_ options: SimulationOptions) {
    cluster = SimulatedCluster(options: options)
    random = SeededRandom(seed: options.seed)
  }

  func reach(_ path: String) { reached.insert(path) }

  static func definition(_ name: String) -> TableDefinition {
    let key = KeySchema(partition: .init(name: Array("PK".utf8), type: .string))
    return TableDefinition(name: name, key: key, attributes: key.attributes)
  }

  func makeTable(_ name: String = "patients") throws -> TableID {
    var made: Table?
    var isAnswered = false
    let call = Call.createTable(
      Self.definition(name), createdAtMs: 0, uniqueID: [UInt8](repeating: 7, count: 16))
    cluster.submit(call) { outcome in
      isAnswered = true
      if case .catalog(.table(let table)) = outcome { made = table }
    }
    cluster.run(for: .seconds(12)) { isAnswered }
    return try #require(made, "A table is made within the time of a call.").id
  }

  /// One machine after the other loses power or its process, and comes back.
  func crashSometimes(_ times: Int) {
    for _ in 0..<times {
      cluster.run(for: .milliseconds(200 + random.below(900)))
      let victim = cluster.nodeIDs[Int(random.below(UInt64(cluster.nodeIDs.count)))]
      if cluster.node(victim)?.ledShards.isEmpty == false { reach("a leader died") }
      if random.chance(1, in: 3) { cluster.kill(victim) } else { cluster.crash(victim) }
      cluster.run(for: .milliseconds(random.below(1_500)))
      cluster.start(victim)
    }
  }

  /// Every replica of a shard has the same sum.
  func compareReplicas() {
    let nodes = cluster.nodeIDs.compactMap { cluster.node($0) }
    for node in nodes {
      for shard in node.ledShards {
        node.received([Request(id: 1, shard: shard, operation: .checksum)], connection: 1, now: cluster.now)
      }
    }
    func sums(_ node: Node) -> [UInt64?] { node.status.filter { $0.shard != .metadata }.map(\.checksum) }
    func indexes(_ node: Node) -> [UInt64?] { node.status.filter { $0.shard != .metadata }.map(\.checksumIndex) }
    let isDone = cluster.run(for: .seconds(10)) {
      nodes.allSatisfy { indexes($0) == indexes(nodes[0]) && !sums($0).contains(nil) }
    }
    #expect(isDone)
    for node in nodes { #expect(sums(node) == sums(nodes[0])) }
  }

  /// Lets everything come to rest.
  func settle() {
    cluster.heal()
    cluster.run(for: .seconds(12))
  }
}

func name(_ text: String) -> [UInt8] { Array(text.utf8) }

func key(_ table: TableID, _ text: String) -> RowKey { RowKey(table: table, partition: .text(text), sort: nil) }

func item(_ text: String, _ attributes: KeyValuePairs<String, AttributeValue> = [:]) -> EncodedItem {
  var map = AttributeMap([.init(name: name("PK"), value: .text(text))])
  for (attribute, value) in attributes { map[name(attribute)] = value }
  return EncodedItem(map)
}

/// The number that an item holds; zero where there is none.
func number(_ attribute: String, of item: EncodedItem?) -> Int {
  guard case .number(let number)? = try? item?.value(named: name(attribute)) else { return 0 }
  return number.integer ?? -1
}

func context(_ values: KeyValuePairs<String, AttributeValue>) throws -> ExpressionContext {
  let map = AttributeMap(values.map { AttributeMap.Element(name: name($0.key), value: $0.value) })
  return try ExpressionContext(names: nil, values: map.isEmpty ? nil : map)
}
