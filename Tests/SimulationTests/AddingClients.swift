import Coordinator
import Environment
import Expressions
import Items
import Messages
import Simulation

/// Clients that add one to a counter of their own, again and again, with an update that is not idempotent.
///
/// A change that was applied twice, or acknowledged and lost, shows in the counter: each returned value must be above
/// the one before by one for every addition that succeeded between, and at most one more for each whose outcome is
/// unknown.
final class AddingClients {
  private let cluster: SimulatedCluster
  private let table: TableID
  private let expression: UpdateExpression
  private var clients: [Client]
  private(set) var acknowledged = 0
  private(set) var unknown = 0
  /// Refused without an effect.
  private(set) var failed = 0
  /// What went wrong, in words; empty after a good run.
  private(set) var violations: [String] = []
  /// While false, clients stop after what they have under way.
  var isRunning = true

  private struct Client {
    var name: String
    var key: RowKey
    var least = 0
    var most = 0
  }

  /// `expression` adds one to the attribute `amount`.
  init(_ cluster: SimulatedCluster, table: TableID, count: Int, expression: UpdateExpression) {
    self.cluster = cluster
    self.table = table
    self.expression = expression
    clients = (0..<count).map { number in
      let name = "adder-\(number)"
      return Client(name: name, key: RowKey(table: table, partition: .text(name), sort: nil))
    }
  }

  func start() {
    for client in clients.indices { next(client) }
  }

  private func next(_ client: Int) {
    guard isRunning else { return }
    let key = EncodedItem(
      AttributeMap([.init(name: Array("PK".utf8), value: .text(clients[client].name))]))
    let write = ItemWrite(
      key: clients[client].key, action: .update(expression, key: key), returns: [.new])
    cluster.submit(.write(write)) { [self] outcome in added(client, outcome) }
  }

  private func added(_ client: Int, _ outcome: CallOutcome) {
    switch outcome {
    case .written(let written):
      acknowledged += 1
      clients[client].least += 1
      clients[client].most += 1
      check(client, written.new)
    case .failed(.outcomeUnknown):
      unknown += 1
      clients[client].most += 1
    case .failed: failed += 1
    default: violations.append("\(clients[client].name): an addition was answered with something else")
    }
    cluster.schedule(after: .milliseconds(1)) { [self] in next(client) }
  }

  private func check(_ client: Int, _ item: EncodedItem?) {
    guard let item, case .number(let number)? = try? item.value(named: Array("amount".utf8)), let seen = number.integer
    else {
      violations.append("\(clients[client].name): the new item was not returned")
      return
    }
    let (least, most) = (clients[client].least, clients[client].most)
    if seen < least || seen > most {
      violations.append("\(clients[client].name): the counter is \(seen), expected \(least)…\(most)")
    }
    clients[client].least = seen
    clients[client].most = seen
  }
}

extension UpdateExpression {
  /// Adds one to `amount`.
  static func addOne() throws -> UpdateExpression {
    let values = AttributeMap([.init(name: Array(":one".utf8), value: .number(Number(1)))])
    var context = try ExpressionContext(names: nil, values: values)
    return try parse(Array("ADD amount :one".utf8), context: &context)
  }
}
