internal import Glibc
internal import Synchronization
public import Telemetry

/// What a sink tells about itself.
public final class SinkMetrics: Sendable {
  private struct ShardState {
    /// Nil until a record was seen.
    var newest: Timestamp?
    var records: UInt64 = 0
    var isCaughtUp = false
    var lookedAt: Double = 0
  }

  let records: Counter
  let stale: Counter
  let mirrored: Counter
  let deleted: Counter
  let audited: Counter
  let parked: Counter
  let unparked: Counter
  let letters: Counter
  let retries: Counter
  let gaps: Counter
  let loaded: Counter
  let batchTime: LatencyHistogram
  /// Whether this sink works at a load, which waits for readers to say how far they are.
  let isLoading = Atomic(false)
  private let shards = Mutex<[String: ShardState]>([:])
  private let rows = Mutex<[String: UInt64]>([:])
  private let retentionSeconds: Double

  /// - Parameter retentionSeconds: how long the stream keeps records.
  public init(_ registry: inout MetricRegistry, retentionSeconds: Double = 86_400) {
    func counter(_ name: String, _ help: String) -> Counter {
      registry.counter("gantry_sink_\(name)_total", help: help)
    }
    records = counter("records", "Stream records applied.")
    stale = counter("stale_records", "Records that a later one of the same item had overtaken.")
    mirrored = counter("mirrored_items", "Items written to the mirror.")
    deleted = counter("deleted_items", "Items deleted from the mirror.")
    audited = counter("audit_rows", "Changes of an order's status told to the audit.")
    parked = counter("parked_rows", "Rows set aside until their parent comes.")
    unparked = counter("unparked_rows", "Rows that followed their parent.")
    letters = counter("dead_letters", "Records that could not be applied.")
    retries = counter("retries", "Batches and calls that were tried again.")
    gaps = counter("gaps", "Times that records were lost before the sink read them.")
    loaded = counter("loaded_items", "Items read for a load.")
    batchTime = registry.histogram("gantry_sink_batch_seconds", help: "Time to apply one batch.")
    self.retentionSeconds = retentionSeconds
  }

  func applied(_ outcome: ApplyOutcome, _ schema: TargetSchema, took: Duration) {
    records.add(UInt64(outcome.records))
    stale.add(UInt64(outcome.stale))
    mirrored.add(UInt64(outcome.mirrored))
    deleted.add(UInt64(outcome.deleted))
    audited.add(UInt64(outcome.audited))
    parked.add(UInt64(outcome.parked))
    unparked.add(UInt64(outcome.unparked))
    letters.add(UInt64(outcome.letters))
    retries.add(UInt64(outcome.retries))
    if took > .zero { batchTime.record(nanoseconds: UInt64(max(0, took.seconds) * 1e9)) }
    rows.withLock { rows in
      for (index, table) in schema.tables.enumerated() { rows[table.name, default: 0] += UInt64(outcome.rows[index]) }
    }
  }

  /// - Parameter newest: of what a look at the shard brought.
  func looked(_ shard: String, _ newest: Timestamp?, records: Int) {
    shards.withLock { shards in
      var state = shards[shard] ?? ShardState()
      state.newest = newest ?? state.newest
      state.records += UInt64(records)
      state.isCaughtUp = records < PollPace.pageRecordsMax / 4
      state.lookedAt = Self.now
      shards[shard] = state
    }
  }

  func left(_ shard: String) { shards.withLock { $0[shard] = nil } }

  /// Seconds that the shard's reader is behind: since its last look where that found the end, else since the last
  /// record that it applied was written.
  func lag(_ shard: String) -> Double? {
    shards.withLock { $0[shard] }.map(Self.lag)
  }

  private static func lag(_ state: ShardState) -> Double {
    guard !state.isCaughtUp, let newest = state.newest else { return max(0, now - state.lookedAt) }
    return max(0, now - Double(newest.microseconds) / 1e6)
  }

  /// Whether it reads any shard.
  public var isReading: Bool { shards.withLock { !$0.isEmpty } }

  var lags: [(shard: String, seconds: Double)] {
    shards.withLock { $0.map { (shard: $0.key, seconds: Self.lag($0.value)) } }.sorted { $0.shard < $1.shard }
  }

  /// Prometheus text of what has a label that is not known at the start.
  public var page: String {
    var text = ""
    func family(_ name: String, _ kind: String, _ help: String, _ label: String, _ series: [(String, String)]) {
      guard !series.isEmpty else { return }
      text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind)\n"
      for (value, number) in series { text += "\(name){\(label)=\"\(value)\"} \(number)\n" }
    }
    let lags = lags
    family(
      "gantry_sink_lag_seconds", "gauge", "How far behind a shard's reader is.", "shard",
      lags.map { ($0.shard, "\($0.seconds)") })
    family(
      "gantry_sink_retention_left_seconds", "gauge", "How long until records are lost unread.", "shard",
      lags.map { ($0.shard, "\(max(0, retentionSeconds - $0.seconds))") })
    text += "# HELP gantry_sink_loading Whether this sink works at a load of the table.\n"
    text += "# TYPE gantry_sink_loading gauge\ngantry_sink_loading \(isLoading.load(ordering: .relaxed) ? 1 : 0)\n"
    let counts = shards.withLock { $0.map { ($0.key, "\($0.value.records)") } }.sorted { $0.0 < $1.0 }
    family("gantry_sink_shard_records_total", "counter", "Records read of a shard.", "shard", counts)
    let rows = rows.withLock { $0.map { ($0.key, "\($0.value)") } }.sorted { $0.0 < $1.0 }
    family("gantry_sink_rows_total", "counter", "Rows written to and deleted from a mapped table.", "table", rows)
    return text
  }

  private static var now: Double {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
