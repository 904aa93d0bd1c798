internal import Client
internal import Items
internal import Load
internal import Synchronization

/// Rows that are written once each, at a small steady rate beside the load, and looked for at the end: an acknowledged
/// row that is missing then is a lost write, whatever the load's workload is.
final class Ledger: Sendable {
  static let table = "gantry-drill-ledger"
  /// Rows a second, over all writers.
  static let rate = 200
  private static let writers = 8

  private struct State {
    var isStopped = false
    var acknowledged: [String] = []
    var unknown = 0
    /// Refused for certain.
    var failed = 0
  }

  private let state = Mutex(State())
  private let clients: [DynamoClient]
  private let reader: DynamoClient

  /// - Parameter endpoints: writers are spread over them.
  init(_ endpoints: [Endpoint], region: String, http: HTTPClient) {
    clients = endpoints.map { DynamoClient(endpoint: $0, region: region, http: http, retries: .none, timeoutMs: 5_000) }
    reader = DynamoClient(endpoint: endpoints[0], region: region, http: http)
  }

  var acknowledged: Int { state.withLock { $0.acknowledged.count } }
  var unknown: Int { state.withLock { $0.unknown } }

  func makeTable() async throws(CallError) {
    try await reader.createTable(named: Self.table, request: TableRequests.simple(Self.table))
  }

  func stop() { state.withLock { $0.isStopped = true } }

  /// Writes until it is stopped.
  ///
  /// - Parameter run: part of every key, so that drills of one cluster do not take each other's rows for theirs.
  func write(run: String) async {
    await withTaskGroup { group in
      for writer in 0..<Self.writers {
        group.addTask { await self.write(run, writer) }
      }
    }
  }

  private func write(_ run: String, _ writer: Int) async {
    let interval = Duration.seconds(1) * Self.writers / Self.rate
    var due = ContinuousClock.now + interval * writer / Self.writers
    var number = 0
    while !state.withLock({ $0.isStopped }) {
      try? await Task.sleep(until: due)
      // A writer that was held up goes on from now: it need not make up for what it missed.
      due = max(due + interval, .now)
      number += 1
      await put("\(run)-\(writer)-\(number)", by: clients[(writer + number) % clients.count])
    }
  }

  private func put(_ id: String, by client: DynamoClient) async {
    let body = #"{"TableName":"\#(Self.table)","Item":{"id":{"S":"\#(id)"}}}"#
    do {
      _ = try await client.call("PutItem", body: Array(body.utf8))
      state.withLock { $0.acknowledged.append(id) }
    } catch {
      state.withLock { if error.isOutcomeUnknown { $0.unknown += 1 } else { $0.failed += 1 } }
    }
  }

  /// The acknowledged rows that strong reads do not find, in the order of their acknowledgements.
  func missing() async throws -> [String] {
    let acknowledged = state.withLock { $0.acknowledged }
    var found: Set<String> = []
    for start in stride(from: 0, to: acknowledged.count, by: 100) {
      var rest = Array(acknowledged[start..<min(start + 100, acknowledged.count)])
      while !rest.isEmpty {
        let answer = try await read(rest)
        found.formUnion(answer.found)
        rest = answer.unprocessed
      }
    }
    return acknowledged.filter { !found.contains($0) }
  }

  private func read(_ ids: [String]) async throws -> (found: [String], unprocessed: [String]) {
    let keys = ids.map { #"{"id":{"S":"\#($0)"}}"# }.joined(separator: ",")
    let body = #"{"RequestItems":{"\#(Self.table)":{"ConsistentRead":true,"Keys":[\#(keys)]}}}"#
    let answer = try JSONValue(parsing: try await reader.call("BatchGetItem", body: Array(body.utf8)))
    let found = answer["Responses"]?["gantry-drill-ledger"]?.elements ?? []
    let left = answer["UnprocessedKeys"]?["gantry-drill-ledger"]?["Keys"]?.elements ?? []
    let id = { (item: JSONValue) in item["id"]?["S"]?.text }
    return (found.compactMap(id), left.compactMap(id))
  }
}
