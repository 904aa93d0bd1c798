import Environment
import Items
import Synchronization
import Testing

@testable import Sink

@Suite(.needsPostgres) struct ExactlyOnceTests {
  /// Two batches that touch every table: rows that come, wait, move and go, changes of status, a dead letter.
  private static let batches: [[StreamRecord]] = {
    let order = Sample.order("o", of: "p")
    let done = order.with("orderStatus", "COMPLETED")
    let late = Sample.report("r2", of: "o2", patient: "p")
    return [
      [
        StreamRecord(1, old: nil, new: Sample.report("r", of: "o", patient: "p")),
        StreamRecord(2, old: nil, new: order),
        StreamRecord(3, old: order, new: done),
        StreamRecord(4, old: nil, new: Sample.patient("x").with("dateOfBirth", "?")),
        StreamRecord(5, old: nil, new: late),
      ],
      [
        StreamRecord(6, old: nil, new: Sample.patient("p")), StreamRecord(7, old: done, new: order),
        StreamRecord(8, old: late, new: nil),
        StreamRecord(9, old: nil, new: Sample.billing("b", of: "o", patient: "p")),
      ],
    ]
  }()

  private static let tables = [
    "gantry_mirror", "patient", "radiology_order", "radiology_report", "billing_ledger", "gantry_dead_letters",
    "gantry_parked", "gantry_tombstones", "billing_ledger_audit", "gantry_shards",
  ]

  /// Everything that a batch writes, but times and counters.
  private static func state(_ bench: TestBench) throws -> [String] {
    try tables.flatMap { table in
      try bench.column(
        """
        SELECT '\(table) ' || (to_jsonb(x) - 'letter_id' - 'died_at' - 'recorded_at' - 'parked_at' - 'deleted_at' - 'lease_expires_at'
          - 'created_at' - 'updated_at' - 'lease_epoch')::text FROM \(table) x ORDER BY 1
        """)
    }
  }

  /// Applies both batches; the connection ends before (or just after) the statement numbered `death` is sent. What is
  /// not in the checkpoint is repeated on a new connection, as a worker does.
  ///
  /// Returns whether there was such a statement.
  private static func run(_ bench: TestBench, death: Int, isAfter: Bool) throws -> Bool {
    let lease = try bench.lease()
    let admin = try Connection(bench.target)
    let killed = Mutex(false)
    var sent = 0
    var connection = try Connection(bench.target)
    let victim = connection.processID
    connection.beforeSend = { _ in
      sent += 1
      guard sent == death + (isAfter ? 1 : 0) else { return }
      killed.withLock { $0 = true }
      // A moment for what was sent before; then the backend is ended and gone.
      if isAfter { _ = try? admin.query("SELECT pg_sleep(0.005)") }
      _ = try? admin.query("SELECT pg_terminate_backend(\(victim), 5000)")
    }
    for batch in batches {
      while true {
        let position = try admin.query("SELECT position FROM gantry_shards").text(0, 0).flatMap { SequenceNumber($0) }
        let rest = batch.filter { record in position.map { record.sequence > $0 } ?? true }
        if rest.isEmpty { break }
        do {
          try bench.apply(rest, lease, on: connection)
        } catch let error as PostgresError {
          guard error.isConnectionLost else { throw error }
          connection = try Connection(bench.target)
        }
      }
    }
    return killed.withLock { $0 }
  }

  @Test("The connection dies at every statement of two batches, before and after it: the result is as if it never had")
  func everyStatement() throws {
    let whole = try TestBench()
    #expect(try Self.run(whole, death: .max - 1, isAfter: false) == false)
    let expected = try Self.state(whole)
    #expect(expected.count { $0.hasPrefix("billing_ledger_audit") } == 2)
    #expect(expected.count { $0.hasPrefix("gantry_dead_letters") } == 1)
    let bench = try TestBench()
    var deaths = 0
    for isAfter in [false, true] {
      for death in 1...200 {
        // Much faster than TRUNCATE for a few rows.
        try bench.connection.script(Self.tables.reversed().map { "DELETE FROM \($0);" }.joined())
        guard try Self.run(bench, death: death, isAfter: isAfter) else { break }
        deaths += 1
        let state = try Self.state(bench)
        #expect(state == expected, "death \(isAfter ? "after" : "before") statement \(death)")
        guard state == expected else { return }
      }
    }
    #expect(deaths > 30)
  }

  @Test(
    "A sink that was paused and lost its lease applies nothing when it wakes; the lease's number tells, not a clock")
  func paused() throws {
    let bench = try TestBench()
    let first = try bench.lease(owner: "one")
    try bench.apply([StreamRecord(1, old: nil, new: Sample.patient("1"))], first)
    let leases = Leases(connection: bench.connection, table: TestBench.table, owner: "two")
    #expect(try leases.take("s1", of: TestBench.stream) == nil)
    try bench.connection.query("UPDATE gantry_shards SET lease_expires_at = clock_timestamp() - interval '1 second'")
    // Nobody took it: the old number still holds.
    try bench.apply([StreamRecord(2, old: nil, new: Sample.patient("2"))], first)
    try bench.connection.query("UPDATE gantry_shards SET lease_expires_at = clock_timestamp() - interval '1 second'")
    let grant = try #require(try leases.take("s1", of: TestBench.stream))
    #expect(grant.position == SequenceNumber(2))
    #expect(grant.lease.epoch == first.epoch + 1)
    #expect(throws: LeaseLost.self) { try bench.apply([StreamRecord(3, old: nil, new: Sample.patient("3"))], first) }
    try bench.apply([StreamRecord(3, old: nil, new: Sample.patient("3"))], grant.lease)
    // The same owner under its old number is somebody else too.
    let again = try bench.lease(owner: "two")
    #expect(throws: LeaseLost.self) {
      try bench.apply([StreamRecord(4, old: nil, new: Sample.patient("4"))], grant.lease)
    }
    try bench.apply([StreamRecord(4, old: nil, new: Sample.patient("4"))], again)
    #expect(try bench.column("SELECT patient_id FROM patient ORDER BY 1") == ["1", "2", "3", "4"])
  }
}
