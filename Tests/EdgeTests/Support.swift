import Bytes
import Catalog
import Coordinator
import Environment
import Items
import Messages
import NIOCore
import NIOHTTP1
import Synchronization
import Telemetry
import Testing

@testable import Edge

/// A clock that moves only when told.
final class ManualClock: Clock, Sendable {
  private let nanoseconds = Atomic<UInt64>(1_000_000_000)

  var now: Instant { Instant(nanoseconds: nanoseconds.load(ordering: .relaxed)) }
  var wallTimeMs: WallTimeMs { 784_111_777_000 }

  func advance(milliseconds: UInt64) {
    nanoseconds.wrappingAdd(milliseconds * 1_000_000, ordering: .relaxed)
  }
}

/// Gives every call the outcome of a closure, after the call has returned.
final class CannedTarget: CallTarget {
  var catalog: Catalog
  var isReady = true
  private(set) var calls: [Call] = []
  private let outcome: (Call) -> CallOutcome
  private var waiting: [() -> Void] = []
  /// What else a call does.
  var afterEach: (Call) -> Void = { _ in }

  init(_ catalog: Catalog, outcome: @escaping (Call) -> CallOutcome) {
    self.catalog = catalog
    self.outcome = outcome
  }

  func submit(_ call: Call, _ completion: @escaping (CallOutcome) -> Void) {
    calls.append(call)
    let outcome = outcome(call)
    waiting.append { [self] in
      afterEach(call)
      completion(outcome)
    }
  }

  func drain() {
    while !waiting.isEmpty { waiting.removeFirst()() }
  }
}

extension Catalog {
  static let testKey = KeySchema(
    partition: KeyAttribute(name: Array("PK".utf8), type: .string),
    sort: KeyAttribute(name: Array("SK".utf8), type: .number))

  /// `pair` with PK (S), SK (N) and the index `byColour` on `colour` (S); `single` with PK (S) alone.
  static func sample() -> Catalog {
    var catalog = Catalog()
    _ = catalog.apply(.initialise(.initial(shards: 2, nodes: [NodeID(1)], replication: 1)))
    let colour = KeyAttribute(name: Array("colour".utf8), type: .string)
    let index = IndexDefinition(
      name: "byColour", kind: .global, key: IndexKeySchema(partition: colour), projection: .all)
    let pair = TableDefinition(
      name: "pair", key: testKey, attributes: testKey.attributes + [colour], indexes: [index],
      stream: .newAndOldImages)
    let single = TableDefinition(
      name: "single", key: KeySchema(partition: testKey.partition), attributes: [testKey.partition])
    for definition in [pair, single] {
      let outcome = catalog.apply(
        .createTable(definition, createdAtMs: 1_700_000_000_123, uniqueID: Array(0..<16)))
      guard case .table(let table) = outcome else { fatalError("A sample table was refused.") }
      _ = catalog.apply(.activate(table.id, version: 1))
    }
    return catalog
  }
}

/// One request's answer, taken apart.
struct Answered {
  var status: Int
  var body: JSONValue
  var text: String

  var type: String? { body["__type"]?.text.map { String($0.split(separator: "#").last ?? "") } }
  var message: String? { body["message"]?.text ?? body["Message"]?.text }
}

/// Sends one API request past HTTP, straight to the dispatcher.
func ask(
  _ operation: String, _ json: String, of api: String = "DynamoDB_20120810", target: CannedTarget? = nil,
  otherRegions: [String] = [],
  outcome: @escaping (Call) -> CallOutcome = { _ in .failed(.unavailable("not asked")) }
) throws -> Answered {
  let target = target ?? CannedTarget(.sample()) { if case .refreshCatalog = $0 { .refreshed } else { outcome($0) } }
  var registry = MetricRegistry()
  let service = Service(
    target: target, clock: ManualClock(), region: "eu-central-1", otherRegions: otherRegions,
    metrics: EdgeMetrics(in: &registry))
  let dispatcher = Dispatcher(service: service, requestID: { [] })
  var head = HTTPRequestHead(version: .http1_1, method: .POST, uri: "/")
  head.headers.add(name: "X-Amz-Target", value: "\(api).\(operation)")
  var answers: [HTTPAnswer] = []
  dispatcher.respond(to: HTTPRequest(head: head, body: ByteBuffer(string: json), receivedAt: .zero)) {
    answers.append($0)
  }
  target.drain()
  try #require(answers.count == 1)
  let body = try JSONValue(parsing: answers[0].body)
  return Answered(status: answers[0].status, body: body, text: String(decoding: answers[0].body, as: UTF8.self))
}

func item(_ json: String) throws -> EncodedItem {
  try JSONReader.read(Array(json.utf8)) { (reader) throws(ItemError) in try reader.readItem() }
}
