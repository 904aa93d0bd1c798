import Catalog
import Coordinator
import Environment
import Expressions
import Items
public import Messages

/// Clients that write known values to keys of their own and check every strong read against what they know.
///
/// Each client writes 1, 2, 3, … to its key, one write at a time. A write that ended well must be seen by every later
/// read; one whose outcome is unknown may or may not be. A read below the highest acknowledged value, or above the
/// highest value ever sent, breaks linearizability.
public final class CounterClients {
  private let cluster: SimulatedCluster
  private let table: TableID
  private var clients: [Client]
  public private(set) var acknowledged = 0
  public private(set) var unknown = 0
  public private(set) var reads = 0
  /// What went wrong, in words; empty after a good run.
  public private(set) var violations: [String] = []
  /// While false, clients stop after what they have under way.
  public var isRunning = true

  private struct Client {
    var key: RowKey
    var sent = 0
    var certain = 0
  }

  public init(_ cluster: SimulatedCluster, table: TableID, count: Int) {
    self.cluster = cluster
    self.table = table
    clients = (0..<count).map { Client(key: RowKey(table: table, partition: .text("client-\($0)"), sort: nil)) }
  }

  public func start() {
    for client in clients.indices { next(client) }
  }

  /// Reads every key once more; `done` runs when all are read.
  public func readAll(_ done: @escaping () -> Void) {
    var left = clients.count
    for client in clients.indices {
      read(client) {
        left -= 1
        if left == 0 { done() }
      }
    }
  }

  private func next(_ client: Int) {
    guard isRunning else { return }
    let value = clients[client].sent + 1
    clients[client].sent = value
    let item = EncodedItem(
      AttributeMap([
        .init(name: Array("PK".utf8), value: .text("client-\(client)")),
        .init(name: Array("value".utf8), value: .number(Number(value))),
      ]))
    cluster.submit(.write(ItemWrite(key: clients[client].key, action: .put(item)))) { [self] outcome in
      wrote(client, value, outcome)
    }
  }

  private func wrote(_ client: Int, _ value: Int, _ outcome: CallOutcome) {
    switch outcome {
    case .written:
      acknowledged += 1
      clients[client].certain = value
    case .failed: unknown += 1
    default: violations.append("client \(client): a write was answered with something else")
    }
    guard value % 3 == 0 else { return pause(client) }
    read(client) { [self] in pause(client) }
  }

  private func pause(_ client: Int) {
    cluster.schedule(after: .milliseconds(1)) { [self] in next(client) }
  }

  private func read(_ client: Int, then: @escaping () -> Void) {
    let certain = clients[client].certain
    cluster.submit(.get(clients[client].key, consistent: true)) { [self] outcome in
      switch outcome {
      case .item(let item):
        reads += 1
        check(client, certain: certain, item)
      case .failed: break
      default: violations.append("client \(client): a read was answered with something else")
      }
      then()
    }
  }

  private func check(_ client: Int, certain: Int, _ item: EncodedItem?) {
    var seen = 0
    if let item, case .number(let number)? = try? item.value(named: Array("value".utf8)) { seen = number.integer ?? -1 }
    guard seen < certain || seen > clients[client].sent else { return }
    violations.append("client \(client) read \(seen) after \(certain) was acknowledged (\(clients[client].sent) sent)")
  }
}
