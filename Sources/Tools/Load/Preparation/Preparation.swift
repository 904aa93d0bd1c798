internal import Client
internal import Items
internal import Synchronization

/// Brings a workload's tables to the state that its operations begin with: makes those that are missing, and puts the
/// rows, many requests at a time. Rows that are there already are put again, so every run begins alike. An endpoint that
/// does not answer is passed over; where endpoints are of several regions, the tables get replicas in all of them.
public struct Preparation: Sendable {
  static let workersMax = 32
  /// How often each of several endpoints is tried: an election may be under way at all of them.
  private static let roundsMax = 8

  private let workload: Workload
  private let seed: UInt64
  private let clients: [DynamoClient]
  private let workers: Int
  private let home: @Sendable (Int) -> Int

  /// - Parameters:
  ///   - clients: one for each endpoint.
  ///   - workers: requests under way at a time; at most 32.
  ///   - home: the client that a worker begins with.
  init(
    _ workload: Workload, seed: UInt64, clients: [DynamoClient], workers: Int, home: @escaping @Sendable (Int) -> Int
  ) {
    precondition(!clients.isEmpty, "A preparation has an endpoint.")
    self.workload = workload
    self.seed = seed
    self.clients = clients
    self.home = home
    self.workers = max(1, min(workers, Self.workersMax))
  }

  /// - Parameter progress: a line for people, at most one a second; called on any thread, one call at a time.
  public func run(_ progress: @escaping @Sendable (String) -> Void) async throws(LoadError) {
    for table in workload.tables { try await make(table, progress) }
    guard workload.rowBatchCount > 0 else { return }
    let report = Progress(total: workload.rowBatchCount, progress)
    do {
      try await withThrowingTaskGroup(of: Void.self) { group in
        for worker in 0..<workers {
          group.addTask { try await put(worker, report) }
        }
        try await group.waitForAll()
      }
    } catch {
      throw LoadError("the rows could not be put: \(error)")
    }
    report.finish()
  }

  private func make(_ table: Workload.Table, _ progress: (String) -> Void) async throws(LoadError) {
    do {
      var place = home(0)
      try await atNext(&place) { client in
        if try await client.tableStatus(table.name) == nil { progress("making the table \(table.name)") }
        try await client.createTable(named: table.name, request: table.request)
      }
      try await replicate(table.name, by: clients[place], progress)
    } catch {
      throw LoadError("the table \(table.name) could not be made: \(error)")
    }
  }

  /// One region after the other, as the API has it. A replica that is there already is left as it is: its region need not
  /// answer.
  private func replicate(_ table: String, by client: DynamoClient, _ progress: (String) -> Void) async throws {
    var regions = [client.region]
    for other in clients where !regions.contains(other.region) {
      regions.append(other.region)
      guard try await client.replicaStatus(table, in: other.region) == nil else { continue }
      progress("making a replica of \(table) in \(other.region)")
      try await client.createReplica(of: table, in: other.region)
    }
  }

  private func put(_ worker: Int, _ report: Progress) async throws {
    var place = home(worker)
    for call in workload.rows(seed: seed, thread: worker, threads: workers) {
      try Task.checkCancellation()
      try await atNext(&place) { try await put(call, by: $0) }
      report.count()
    }
  }

  /// At the endpoint in that place, or the first behind it that answers; it is the place from then on.
  private func atNext(_ place: inout Int, _ body: (DynamoClient) async throws -> Void) async throws {
    let triesMax = clients.count > 1 ? clients.count * Self.roundsMax : 1
    for tries in 1...triesMax {
      do {
        return try await body(clients[place])
      } catch let error as CallError where error.isTransient && tries < triesMax {
        place = (place + 1) % clients.count
        if tries % clients.count == 0 { try await Task.sleep(for: .milliseconds(50 * tries)) }
      }
    }
  }

  /// Sends a batch until nothing of it is left: putting what was put before changes nothing.
  private func put(_ call: Call, by client: DynamoClient) async throws {
    for attempt in 1...10 {
      let answer = try JSONValue(parsing: try await client.call(call.method, body: call.body))
      guard case .object(let tables)? = answer["UnprocessedItems"], !tables.isEmpty else { return }
      try await Task.sleep(for: .milliseconds(20 * attempt))
    }
    throw LoadError("\(client.endpoint) leaves items unprocessed again and again")
  }

  /// Counts requests and now and then says how far they are.
  private final class Progress: Sendable {
    private struct State {
      var done = 0
      var lastLine = ContinuousClock.now
    }

    private let state = Mutex(State())
    private let total: Int
    private let line: @Sendable (String) -> Void

    init(total: Int, _ line: @escaping @Sendable (String) -> Void) {
      self.total = total
      self.line = line
    }

    func count() {
      state.withLock { state in
        state.done += 1
        let now = ContinuousClock.now
        guard now - state.lastLine >= .seconds(1) else { return }
        state.lastLine = now
        line("putting rows: \(min(100, state.done * 100 / total)) %")
      }
    }

    func finish() {
      state.withLock { line("rows are put: \($0.done) requests") }
    }
  }
}
