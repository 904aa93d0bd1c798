internal import Glibc
internal import Items

/// Measures how fast changes go into the mirror, the relational tables and the audit: answers of `GetRecords` are made
/// in memory, and everything from there on is what a sink does.
public struct ApplyMeasurement: Sendable {
  public var changes = 200_000
  public var shards = 2
  public var pageRecords = 1_000

  public init() {}

  /// Needs a database of its own: its tables are emptied.
  public func run(_ target: PostgresTarget) async throws -> String {
    let shape = TableShape(name: "measured", partitionKey: "PK", sortKey: "SK")
    let session = Session(target)
    defer { session.end() }
    let plan = SinkPlan(table: shape.name, target: target, mapping: try Mapping.load("ris"), owner: "measurement")
    let schema = try await session.run { connection in
      let schema = try SinkSetup.prepare(plan, TableFacts(shape: shape), connection)
      try connection.script(
        """
        TRUNCATE gantry_mirror, gantry_tombstones, gantry_shards, gantry_parked, gantry_dead_letters,
          billing_ledger_audit, patient, radiology_order, radiology_report, billing_ledger
        """)
      return schema
    }
    var leases: [ShardLease] = []
    for shard in 0..<shards {
      leases.append(
        try await session.run { connection in
          _ = try ShardTable(connection: connection, table: shape.name).update("m", [StreamShard(id: "s\(shard)")])
          return try Leases(connection: connection, table: shape.name, owner: "m").take("s\(shard)", of: "m")!.lease
        })
    }
    let pages = (0..<shards).map { self.pages($0) }
    let clock = ContinuousClock.now
    let cpu = Self.cpuSeconds()
    let outcome = try await withThrowingTaskGroup(of: ApplyOutcome.self) { group in
      for (lease, pages) in zip(leases, pages) {
        group.addTask { try await Self.apply(pages, lease, Applier(shape: shape, schema: schema), target) }
      }
      var total = ApplyOutcome(tables: schema.tables.count)
      for try await outcome in group { total += outcome }
      return total
    }
    let seconds = (ContinuousClock.now - clock).seconds
    let rate = Int(Double(outcome.records) / seconds)
    return """
      \(outcome.records) changes in \(seconds) s: \(rate)/s, \(shards) shards, pages of \(pageRecords)
      mirrored \(outcome.mirrored), rows \(outcome.rows), audit \(outcome.audited), parked \(outcome.parked), letters \(outcome.letters), retries \(outcome.retries)
      own CPU: \((Self.cpuSeconds() - cpu) / Double(outcome.records) * 1e6) µs a change
      """
  }

  private static func apply(
    _ pages: [[UInt8]], _ lease: ShardLease, _ applier: Applier, _ target: PostgresTarget
  ) async throws -> ApplyOutcome {
    let session = Session(target)
    defer { session.end() }
    let reader = RecordReader(shape: applier.shape, residency: .none, stream: lease.stream)
    let place = BatchPlace(stream: lease.stream, shard: lease.shard, fence: { lease.fence($0) })
    var total = ApplyOutcome(tables: applier.schema.tables.count)
    for page in pages {
      let entries = try RecordsPage(parsing: page).records.map(reader.entry)
      total += try await session.run { try applier.apply(entries, from: place, on: $0) }
    }
    return total
  }

  private static func cpuSeconds() -> Double {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
    return seconds(usage.ru_utime) + seconds(usage.ru_stime)
  }

  // MARK: Records

  /// The courses of patients one after the other: seven records each.
  private func pages(_ shard: Int) -> [[UInt8]] {
    var records: [[UInt8]] = []
    var number = 0
    while records.count < changes / shards {
      records += course(shard, number, from: records.count)
      number += 1
    }
    return stride(from: 0, to: records.count, by: pageRecords).map { start in
      var writer = JSONWriter(capacity: 1 << 20)
      writer.beginObject()
      writer.key("Records")
      writer.beginArray()
      for record in records[start..<min(start + pageRecords, records.count)] { writer.rawValue(record) }
      writer.endArray()
      writer.key("NextShardIterator")
      writer.string("next")
      writer.endObject()
      return writer.bytes
    }
  }

  private func course(_ shard: Int, _ number: Int, from sequence: Int) -> [[UInt8]] {
    Course(patient: "\(shard)-\(number)").changes.enumerated().map { Self.record(sequence + $0 + 1, $1.old, $1.new) }
  }

  private static func record(_ sequence: Int, _ old: AttributeMap?, _ new: AttributeMap) -> [UInt8] {
    var writer = JSONWriter(capacity: 2_048)
    writer.beginObject()
    writer.key("eventName")
    writer.string(old == nil ? "INSERT" : "MODIFY")
    writer.key("dynamodb")
    writer.beginObject()
    writer.key("SequenceNumber")
    writer.string("\(sequence)")
    writer.key("ApproximateCreationDateTime")
    writer.integer(1_767_225_600)
    writer.key("Keys")
    writer.item(AttributeMap(new.elements.filter { $0.name.count == 2 }))
    writer.key("NewImage")
    writer.item(new)
    if let old {
      writer.key("OldImage")
      writer.item(old)
    }
    writer.endObject()
    writer.endObject()
    return writer.bytes
  }
}
