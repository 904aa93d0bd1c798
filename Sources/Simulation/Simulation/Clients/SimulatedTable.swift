import Catalog
import Coordinator
import Environment
import Expressions
import Items
import Messages

/// The table that simulated clients use: one row a register, with a number, and a body that belongs to it.
struct SimulatedTable {
  static let name = "registers"
  let id: TableID

  static let definition: TableDefinition = {
    let key = KeySchema(partition: .init(name: Array("PK".utf8), type: .string))
    return TableDefinition(name: name, key: key, attributes: key.attributes)
  }()

  /// Puts are this far apart, so that additions never make one value of two.
  static let step = 1_000_000

  static let addOne: UpdateExpression = {
    let values = AttributeMap([.init(name: Array(":one".utf8), value: .number(Number(1)))])
    guard var context = try? ExpressionContext(names: nil, values: values),
      let update = try? UpdateExpression.parse(Array("ADD v :one".utf8), context: &context)
    else { fatalError("The update of simulated clients is refused.") }
    return update
  }()

  static let isAbsent = condition("attribute_not_exists(PK)", AttributeMap())

  static func holds(_ value: Int) -> Condition {
    condition("v = :v", AttributeMap([.init(name: Array(":v".utf8), value: .number(Number(value)))]))
  }

  /// There is none, or its number is lower.
  static func isBelow(_ value: Int) -> Condition {
    condition(
      "attribute_not_exists(v) OR v < :v", AttributeMap([.init(name: Array(":v".utf8), value: .number(Number(value)))]))
  }

  private static func condition(_ text: String, _ values: AttributeMap) -> Condition {
    guard var context = try? ExpressionContext(names: nil, values: values.isEmpty ? nil : values),
      let condition = try? Condition.parse(Array(text.utf8), role: .condition, context: &context)
    else { fatalError("A condition of simulated clients is refused.") }
    return condition
  }

  func row(_ key: String) -> RowKey { RowKey(table: id, partition: .text(key), sort: nil) }

  static func keyItem(_ key: String) -> EncodedItem {
    EncodedItem(AttributeMap([.init(name: Array("PK".utf8), value: .text(key))]))
  }

  /// The body tells which put it came with, whatever was added since.
  static func item(
    _ key: String, _ value: Int, bodyBytes: Int, _ others: [AttributeMap.Element] = []
  ) -> EncodedItem {
    EncodedItem(
      AttributeMap(
        [
          .init(name: Array("PK".utf8), value: .text(key)),
          .init(name: Array("body".utf8), value: .binary([UInt8](repeating: mark(value), count: bodyBytes))),
          .init(name: Array("v".utf8), value: .number(Number(value))),
        ] + others))
  }

  private static func mark(_ value: Int) -> UInt8 { UInt8(truncatingIfNeeded: value / step) }

  /// The number that an item holds; nil where there is none. Throws where the item is not one that clients wrote.
  static func value(of item: EncodedItem?) throws(MixedItem) -> Int? {
    guard let item else { return nil }
    guard case .number(let number)? = try? item.value(named: Array("v".utf8)), let value = number.integer else {
      throw MixedItem()
    }
    if case .binary(let body)? = try? item.value(named: Array("body".utf8)), !body.allSatisfy({ $0 == mark(value) }) {
      throw MixedItem()
    }
    return value
  }

  /// An item that nobody wrote.
  struct MixedItem: Error {}
}

/// Makes the table, however often it takes.
final class TableMaker {
  private(set) var made: TableID?
  private let cluster: SimulatedCluster
  private var turn = 0

  init(_ cluster: SimulatedCluster) { self.cluster = cluster }

  func begin() {
    turn += 1
    let router = turn % cluster.options.coordinators
    let unique = [UInt8](repeating: 7, count: 16)
    let create = Call.createTable(SimulatedTable.definition, createdAtMs: 0, uniqueID: unique)
    cluster.submit(create, via: router) { [self] outcome in
      switch outcome {
      // Where shards were out of reach for long the answer is that the table is being made, as the service's own.
      case .catalog(.table), .catalog(.tableInUse), .catalog(.tableExists): look(router)
      default: again()
      }
    }
  }

  private func look(_ router: Int) {
    cluster.submit(.refreshCatalog, via: router) { [self] _ in
      guard let table = cluster.coordinator(router)?.catalog.table(named: SimulatedTable.name),
        table.status == .active
      else { return again() }
      made = table.id
    }
  }

  private func again() { cluster.schedule(after: .milliseconds(50)) { [self] in begin() } }
}
