import Client
import Foundation
import Items
import Supervisor
import Testing

@testable import Sink

private let hasPostgres = (try? PostgresPrograms.find()) != nil

extension RealProcesses {
  @Suite(.serialized, .enabled(if: hasPostgres, "skipped: PostgreSQL is not installed")) struct Mirror {
    static let seconds = ProcessInfo.processInfo.environment["GANTRY_SINK_SECONDS"].flatMap { Int($0) } ?? 20

    /// `ha` with a mirror: a sink that knows two coordinators.
    private static let topology = """
      \(BuiltInTopologies.text("ha")!)
      postgres: {name: postgres}
      sink: {name: sink, table: \(StatusLoad.table), mapping: ris}

      """

    @Test func whatIsWrittenWhileLeaderSinkPostgresAndCoordinatorAreKilledIsMirroredExactly() async throws {
      try await TestCluster.run(topologyText: Self.topology) { cluster in
        let http = HTTPClient()
        let (table, endpoints) = (StatusLoad.table, try ["c1", "c2"].map(cluster.endpoint(of:)))
        let patient = DynamoClient(endpoints: endpoints, http: http)
        let target = try cluster.postgres()
        #expect(try await MirrorWait.run(target, table: table, timeoutMs: 60_000))
        let load = StatusLoad(
          DynamoClient(endpoints: endpoints, http: http, retries: .none, timeoutMs: 15_000))
        async let elapsed = load.run(seconds: Self.seconds)
        for round in 0..<2 {
          for (place, victim) in ["leader", "sink", "postgres", "coordinator"].enumerated() {
            try await load.waitForAcknowledged(share: Double(round * 4 + place + 1) / 10, seconds: Self.seconds)
            if victim == "coordinator" {
              // One is away for good, and at the second turn the other one.
              if round == 1 { try #require(try cluster.cluster("start", "c1").code == 0) }
              try #require(try cluster.cluster("kill", round == 0 ? "c1" : "c2").code == 0)
              continue
            }
            let name = victim == "leader" ? try #require(try cluster.leaders().values.min()) : victim
            try #require(try cluster.cluster("kill", name).code == 0)
            let start = try cluster.cluster("start", name)
            try #require(start.code == 0, "\(name): \(start.errors)")
          }
        }
        let seconds = await elapsed
        let outcome = load.outcome
        let rate = Double(outcome.acknowledged) / seconds
        let began = ContinuousClock.now
        #expect(try await MirrorWait.run(target, table: table, timeoutMs: 120_000), "the mirror does not catch up")
        print(
          "mirror: \(outcome.acknowledged) writes in \(Int(seconds)) s (\(Int(rate))/s), failed: \(outcome.failures); "
            + "caught up \((ContinuousClock.now - began) / .seconds(1)) s later")
        // A much thinner load would prove less than the name says: such a run is invalid.
        try #require(rate >= 0.5 * Double(StatusLoad.perSecond))
        let items = try await scan(patient)
        let connection = try Connection(target)
        let check = try await MirrorCheck.run(target, table: table, client: patient)
        #expect(check.isEqual && check.items == items.count, "\(check)")
        try expectRows(items, connection)
        try expectAudit(outcome.changes, connection)
        await http.shutDown()
      }
    }

    /// Every item of the table.
    private func scan(_ client: DynamoClient) async throws -> [AttributeMap] {
      let api = HTTPStreams(client: client)
      var (items, key): ([AttributeMap], [UInt8]?) = ([], nil)
      repeat {
        let page = try await api.scan(StatusLoad.table, segment: 0, of: 1, after: key, limit: 1_000)
        items += page.items
        key = page.nextKey
      } while key != nil
      return items
    }

    /// Each mapped item is a row: all parents are there in the end. PostgreSQL itself is asked whether keys hold.
    private func expectRows(_ items: [AttributeMap], _ connection: Connection) throws {
      let prefixes = [
        ("patient", "PATIENT#PROFILE"), ("radiology_order", "ORDER#"), ("radiology_report", "REPORT#"),
        ("billing_ledger", "BILLING#"),
      ]
      for (table, prefix) in prefixes {
        let wanted = items.count { item in
          guard case .string(let key)? = item[Array("SK".utf8)] else { return false }
          return String(decoding: key, as: UTF8.self).hasPrefix(prefix)
        }
        #expect(wanted > 0)
        #expect(try connection.query("SELECT count(*) FROM \(table)").integer(0, 0) == wanted, "\(table)")
      }
      for table in ["gantry_parked", "gantry_dead_letters", "gantry_gaps"] {
        #expect(try connection.query("SELECT count(*) FROM \(table)").integer(0, 0) == 0, "\(table)")
      }
      let orphans = try connection.query(
        """
        SELECT (SELECT count(*) FROM radiology_order o LEFT JOIN patient p USING (patient_id) WHERE p.mrn IS NULL)
          + (SELECT count(*) FROM radiology_report r LEFT JOIN radiology_order o USING (order_id)
            WHERE o.order_status IS NULL)
          + (SELECT count(*) FROM billing_ledger b LEFT JOIN radiology_order o USING (order_id)
            WHERE o.order_status IS NULL),
          (SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND NOT convalidated)
        """)
      #expect(orphans.integer(0, 0) == 0 && orphans.integer(0, 1) == 0)
    }

    /// Each acknowledged change has one row, each whose outcome nobody knows one at most, and there are no others. The
    /// rows of an order make one way from its first status to the one that it has.
    private func expectAudit(_ changes: [String: Bool], _ connection: Connection) throws {
      let rows = try connection.query(
        "SELECT new_status, count(*) FROM billing_ledger_audit WHERE patient_id LIKE 'load-%' GROUP BY 1")
      let told = Dictionary(uniqueKeysWithValues: (0..<rows.count).map { (rows.text($0, 0)!, rows.integer($0, 1)!) })
      let acknowledged = Set(changes.filter { $0.value }.keys)
      let missing = acknowledged.filter { told[$0] == nil }
      #expect(missing.isEmpty, "\(missing.count) changes are missing, e.g. \(missing.sorted().prefix(3))")
      let doubled = told.filter { $0.value > 1 }
      #expect(doubled.isEmpty, "\(doubled.count) changes are told twice, e.g. \(doubled.keys.sorted().prefix(3))")
      #expect(Set(told.keys).isSubset(of: changes.keys))
      print("mirror: \(told.count) audit rows, \(acknowledged.count) acknowledged changes")
      let broken = try connection.query(
        """
        SELECT count(*) FROM (
          SELECT old_status, lag(new_status, 1, 'PENDING') OVER (
            PARTITION BY encounter_id, split_part(new_status, '-', 3)
            ORDER BY split_part(new_status, '-', 4)::int) AS before
          FROM billing_ledger_audit WHERE patient_id LIKE 'load-%') x
        WHERE old_status <> before
        """)
      let late = changes.values.count { !$0 }
      // A write without an answer may be carried out after the one that followed it.
      #expect(broken.integer(0, 0)! <= 2 * late)
      let last = try connection.query(
        """
        SELECT count(*) FROM radiology_order o WHERE o.patient_id LIKE 'load-%' AND o.order_status <> 'PENDING'
          AND NOT EXISTS (SELECT 1 FROM billing_ledger_audit a WHERE a.new_status = o.order_status)
        """)
      #expect(last.integer(0, 0) == 0)
    }

    @Test func theMirrorIsPartOfTheClusterAndShown() async throws {
      try await TestCluster.run(topology: "local") { cluster in
        let again = try TestCluster.gantry("cluster", "up", "--topology", "local", "--detach", "--data", cluster.data)
        #expect(again.code == 0 && again.errors == "", "\(again.errors)")
        #expect(again.output.contains("The revenue cycle") && again.output.contains("Revenue by month"))
        let counts = again.output.matches(of: /\((\d+) rows?\)/).compactMap { Int($0.output.1) }
        #expect(counts.count == 2 && counts.allSatisfy { $0 > 0 }, "\(again.output)")

        let url = try #require(try cluster.description()["regions"]?[0]?["sink"]?["postgres"]?.text)
        let status = try TestCluster.gantry("sink", "status", "--json", "--postgres", url).json["tables"]?[0]
        #expect(status?["load"]?.text == "done" && status?["shards"]?.elements?.count == 6)
        #expect(status?["parked"]?.integer == 0 && status?["deadLetters"]?.integer == 0)
        let processes = try cluster.status()["processes"]?.elements ?? []
        #expect(processes.compactMap { $0["role"]?.text }.suffix(2) == ["postgres", "sink"])
        #expect(processes.allSatisfy { $0["state"]?.text == "up" && $0["ready"]?.bool == true })

        let http = HTTPClient()
        let page = String(
          decoding: try await http.get("/metrics", from: try cluster.admin(of: "sink")).body, as: UTF8.self)
        for name in ["lag_seconds", "shard_records_total", "rows_total", "parked_rows", "dead_letters", "retries"] {
          #expect(page.contains("gantry_sink_\(name)"), "\(name)")
        }
        await http.shutDown()

        // Paused as a whole: nobody answers, also on connections that there are.
        #expect(try cluster.cluster("pause", "postgres").code == 0)
        #expect(try cluster.cluster("partition", "sink", "n1").errors.contains("cannot be cut"))
        #expect(try cluster.cluster("resume", "postgres").code == 0)
        for name in ["sink", "postgres"] {
          #expect(try cluster.cluster("stop", name).output.contains("has stopped"))
          #expect(try cluster.cluster("start", name).code == 0)
        }
        let pids = try cluster.processes()
        #expect(try cluster.cluster("down").code == 0)
        #expect(pids.values.allSatisfy { !TestCluster.isAlive($0) })
        // What is left out keeps its data.
        #expect(
          try cluster.cluster("up", "--topology", "local", "--port", "0", "--detach", "--json", "--no-sink").code == 0)
        #expect(try cluster.processes().keys.sorted() == ["c1", "n1", "n2", "n3"])
        #expect(try cluster.cluster("down").code == 0)
        try cluster.up("local")
        let count = try Connection(try cluster.postgres()).query("SELECT count(*) FROM patient")
        #expect(count.integer(0, 0) == 200)
      }
    }
  }
}

extension TestCluster {
  /// The cluster's own PostgreSQL.
  func postgres() throws -> PostgresTarget {
    try PostgresTarget(try #require(try description()["regions"]?[0]?["sink"]?["postgres"]?.text))
  }
}

extension StatusLoad {
  /// Waits until that share of all writes was acknowledged.
  func waitForAcknowledged(share: Double, seconds: Int) async throws {
    let goal = Int(share * Double(seconds * Self.perSecond))
    let deadline = ContinuousClock.now + .seconds(60 + seconds)
    while outcome.acknowledged < goal {
      guard ContinuousClock.now < deadline else { throw Failure(text: "writes stall at \(outcome.acknowledged)") }
      try await Task.sleep(for: .milliseconds(5))
    }
  }
}
