internal import Logging
internal import Synchronization
internal import Telemetry

/// Everything that a running sink was told.
struct SinkPlan: Sendable {
  var table: String
  var target: PostgresTarget
  var mapping: Mapping
  var residencyKey: String?
  /// Unlike any other sink's.
  var owner: String
  /// Whether a table that is not there yet is waited for.
  var awaitsTable = false
  var pace = PollPace()
  var loadSegments = 4
  var tickMs = 1_000
}

/// One sink: takes shards, reads them, and looks after loads and what was set aside, until its task is cancelled.
actor SinkRunner {
  /// How often the stream's shards are asked for, in ticks.
  static let describeEveryTicks = 5
  static let maintainEveryTicks = 10
  static let warnEveryTicks = 60

  private let plan: SinkPlan
  private let api: any StreamsAPI
  private let metrics: SinkMetrics
  private let logger: Logger
  private let session: Session
  private var workers: [String: Task<Void, Never>] = [:]
  private var load: Task<Void, Never>?
  private var needsDescription = true

  init(_ plan: SinkPlan, api: any StreamsAPI, metrics: SinkMetrics, logger: Logger) {
    self.plan = plan
    self.api = api
    self.metrics = metrics
    self.logger = logger
    session = Session(plan.target)
  }

  /// Runs until the task is cancelled. Throws where the sink cannot work at all: a missing table, stream or column.
  func run() async throws {
    var setup = try await SinkSetup(plan: plan, api: api, session: session, logger: logger).run()
    var tick = 0
    while !Task.isCancelled {
      do {
        if tick % Self.describeEveryTicks == 0 { try await findStream(&setup) }
        try await turn(setup, tick)
      } catch is CancellationError {
        break
      } catch let error as SinkError {
        await stop()
        throw error
      } catch {
        logger.warning("waiting to go on", metadata: ["reason": "\(error)"])
        metrics.retries.add()
      }
      // Above all where nothing else goes on: PostgreSQL or the endpoint may be away.
      if tick % Self.warnEveryTicks == 0 { warnOfRetention() }
      tick += 1
      try? await Task.sleep(for: .milliseconds(plan.tickMs))
    }
    await stop()
  }

  /// A stream that was switched off and on again is another one. Throws `SinkError` where the table itself is.
  private func findStream(_ setup: inout SinkSetup.Prepared) async throws {
    needsDescription = true
    let facts = try await api.describe(table: plan.table)
    try await session.run { try TableProgress.bind(facts, on: $0) }
    guard let stream = facts.stream, stream != setup.stream else { return }
    logger.warning("the table has a new stream", metadata: ["stream": "\(stream)"])
    setup.stream = stream
  }

  private func turn(_ setup: SinkSetup.Prepared, _ tick: Int) async throws {
    for stream in try await streams(setup) { try await share(stream, setup) }
    needsDescription = false
    if tick % Self.maintainEveryTicks == 0 { try await maintain(setup) }
    try await loadIfDue(setup)
  }

  private func warnOfRetention() {
    for lag in metrics.lagsNearRetention {
      logger.warning(
        "near the end of the stream's retention",
        metadata: ["shard": "\(lag.shard)", "lagSeconds": "\(Int(lag.seconds))"])
    }
  }

  // MARK: Shards

  /// Older streams of the table are read to their end before the newest one is begun.
  private func streams(_ setup: SinkSetup.Prepared) async throws -> [String] {
    let table = plan.table
    let older = try await session.run { connection -> [String] in
      let shards = ShardTable(connection: connection, table: table)
      _ = try shards.recordNewStream(setup.stream)
      return try shards.olderStreams(than: setup.stream)
    }
    return older.isEmpty ? [setup.stream] : older
  }

  private func share(_ stream: String, _ setup: SinkSetup.Prepared) async throws {
    let listed = needsDescription ? try await shards(of: stream) : nil
    let (table, owner) = (plan.table, plan.owner)
    let (known, sinks, gaps) = try await session.run { connection -> ([KnownShard], Int, Int) in
      let shards = ShardTable(connection: connection, table: table)
      let sinks = try Leases(connection: connection, table: table, owner: owner).countSinks()
      guard let listed else { return (try shards.known(stream), sinks, 0) }
      let gaps = try shards.closeVanished(stream, listed)
      return (try shards.update(stream, listed), sinks, gaps)
    }
    if gaps > 0 {
      metrics.gaps.add(UInt64(gaps))
      logger.warning("shards are gone that were not read to their end", metadata: ["shards": "\(gaps)"])
    }
    // A lease of a run before this one, or one whose reader has ended: it lapses by itself.
    for shard in ShardChoice.toGive(known, owner: owner, sinks: sinks) { workers[shard]?.cancel() }
    for shard in ShardChoice.toTake(known, owner: owner, sinks: sinks) where workers[shard] == nil {
      try await take(shard, of: stream, setup)
    }
  }

  /// A stream that the service no longer knows has no shards.
  private func shards(of stream: String) async throws -> [StreamShard] {
    do {
      return try await api.shards(of: stream)
    } catch {
      guard error.isNotFound else { throw error }
      return []
    }
  }

  private func take(_ shard: String, of stream: String, _ setup: SinkSetup.Prepared) async throws {
    let (table, owner) = (plan.table, plan.owner)
    let grant = try await session.run { connection in
      try Leases(connection: connection, table: table, owner: owner).take(shard, of: stream)
    }
    guard let grant else { return }
    let own = Session(plan.target)
    let worker = ShardWorker(
      api: api, session: own,
      reader: RecordReader(shape: setup.shape, residency: setup.residency, stream: stream),
      applier: Applier(shape: setup.shape, schema: setup.schema), lease: grant.lease, table: table, pace: plan.pace,
      metrics: metrics, logger: logger)
    logger.info("reading a shard", metadata: ["shard": "\(shard)", "epoch": "\(grant.lease.epoch)"])
    workers[shard] = Task { [self] in
      let end = await worker.run(from: grant.position)
      await ended(shard, end, grant.lease, own)
    }
  }

  private func ended(_ shard: String, _ end: ShardWorker.End, _ lease: ShardLease, _ own: Session) async {
    logger.info("no longer reading a shard", metadata: ["shard": "\(shard)", "reason": "\(end)"])
    if end == .stopped {
      let (table, owner) = (plan.table, plan.owner)
      try? await own.run { try Leases(connection: $0, table: table, owner: owner).release(lease) }
    }
    own.end()
    metrics.left(shard)
    workers[shard] = nil
    if end == .finished { needsDescription = true }
  }

  // MARK: Loads

  private func loadIfDue(_ setup: SinkSetup.Prepared) async throws {
    guard load == nil else { return }
    let (table, owner, segments) = (plan.table, plan.owner, plan.loadSegments)
    let taken = try await session.run { connection -> (lease: LoadLease, state: LoadState, segments: Int)? in
      let loads = LoadTable(connection: connection, table: table)
      if try loads.isDue() { try loads.begin(segments: segments) }
      return try loads.take(owner: owner)
    }
    guard let taken else { return }
    let run = LoadRun(
      api: api, target: plan.target, session: Session(plan.target), lease: taken.lease, segments: taken.segments,
      shape: setup.shape, schema: setup.schema, residency: setup.residency, stream: setup.stream, metrics: metrics,
      logger: logger)
    metrics.isLoading.store(true, ordering: .relaxed)
    load = Task { [self] in
      do {
        try await run.run(from: taken.state)
      } catch {
        if !Task.isCancelled { logger.warning("the load waits to go on", metadata: ["reason": "\(error)"]) }
      }
      run.session.end()
      loadEnded()
    }
  }

  private func loadEnded() {
    load = nil
    metrics.isLoading.store(false, ordering: .relaxed)
  }

  // MARK: The rest

  private func maintain(_ setup: SinkSetup.Prepared) async throws {
    let schema = setup.schema
    let (found, refusal) = try await session.run { try Maintenance(connection: $0, schema: schema).run() }
    if found > 0 {
      metrics.unparked.add(UInt64(found))
      logger.info("parked rows found their parents", metadata: ["rows": "\(found)"])
    }
    if let refusal {
      logger.warning("a parked row is refused by PostgreSQL", metadata: ["reason": "\(refusal.discreet)"])
    }
  }

  private func stop() async {
    load?.cancel()
    for worker in workers.values { worker.cancel() }
    for worker in workers.values { await worker.value }
    await load?.value
    let (table, owner) = (plan.table, plan.owner)
    try? await session.run { try Leases(connection: $0, table: table, owner: owner).leave() }
    session.end()
  }
}
