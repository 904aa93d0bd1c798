import Environment
import Items
import Logging
import Synchronization
import Telemetry
import Testing

@testable import Sink

@Suite(.needsPostgres) struct SinkRunTests {
  /// A sink that runs until `stop` is called.
  private struct Running {
    let task: Task<Void, any Error>
    let metrics: SinkMetrics

    init(
      _ api: FakeStreams, _ target: PostgresTarget, owner: String = "one", mapping: Mapping,
      retentionSeconds: Double = 86_400, log: CollectedLog = CollectedLog()
    ) {
      var registry = MetricRegistry()
      let metrics = SinkMetrics(&registry, retentionSeconds: retentionSeconds)
      self.metrics = metrics
      var plan = SinkPlan(table: TestBench.table, target: target, mapping: mapping, owner: owner)
      plan.tickMs = 20
      plan.pace.activeMs = 2
      plan.pace.idleMsMax = 5
      let runner = SinkRunner(
        plan, api: api, metrics: metrics, logger: Logger(label: "sink") { _ in log })
      task = Task { try await runner.run() }
    }

    func stop() async throws {
      task.cancel()
      try await task.value
    }
  }

  private func wait(_ what: String, _ condition: () async throws -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(1_200)
    while try await !condition() {
      guard ContinuousClock.now < deadline else {
        Issue.record("in twenty minutes there was never: \(what)")
        throw SinkError(what)
      }
      try await Task.sleep(for: .milliseconds(5))
    }
  }

  private static func text(_ item: AttributeMap) -> String { String(decoding: PlainJSON.object(item), as: UTF8.self) }

  /// Whether the mirror holds exactly the table's items, and the relational tables those of them that are patients.
  private func isEqual(_ api: FakeStreams, _ connection: Connection) throws -> Bool {
    let rows = try connection.query(
      "SELECT a.x FROM (SELECT attributes::text x FROM gantry_mirror) a ORDER BY 1")
    let mirrored = Set((0..<rows.count).compactMap { rows.text($0, 0) })
    let expected = ArrayColumn(.text, api.items.map { Array(Self.text($0).utf8) })
    let normal = try connection.query("SELECT v::jsonb::text FROM unnest($1::text[]) v", [.array(expected)])
    return mirrored == Set((0..<normal.count).compactMap { normal.text($0, 0) }) && rows.count == normal.count
  }

  private func isLoaded(_ connection: Connection) throws -> Bool {
    guard !(try connection.query("SELECT to_regclass('gantry_loads')").isNull(0, 0)) else { return false }
    return try connection.query("SELECT count(*) FROM gantry_loads WHERE state = 'done'").integer(0, 0) == 1
  }

  private func item(_ number: Int, _ version: Int) -> AttributeMap {
    Sample.patient("p\(number)").with("version", .number(Number(version))).with("orderStatus", "S\(version % 3)")
  }

  @Test(
    "A first load under writes, deletions and expired iterators ends with the mirror equal to the table, and never steps back"
  )
  func firstLoad() async throws {
    let api = FakeStreams()
    for number in 0..<300 { api.write(item(number, 0)) }
    // What was written before the stream was kept is known to the scan alone.
    api.trim("s1", keeping: 0)
    api.state.withLock { state in
      state.expireEvery = 7
      state.onScan = { api, segment, page in
        for number in [segment * 3, segment * 3 + 1, 40 + segment, 290 + page] {
          api.write(Sample.patient("p\(number)").with("version", .number(Number(1 + page))), isRemoval: number % 4 == 1)
        }
        api.write(Sample.patient("new\(segment)\(page)").with("version", .number(Number(1))))
      }
    }
    let target = try TestServer.shared.database()
    let connection = try Connection(target)
    let sink = Running(api, target, mapping: try Mapping.load("ris"))
    try await wait("a load that is done") { try isLoaded(connection) }
    try await wait("a mirror that is equal") { try isEqual(api, connection) }
    #expect(try connection.query("SELECT count(*) FROM patient").integer(0, 0) == api.items.count)
    for number in 0..<50 { api.write(item(number, 9)) }
    try await wait("a mirror that follows") { try isEqual(api, connection) }
    #expect(try connection.query("SELECT count(*) FROM gantry_staging").integer(0, 0) == 0)
    #expect(sink.metrics.letters.current == 0)
    try await sink.stop()
  }

  @Test("A load that is faster than the stream waits for it: no item ever goes back to an older version")
  func noStepBack() async throws {
    let api = FakeStreams()
    api.state.withLock { $0.isHeld = true }
    for version in 1...6 {
      for number in 0..<20 { api.write(Sample.patient("p\(number)").with("version", .number(Number(version)))) }
    }
    let target = try TestServer.shared.database()
    let connection = try Connection(target)
    try Migrator(connection: connection).migrate([.core])
    try connection.script(
      """
      CREATE TABLE seen (place bigserial, pk text, version int);
      CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN INSERT INTO seen (pk, version) VALUES (NEW.pk, (NEW.attributes->>'version')::int); RETURN NEW; END $$;
      CREATE TRIGGER note AFTER INSERT OR UPDATE ON gantry_mirror FOR EACH ROW EXECUTE FUNCTION note();
      """)
    let sink = Running(api, target, mapping: try Mapping.load("ris"))
    try await wait("a scan that is over") {
      try connection.query("SELECT 1 FROM gantry_loads WHERE state <> 'scanning'").count == 1
    }
    // Ten looks of the load at its readers.
    try await wait("a load that goes on waiting") {
      try connection.query("SELECT 1 FROM gantry_loads WHERE clock_timestamp() > scanned_at + interval '1 second'")
        .count == 1
    }
    #expect(try connection.query("SELECT count(*) FROM gantry_mirror").integer(0, 0) == 0)
    api.state.withLock { $0.isHeld = false }
    try await wait("a load that is done") { try isLoaded(connection) }
    try await wait("a mirror that is equal") { try isEqual(api, connection) }
    let backwards = try connection.query(
      "SELECT count(*) FROM (SELECT version < lag(version) OVER (PARTITION BY pk ORDER BY place) b FROM seen) x WHERE b"
    )
    #expect(backwards.integer(0, 0) == 0)
    try await sink.stop()
  }

  @Test("Loads, readers and sinks that stop anywhere are taken up where they were; the audit has every change once")
  func restarts() async throws {
    let api = FakeStreams()
    for number in 0..<200 { api.write(item(number, 0)) }
    let target = try TestServer.shared.database()
    let connection = try Connection(target)
    var random = SeededRandom(seed: 5)
    for round in 1...8 {
      let sink = Running(api, target, owner: "sink\(round)", mapping: try Mapping.load("ris"))
      for _ in 0..<40 {
        let number = Int(random.below(200))
        api.write(item(number, Int(random.below(5))), isRemoval: random.chance(1, in: 6))
      }
      if round == 3 { api.split("s1") }
      if round == 5 { api.split("s1a") }
      try await Task.sleep(for: .milliseconds(Int(random.below(60))))
      // Not in order: the task ends wherever it is, its leases lapse or are given back.
      sink.task.cancel()
      if round % 2 == 0 { _ = try? await sink.task.value }
      let victims = try connection.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
      )
      _ = victims.count
    }
    let last = Running(api, target, owner: "last", mapping: try Mapping.load("ris"))
    try await wait("a load that is done") { try isLoaded(connection) }
    try await wait("a mirror that is equal") { try isEqual(api, connection) }
    try await wait("readers of the children only") {
      try connection.query("SELECT count(*) FROM gantry_shards WHERE is_finished").integer(0, 0) == 2
    }
    try await last.stop()
    let status = Array("orderStatus".utf8)
    let changes = api.allRecords.filter { $0.event == .modify && $0.oldImage?[status] != $0.newImage?[status] }
    #expect(try connection.query("SELECT count(*) FROM billing_ledger_audit").integer(0, 0) == changes.count)
    let told = try connection.query(
      "SELECT old_status || '>' || new_status, count(*) FROM billing_ledger_audit GROUP BY 1 ORDER BY 1")
    var expected: [String: Int] = [:]
    for change in changes {
      func name(_ image: AttributeMap?) -> String {
        guard case .string(let text)? = image?[status] else { return "" }
        return String(decoding: text, as: UTF8.self)
      }
      expected["\(name(change.oldImage))>\(name(change.newImage))", default: 0] += 1
    }
    #expect(Dictionary((0..<told.count).map { (told.text($0, 0)!, told.integer($0, 1)!) }) { $1 } == expected)
    #expect(try connection.query("SELECT count(*) FROM gantry_gaps").integer(0, 0) == 0)
  }

  @Test("Two sinks share the shards; when one goes the other has them all") func sharing() async throws {
    let api = FakeStreams()
    api.split("s1")
    api.split("s1a")
    let target = try TestServer.shared.database()
    let connection = try Connection(target)
    let one = Running(api, target, owner: "one", mapping: .none)
    func owners() throws -> [String] {
      guard !(try connection.query("SELECT to_regclass('gantry_loads')").isNull(0, 0)) else { return [] }
      let rows = try connection.query(
        "SELECT owner FROM gantry_shards WHERE lease_expires_at > clock_timestamp() AND NOT is_finished ORDER BY 1")
      return (0..<rows.count).compactMap { rows.text($0, 0) }
    }
    try await wait("one sink with all shards") { try owners() == ["one", "one", "one"] }
    let two = Running(api, target, owner: "two", mapping: .none)
    try await wait("two sinks with shards") { try Set(owners()) == ["one", "two"] && owners().count == 3 }
    // Killed, not stopped: its leases lapse.
    try connection.query("UPDATE gantry_shards SET owner = 'dead' WHERE owner = 'one'")
    try await one.stop()
    try await wait("the other with all shards") { try owners() == ["two", "two", "two"] }
    api.write(item(1, 1))
    try await wait("a mirror that follows") { try isEqual(api, connection) }
    try await two.stop()
  }

  @Test(
    "Records that are gone unread are told as a gap, and a new load makes the mirror equal again: nothing lost, nothing resurrected"
  )
  func lostRecords() async throws {
    let api = FakeStreams()
    for number in 0..<60 { api.write(item(number, 0)) }
    let target = try TestServer.shared.database()
    let connection = try Connection(target)
    let first = Running(api, target, mapping: try Mapping.load("ris"))
    try await wait("a load that is done") { try isLoaded(connection) }
    try await wait("a mirror that is equal") { try isEqual(api, connection) }
    try await first.stop()
    for number in 0..<20 { api.write(item(number, 5)) }
    for number in 20..<40 { api.write(item(number, 0), isRemoval: true) }
    api.write(item(99, 1))
    api.trim("s1", keeping: 1)
    let second = Running(api, target, mapping: try Mapping.load("ris"))
    try await wait("a gap that is mended") {
      try connection.query("SELECT count(*) FROM gantry_gaps WHERE resynchronised_at IS NOT NULL").integer(0, 0) == 1
    }
    try await wait("a mirror that is equal") { try isEqual(api, connection) }
    #expect(try connection.query("SELECT count(*) FROM patient").integer(0, 0) == api.items.count)
    #expect(try connection.query("SELECT generation FROM gantry_tables").integer(0, 0) == 3)
    try await second.stop()
  }

  @Test(
    "A stream that is switched off and on is read to its end, then the new one; what lies between is a gap, mended by a load"
  )
  func newStream() async throws {
    let api = FakeStreams()
    for number in 0..<30 { api.write(item(number, 0)) }
    let target = try TestServer.shared.database()
    let connection = try Connection(target)
    let sink = Running(api, target, mapping: try Mapping.load("ris"))
    try await wait("a load that is done") { try isLoaded(connection) }
    for number in 0..<50 { api.write(item(number, 2)) }
    api.restartStream(meanwhile: (item(3, 7), item(77, 7)))
    for number in 10..<20 { api.write(item(number, 9)) }
    try await wait("a gap that is mended") {
      try connection.query("SELECT count(*) FROM gantry_gaps WHERE resynchronised_at IS NOT NULL").integer(0, 0) == 1
    }
    try await wait("a mirror that is equal") { try isEqual(api, connection) }
    #expect(try connection.query("SELECT count(*) FROM gantry_gaps").integer(0, 0) == 1)
    #expect(try connection.query("SELECT count(*) FROM gantry_shards WHERE is_finished").integer(0, 0) == 1)
    #expect(try connection.query("SELECT count(*) FROM billing_ledger_audit").integer(0, 0) == 30 + 10)
    try await sink.stop()
  }

  @Test(
    "Another table of a mirrored name is refused with what to do, and disturbs nothing; in another schema it is mirrored"
  )
  func tablesOfOneName() async throws {
    let (api, other) = (FakeStreams(), FakeStreams())
    for number in 0..<10 { api.write(item(number, 0)) }
    other.state.withLock { $0.identity = "arn:table 2" }
    other.write(item(3, 8))
    let target = try TestServer.shared.database()
    let connection = try Connection(target)
    let sink = Running(api, target, mapping: try Mapping.load("ris"))
    try await wait("a load that is done") { try isLoaded(connection) }
    let refused = Running(other, target, owner: "two", mapping: .none)
    let error = await #expect(throws: SinkError.self) { try await refused.task.value }
    #expect(
      error?.description.hasPrefix(
        "this database mirrors another table named ris-patient-tracking: it has arn:table 1, and the endpoint has arn:table 2"
      ) == true)
    let schema = try TestServer.shared.schema("second", besides: connection)
    let beside = Running(other, schema, owner: "two", mapping: try Mapping.load("ris"))
    let there = try Connection(schema)
    try await wait("a load in another schema that is done") { try isLoaded(there) }
    api.write(item(4, 1))
    other.write(item(5, 1))
    try await wait("two mirrors that follow") { try isEqual(api, connection) && isEqual(other, there) }
    #expect(try connection.query("SELECT count(*) FROM patient").integer(0, 0) == 10)
    #expect(try there.query("SELECT count(*) FROM patient").integer(0, 0) == 2)
    try await sink.stop()
    try await beside.stop()
  }

  @Test(
    "A table that was dropped and made again ends its sink and leaves the mirror as it was, until somebody rebinds it")
  func tableMadeAgain() async throws {
    let api = FakeStreams()
    for number in 0..<10 { api.write(item(number, 0)) }
    let target = try TestServer.shared.database()
    let connection = try Connection(target)
    let sink = Running(api, target, mapping: try Mapping.load("ris"))
    try await wait("a load that is done") { try isLoaded(connection) }
    api.remake()
    api.write(item(3, 8))
    await #expect(throws: SinkError.self) { try await sink.task.value }
    let again = Running(api, target, owner: "two", mapping: try Mapping.load("ris"))
    await #expect(throws: SinkError.self) { try await again.task.value }
    #expect(try connection.query("SELECT count(*) FROM gantry_mirror").integer(0, 0) == 10)
    await #expect(throws: SinkError.self) { try await TableBinding.release("no-such-table", target) }
    try await TableBinding.release(TestBench.table, target)
    let last = Running(api, target, owner: "three", mapping: try Mapping.load("ris"))
    try await wait("a mirror of the new table") { try isEqual(api, connection) }
    api.write(item(5, 1))
    try await wait("a mirror that follows") { try isEqual(api, connection) }
    try await last.stop()
  }

  /// Every value of every table.
  private func dump(_ connection: Connection) throws -> String {
    let tables = try connection.query("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
    return try (0..<tables.count).map { row in
      let rows = try connection.query(
        "SELECT string_agg(t::text, ' ') FROM \(Identifier.quoted(tables.text(row, 0)!)) t")
      return rows.text(0, 0) ?? ""
    }.joined(separator: " ")
  }

  @Test(
    "What a residency rule drops is nowhere in the database: staging, mirror, rows, parked rows, dead letters, audit")
  func residency() async throws {
    let api = FakeStreams()
    api.state.withLock { $0.isHeld = true }
    for number in 0..<5 { api.write(item(number, 0).with("insuranceId", "SECRET")) }
    let rules =
      "residency:\n  - {attribute: insuranceId, rule: drop}\n  - {attribute: clinicalIndication, rule: drop}\n"
    let mapping = try Mapping.parse(Mapping.load("ris").text + rules, file: "test.yaml")
    let target = try TestServer.shared.database()
    let connection = try Connection(target)
    let sink = Running(api, target, mapping: mapping)
    func hasSecret() throws -> Bool {
      let text = try dump(connection)
      let inHex = String(decoding: Hexadecimal.encode(Array("SECRET".utf8)), as: UTF8.self)
      return text.contains("SECRET") || text.contains(inHex)
    }
    try await wait("a scan that is over") {
      guard !(try connection.query("SELECT to_regclass('gantry_loads')").isNull(0, 0)) else { return false }
      return try connection.query("SELECT 1 FROM gantry_loads WHERE state = 'waiting'").count == 1
    }
    #expect(try connection.query("SELECT count(*) FROM gantry_staging").integer(0, 0) == 5)
    #expect(try !hasSecret())
    api.state.withLock { $0.isHeld = false }
    try await wait("a load that is done") { try isLoaded(connection) }
    api.write(item(1, 1).with("insuranceId", "SECRET"))
    api.write(item(2, 0).with("insuranceId", "SECRET").with("dateOfBirth", "never"))
    api.write(Sample.order("o", of: "nobody").with("clinicalIndication", "SECRET"))
    try await wait("a parked row, a dead letter and an audit row") {
      try connection.query(
        """
        SELECT (SELECT count(*) FROM gantry_parked) = 1 AND (SELECT count(*) FROM gantry_dead_letters) = 1
          AND (SELECT count(*) FROM billing_ledger_audit) = 1
        """
      ).flag(0, 0)
    }
    #expect(try !hasSecret())
    #expect(try dump(connection).contains("M-p1"))
    try await sink.stop()
  }

  @Test("A sink that finds no PostgreSQL warns while the stream still has what it did not read") func retention()
    async throws
  {
    let api = FakeStreams()
    api.write(item(1, 0))
    let target = try TestServer.shared.database()
    let connection = try Connection(target)
    let name = try connection.query("SELECT current_database()").text(0, 0)!
    let log = CollectedLog()
    let sink = Running(api, target, mapping: .none, retentionSeconds: 6, log: log)
    try await wait("a load that is done") { try isLoaded(connection) }
    #expect(sink.metrics.lagsNearRetention.isEmpty)
    let admin = try Connection(try TestServer.shared.database())
    try admin.script("ALTER DATABASE \(name) ALLOW_CONNECTIONS false")
    try admin.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", [.text(name)])
    try await wait("a warning") { log.lines.contains { $0.contains("near the end of the stream's retention") } }
    try admin.script("ALTER DATABASE \(name) ALLOW_CONNECTIONS true")
    api.write(item(2, 0))
    let again = try Connection(target)
    try await wait("a mirror that follows") { try isEqual(api, again) }
    try await sink.stop()
  }

  @Test("The status of a sink is in its database, as text and as JSON") func status() async throws {
    let api = FakeStreams()
    api.write(item(1, 1))
    let target = try TestServer.shared.database()
    let connection = try Connection(target)
    #expect(try SinkStatus(connection).text == "no sink has used this database")
    let sink = Running(api, target, mapping: .none)
    try await wait("a load that is done") { try isLoaded(connection) }
    let status = try SinkStatus(connection)
    #expect(
      status.text.hasPrefix(
        "ris-patient-tracking: 1 items, load done, 0 parked, 0 dead letters, 0 gaps (0 not mended)\n  s1: read by one, 1 records"
      ))
    #expect(try JSONValue(parsing: Array(status.json.utf8))["tables"]?[0]?["shards"]?[0]?["position"]?.text == "107")
    try await sink.stop()
  }
}

/// What a sink wrote to its log.
private final class CollectedLog: LogHandler {
  private let messages = Mutex<[String]>([])

  var lines: [String] { messages.withLock { $0 } }

  var metadata: Logger.Metadata {
    get { [:] }
    set {}
  }

  var logLevel: Logger.Level {
    get { .trace }
    set {}
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { nil }
    set {}
  }

  func log(event: LogEvent) { messages.withLock { $0.append("\(event.message)") } }
}
