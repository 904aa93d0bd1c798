internal import Logging
internal import Synchronization
internal import Telemetry

/// Reads one shard from its checkpoint on and applies what it reads, for as long as it holds the lease.
struct ShardWorker: Sendable {
  enum End: Sendable, Equatable {
    /// The shard is closed and all of it applied.
    case finished
    case leaseLost
    case stopped
    /// Records were lost, or the shard is not to be read; the reason.
    case failed(String)
  }

  static let renewEveryMs = 1_000
  /// While a load waits for readers.
  static let renewWhileLoadingMs = 100
  static let backoffMsMax = 5_000

  let api: any StreamsAPI
  let session: Session
  let reader: RecordReader
  let applier: Applier
  let lease: ShardLease
  let table: String
  let pace: PollPace
  let metrics: SinkMetrics
  let logger: Logger

  /// - Parameter position: the last record that was applied.
  func run(from position: SequenceNumber?) async -> End {
    var state = Progress(position: position, pace: pace)
    while !Task.isCancelled {
      do {
        if let end = try await turn(&state) { return end }
        state.failures = 0
      } catch is LeaseLost {
        return .leaseLost
      } catch is CancellationError {
        return .stopped
      } catch {
        await recover(&state, from: error)
      }
    }
    return .stopped
  }

  private struct Progress {
    var position: SequenceNumber?
    var pace: PollPace
    var iterator: String?
    var failures = 0
    var lastRenewal = ContinuousClock.now
    /// Read, but perhaps not applied.
    var pending: RecordsPage?
  }

  /// One look at the shard. Returns an end where the shard is at its own.
  private func turn(_ state: inout Progress) async throws -> End? {
    let started = ContinuousClock.now
    let page = try await nextPage(&state)
    state.pending = page
    if page.records.isEmpty {
      if started - state.lastRenewal > .milliseconds(renewalMs) { try await renew(&state, lookBegan: started) }
    } else {
      try await apply(page, &state)
      state.lastRenewal = .now
    }
    state.pending = nil
    state.iterator = page.nextIterator
    metrics.looked(lease.shard, page.records.last?.createdAt, records: page.records.count)
    guard page.nextIterator != nil else {
      try await session.run { [lease, table] in
        try Leases(connection: $0, table: table, owner: lease.owner).finish(lease)
      }
      return .finished
    }
    let wait = state.pace.waitMs(after: page.records.count)
    if wait > 0 { try await Task.sleep(for: .milliseconds(wait)) }
    return nil
  }

  private var renewalMs: Int {
    metrics.isLoading.load(ordering: .relaxed) ? Self.renewWhileLoadingMs : Self.renewEveryMs
  }

  private func nextPage(_ state: inout Progress) async throws -> RecordsPage {
    if let pending = state.pending { return pending }
    do throws(StreamsFailure) {
      let iterator: String
      if let current = state.iterator {
        iterator = current
      } else {
        iterator = try await api.iterator(lease.stream, lease.shard, state.position.map { .after($0) } ?? .oldest)
        state.iterator = iterator
      }
      return try await api.records(iterator, limit: PollPace.pageRecordsMax)
    } catch {
      switch error {
      case .expiredIterator: state.iterator = nil
      // Not even the oldest record is there: nothing was read that could be lost.
      case .trimmed where state.position == nil && state.iterator == nil: throw error
      case .trimmed:
        try await reportTrim()
        (state.iterator, state.position) = (nil, nil)
      case .transient, .refused: throw error
      }
    }
    return try await nextPage(&state)
  }

  /// The whole page, and the checkpoint with it. After a lost connection only what the checkpoint does not have yet.
  private func apply(_ page: RecordsPage, _ state: inout Progress) async throws {
    let began = ContinuousClock.now
    let position = state.position
    let entries = page.records.filter { record in position.map { record.sequence > $0 } ?? true }.map(reader.entry)
    guard !entries.isEmpty else { return }
    let place = BatchPlace(stream: lease.stream, shard: lease.shard, fence: { [lease] in lease.fence($0) })
    let outcome = try await session.run { [applier] in try applier.apply(entries, from: place, on: $0) }
    state.position = entries.last!.sequence
    metrics.applied(outcome, applier.schema, took: .now - began)
  }

  private func renew(_ state: inout Progress, lookBegan: ContinuousClock.Instant) async throws {
    try await session.run { [lease, table] connection in
      let ago = (ContinuousClock.now - lookBegan).milliseconds
      try Leases(connection: connection, table: table, owner: lease.owner).renew(lease, caughtUpMsAgo: ago)
    }
    state.lastRenewal = .now
  }

  private func reportTrim() async throws {
    logger.warning(
      "records were lost: the stream no longer has what follows the checkpoint", metadata: ["shard": "\(lease.shard)"])
    metrics.gaps.add()
    try await session.run { [lease, table] connection in
      try ShardTable(connection: connection, table: table).recordTrim(lease)
    }
  }

  // MARK: Failures

  private func recover(_ state: inout Progress, from error: any Error) async {
    metrics.retries.add()
    if state.failures == 0 {
      logger.warning(
        "waiting to go on with a shard",
        metadata: ["shard": "\(lease.shard)", "reason": "\((error as? PostgresError)?.discreet ?? "\(error)")"])
    }
    if !(error is PostgresError) { state.iterator = nil }
    state.failures += 1
    let delay = min(Self.backoffMsMax, 50 << min(state.failures, 8))
    try? await Task.sleep(for: .milliseconds(Int.random(in: delay / 2...delay)))
    if error is PostgresError { await rereadPosition(&state) }
  }

  /// A transaction whose end was not heard of may have been committed: the checkpoint tells.
  private func rereadPosition(_ state: inout Progress) async {
    let stored = try? await session.run { [lease] connection -> String? in
      let rows = try connection.query(
        "SELECT position FROM gantry_shards WHERE stream = $1 AND shard = $2 AND owner = $3 AND lease_epoch = $4",
        [.text(lease.stream), .text(lease.shard), .text(lease.owner), .integer(lease.epoch)])
      return rows.count == 1 ? rows.text(0, 0) : nil
    }
    guard let stored, let position = SequenceNumber(stored) else { return }
    state.position = position
  }
}

extension Duration {
  var milliseconds: Int { Int(components.seconds) * 1_000 + Int(components.attoseconds / 1_000_000_000_000_000) }

  var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
