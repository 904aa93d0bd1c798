internal import Items
internal import Logging

/// Carries a table's load through its states: a sink that takes over goes on where the last one was.
///
/// The rule (no step back, no gap): staged items are published only after every shard's reader has passed a position
/// that was taken after the scan. Until then the readers apply what they read; an item that they touched since the load
/// began is newer than its staged copy, and one that they did not touch is exactly that copy.
struct LoadRun: Sendable {
  static let chunkRows = 1_000

  let api: any StreamsAPI
  let target: PostgresTarget
  let session: Session
  let lease: LoadLease
  let segments: Int
  let shape: TableShape
  let schema: TargetSchema
  let residency: Residency
  let stream: String
  let metrics: SinkMetrics
  let logger: Logger

  func run(from start: LoadState) async throws {
    var state = start
    while state != .done {
      logger.info("load of the table", metadata: ["state": "\(state.rawValue)", "generation": "\(lease.generation)"])
      switch state {
      case .scanning:
        try await scan()
        state = try await move(to: .waiting)
      case .waiting:
        try await waitForReaders()
        state = try await move(to: .publishing)
      case .publishing:
        try await publish()
        state = try await move(to: .removing)
      case .removing:
        try await removeVanished()
        try await session.run { [lease] in try LoadTable(connection: $0, table: lease.table).finish(lease) }
        state = .done
      case .done: break
      }
    }
    logger.info("the table is loaded", metadata: ["generation": "\(lease.generation)"])
  }

  private func move(to state: LoadState) async throws -> LoadState {
    try await session.run { [lease] in try LoadTable(connection: $0, table: lease.table).move(lease, to: state) }
    return state
  }

  // MARK: Scanning

  private func scan() async throws {
    try await withThrowingTaskGroup { group in
      for segment in 0..<segments {
        let own = Session(target)
        let scan = LoadScan(
          api: api, session: own, lease: lease, segment: segment, segments: segments, shape: shape, schema: schema,
          residency: residency, metrics: metrics)
        group.addTask {
          defer { own.end() }
          try await scan.run()
        }
      }
      try await group.waitForAll()
    }
  }

  // MARK: Waiting

  /// For each shard that was open after the scan: its reader has applied a record that was written after it, or has
  /// found the end of the shard in a look that began after it.
  private func waitForReaders() async throws {
    let scannedAt = try await scanTime()
    var iterators: [String: String?] = [:]
    for shard in try await api.shards(of: stream) {
      iterators[shard.id] = try await latestIterator(shard.id)
    }
    var targets: [String: SequenceNumber] = [:]
    while !iterators.isEmpty {
      for (shard, iterator) in iterators where targets[shard] == nil {
        guard let iterator, let page = try? await api.records(iterator, limit: 1) else { continue }
        if let first = page.records.first { targets[shard] = first.sequence }
        iterators[shard] = page.nextIterator.map { .some($0) } ?? .some(nil)
      }
      for shard in try await passed(iterators.keys.sorted(), targets, scannedAt) { iterators[shard] = nil }
      if !iterators.isEmpty { try await Task.sleep(for: .milliseconds(200)) }
    }
  }

  /// Nil where the shard is closed: then only its reader's end counts.
  private func latestIterator(_ shard: String) async throws -> String? {
    do {
      return try await api.iterator(stream, shard, .latest)
    } catch {
      if error.isTransient { throw error }
      return nil
    }
  }

  private func scanTime() async throws -> String {
    try await session.run { [lease] connection in
      let rows = try connection.query(
        "SELECT scanned_at FROM gantry_loads WHERE \(LoadLease.condition)", lease.parameters)
      guard rows.count == 1, let time = rows.text(0, 0) else { throw LeaseLost() }
      return time
    }
  }

  private func passed(
    _ shards: [String], _ targets: [String: SequenceNumber], _ scannedAt: String
  ) async throws -> [String] {
    var wanted = ArrayColumn(.text)
    for shard in shards { wanted.append(targets[shard].map { Array($0.description.utf8) }) }
    let parameters: [Parameter] = [
      .text(stream), .array(ArrayColumn(.text, shards.map { Array($0.utf8) })), .array(wanted), .text(scannedAt),
    ]
    return try await session.run { [lease] connection in
      try LoadTable(connection: connection, table: lease.table).renew(lease)
      let rows = try connection.query(
        """
        SELECT v.shard FROM unnest($2::text[], $3::text[]) AS v(shard, target)
        JOIN gantry_shards s ON s.stream = $1 AND s.shard = v.shard
        WHERE s.is_finished OR s.position >= v.target::numeric OR s.caught_up_at > $4::timestamptz
        """, parameters)
      return (0..<rows.count).compactMap { rows.text($0, 0) }
    }
  }

  // MARK: Publishing

  private func publish() async throws {
    try await session.run { try $0.script(CoreSchema.stagingIndex) }
    let applier = Applier(shape: shape, schema: schema)
    while true {
      try Task.checkCancellation()
      let outcome = try await session.run { [lease, shape] connection -> ApplyOutcome? in
        let chunk = try StagedChunk.read(lease, shape, connection)
        guard !chunk.entries.isEmpty else { return nil }
        return try applier.apply(chunk.entries, from: chunk.place(lease), on: connection)
      }
      guard let outcome else { return }
      metrics.applied(outcome, schema, took: .zero)
    }
  }

  // MARK: Removing

  /// Items of the mirror that neither the scan nor a record has shown since the load began.
  private func removeVanished() async throws {
    let applier = Applier(shape: shape, schema: schema)
    while true {
      try Task.checkCancellation()
      let removed = try await session.run { [lease] connection -> Int in
        let entries = try vanished(connection)
        guard !entries.isEmpty else { return 0 }
        let place = BatchPlace(stream: StagedChunk.streamName, shard: lease.table, fence: { _ in lease.fence() })
        return try applier.apply(entries, from: place, on: connection).records
      }
      if removed == 0 { return }
    }
  }

  private func vanished(_ connection: Connection) throws -> [BatchEntry] {
    let rows = try connection.query(
      """
      SELECT id, pk, sk FROM gantry_mirror WHERE table_name = $1 AND generation < $2
      LIMIT \(Self.chunkRows)
      """, [.text(lease.table), .integer(lease.generation)])
    return (0..<rows.count).map { row in
      .change(
        ItemChange(
          identity: ItemIdentity(id: rows.binary(row, 0)!, pk: rows.bytes(row, 1)!, sk: rows.bytes(row, 2)!),
          event: .remove, sequence: .zero, changedAt: StagedChunk.now()))
    }
  }
}
