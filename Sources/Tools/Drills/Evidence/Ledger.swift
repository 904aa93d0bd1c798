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

  /// An endpoint, and the region that requests to it are signed for.
  struct End: Sendable {
    var endpoint: Endpoint
    var region: String
  }

  private struct State {
    var isStopped = false
    var acknowledged: [String] = []
    var unknown = 0
    /// Refused for certain.
    var failed = 0
  }

  private let state = Mutex(State())
  private let maker: DynamoClient
  private let clients: [DynamoClient]
  let readers: [DynamoClient]

  /// - Parameter ends: of the API; writers are spread over them. The first one's region makes the table.
  init(_ ends: [End], http: HTTPClient) {
    func client(_ end: End, _ retries: RetryPolicy, timeoutMs: Int = 12_000) -> DynamoClient {
      DynamoClient(endpoint: end.endpoint, region: end.region, http: http, retries: retries, timeoutMs: timeoutMs)
    }
    let home = ends.filter { $0.region == ends[0].region }
    maker = client(ends[0], .standard)
    clients = ends.map { client($0, .none, timeoutMs: 5_000) }
    readers = home.map { client($0, .none) }
  }

  /// By the order of their acknowledgements.
  var acknowledgedRows: [String] { state.withLock { $0.acknowledged } }
  var acknowledged: Int { state.withLock { $0.acknowledged.count } }
  var unknown: Int { state.withLock { $0.unknown } }

  func makeTable() async throws(CallError) {
    try await maker.createTable(named: Self.table, request: TableRequests.simple(Self.table))
  }

  /// Makes a replica of the table in another region.
  func makeReplica(in region: String) async throws { try await maker.makeReplica(of: Self.table, in: region) }

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
}
