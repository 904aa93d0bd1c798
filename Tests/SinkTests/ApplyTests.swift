import Environment
import Items
import Testing

@testable import Sink

@Suite(.needsPostgres) struct ApplyTests {
  @Test("Items of every type are in the mirror as plain JSON, and a deleted one is no more") func mirror() throws {
    let bench = try TestBench()
    let lease = try bench.lease()
    let item = AttributeMap(["PK": "a\u{0}", "SK": "b"]).with("n", .number(try Number(parsing: Array("1E125".utf8))))
      .with("text", "x\u{0}y").with("data", .binary([0, 1]))
    try bench.apply([StreamRecord(1, old: nil, new: item), StreamRecord(2, old: nil, new: Sample.patient("1"))], lease)
    #expect(
      try bench.column("SELECT pk || '/' || sk FROM gantry_mirror ORDER BY sequence_number") == [
        "a␀0/b", "PATIENT#1/PATIENT#PROFILE",
      ])
    #expect(try bench.column("SELECT attributes->>'text' FROM gantry_mirror WHERE sequence_number = 1") == ["x␀0y"])
    #expect(
      try bench.column("SELECT (attributes->'n')::numeric = 1e125 FROM gantry_mirror WHERE sequence_number = 1") == [
        "t"
      ])
    #expect(try bench.column("SELECT mrn FROM patient") == ["M-1"])
    try bench.apply([StreamRecord(3, old: Sample.patient("1"), new: nil)], lease)
    #expect(try bench.count("gantry_mirror") == 1)
    #expect(try bench.count("patient") == 0)
    #expect(try bench.column("SELECT position FROM gantry_shards") == ["3"])
    // Another table's row with the same keys is another row.
    #expect(try bench.column("SELECT id = sha256(id) FROM gantry_mirror") == ["f"])
  }

  @Test("An older record never overwrites a newer row, and does not bring a deleted one back") func order() throws {
    let bench = try TestBench()
    let lease = try bench.lease()
    let old = Sample.patient("1", mrn: "OLD")
    let new = Sample.patient("1", mrn: "NEW")
    try bench.apply([StreamRecord(9, old: old, new: new)], lease)
    let outcome = try bench.apply([StreamRecord(5, old: nil, new: old)], lease)
    #expect(outcome.stale == 1)
    #expect(try bench.column("SELECT mrn FROM patient") == ["NEW"])
    #expect(try bench.column("SELECT attributes->>'mrn' FROM gantry_mirror") == ["NEW"])
    try bench.apply([StreamRecord(10, old: new, new: nil)], lease)
    try bench.apply([StreamRecord(9, old: old, new: new)], lease)
    #expect(try bench.count("gantry_mirror") == 0)
    #expect(try bench.count("patient") == 0)
    // Within one batch the last counts, and a number of more digits is higher.
    try bench.apply([StreamRecord(99, old: nil, new: old), StreamRecord(100, old: old, new: new)], lease)
    #expect(try bench.column("SELECT mrn FROM patient") == ["NEW"])
  }

  @Test("The audit has one row for each change of an order's status, also where two have one time") func audit() throws
  {
    let bench = try TestBench()
    let lease = try bench.lease()
    let pending = Sample.order("o1", of: "p1")
    let scheduled = pending.with("orderStatus", "SCHEDULED")
    let done = pending.with("orderStatus", "COMPLETED").with("updatedAt", "soon").with("encounterId", nil)
    let records = [
      StreamRecord(1, old: nil, new: pending), StreamRecord(2, old: pending, new: scheduled),
      StreamRecord(3, old: scheduled, new: pending), StreamRecord(4, old: pending, new: scheduled),
      StreamRecord(5, old: scheduled, new: scheduled.with("priority", "STAT")),
      StreamRecord(6, old: scheduled, new: done, createdAt: 1_700_000_500),
      StreamRecord(7, old: done, new: pending), StreamRecord(8, old: pending, new: nil),
    ]
    #expect(try bench.apply(records, lease).audited == 5)
    // The same records again, as after a lost checkpoint: nothing is told twice.
    try bench.connection.query("UPDATE gantry_shards SET position = NULL")
    #expect(try bench.apply(records, lease).audited == 0)
    let rows = try bench.rows(
      "SELECT patient_id p, encounter_id e, old_status o, new_status n, to_char(changed_at, 'YYYY-MM-DD HH24:MI:SS') t FROM billing_ledger_audit ORDER BY changed_at, e, o, n"
    )
    #expect(
      rows
        == [
          #"{"p":"p1","e":"E-o1","o":"PENDING","n":"SCHEDULED","t":"2026-01-02 00:00:00"}"#,
          #"{"p":"p1","e":"E-o1","o":"PENDING","n":"SCHEDULED","t":"2026-01-02 00:00:00"}"#,
          #"{"p":"p1","e":"E-o1","o":"SCHEDULED","n":"PENDING","t":"2026-01-02 00:00:00"}"#,
          #"{"p":"p1","e":"","o":"COMPLETED","n":"PENDING","t":"2026-01-02 00:00:00"}"#,
          #"{"p":"p1","e":"E-o1","o":"SCHEDULED","n":"COMPLETED","t":"2023-11-14 22:21:40"}"#,
        ].sorted { $0.hasSuffix("2023-11-14 22:21:40\"}") && !$1.hasSuffix("2023-11-14 22:21:40\"}") }.sorted(
          by: Self.byTimeThenText)
    )
  }

  private static func byTimeThenText(_ left: String, _ right: String) -> Bool {
    func key(_ row: String) -> (String, String) { (String(row.suffix(21)), row.replacing("\"p\":\"p1\",", with: "")) }
    return key(left) < key(right)
  }

  @Test("A record that cannot be mapped becomes a dead letter with its reason, and the rest goes on") func deadLetters()
    throws
  {
    let bench = try TestBench()
    let lease = try bench.lease()
    let bad = Sample.patient("2").with("dateOfBirth", "yesterday")
    let missing = Sample.patient("3").with("mrn", nil)
    let long = Sample.patient("4").with("gender", String(repeating: "é", count: 21))
    let unique = Sample.patient("5", mrn: "M-1")
    let overflow = Sample.billing("b1", of: "o1", patient: "1").with("chargeAmount", .number(Number(1_000_000_000)))
    let items = [
      Sample.patient("1"), bad, missing, long, unique, Sample.order("o1", of: "1"), overflow, Sample.patient("6"),
    ]
    let outcome = try bench.apply(items.enumerated().map { StreamRecord($0 + 1, old: nil, new: $1) }, lease)
    #expect(outcome.letters == 5)
    #expect(try bench.column("SELECT patient_id FROM patient ORDER BY 1") == ["1", "6"])
    #expect(try bench.count("gantry_mirror") == 8)
    #expect(
      try bench.column(
        "SELECT sequence_number || ' ' || target_table || ': ' || reason FROM gantry_dead_letters ORDER BY sequence_number"
      ) == [
        "2 patient: attribute 'dateOfBirth' for column date_of_birth is of type S and holds no date",
        "3 patient: attribute 'mrn' is missing, and column mrn takes no NULL",
        "4 patient: attribute 'gender' has 21 characters; column gender holds 20",
        "5 patient: PostgreSQL: duplicate key value violates unique constraint \"patient_mrn_key\"; Key (mrn)=(M-1) already exists. (SQLSTATE 23505)",
        "7 billing_ledger: PostgreSQL: numeric field overflow; A field with precision 10, scale 2 must round to an absolute value less than 10^8. (SQLSTATE 22003)",
      ])
    #expect(try bench.column("SELECT position FROM gantry_shards") == ["8"])
    // One is overtaken by a better version, one goes in after what was in its way is gone, the others stay.
    try bench.apply([StreamRecord(9, old: bad, new: Sample.patient("2"))], lease)
    try bench.apply([StreamRecord(10, old: Sample.patient("1"), new: Sample.patient("1", mrn: "other"))], lease)
    let report = try DeadLetterRetry.run(bench.connection)
    #expect(report == DeadLetterRetry.Report(applied: 1, overtaken: 0, refused: 3, untried: 0))
    #expect(try bench.column("SELECT patient_id FROM patient ORDER BY 1") == ["1", "2", "5", "6"])
    #expect(try bench.column("SELECT sequence_number FROM gantry_dead_letters ORDER BY 1") == ["3", "4", "7"])
    #expect(try bench.column("SELECT has_dead_letter FROM gantry_mirror WHERE pk = 'PATIENT#5'") == ["f"])
  }

  @Test("A missing table, column or unique key is named exactly, with the line of the mapping") func schemaFaults()
    throws
  {
    let mapping = """
      tables:
        - table: person
          pk: PATIENT#{id}
          sk: PATIENT#PROFILE
          key: person_id
          columns:
            - {name: person_id, part: id}
            - {name: given_name, attribute: firstName}
      """
    func message(_ schema: String) throws -> String {
      do {
        _ = try TestBench(mapping: mapping, schema: schema)
        return ""
      } catch let error as SinkError {
        return error.description
      }
    }
    #expect(
      try message("CREATE TABLE persons (person_id text PRIMARY KEY)")
        == "test.yaml:2: the database has no table \"person\"; did you mean 'persons'?")
    #expect(
      try message("CREATE TABLE person (person_id text PRIMARY KEY, givenname text)")
        == "test.yaml:8: table \"person\" has no column \"given_name\"; did you mean 'givenname'?")
    #expect(
      try message("CREATE TABLE person (person_id text, given_name text)").contains(
        "there is no unique or exclusion constraint"))
    #expect(
      try message("CREATE TABLE person (person_id int PRIMARY KEY, given_name text)").contains(
        "\"person_id\" is of type integer"))
    #expect(
      try message("CREATE TABLE person (person_id text PRIMARY KEY, given_name text, born date NOT NULL)")
        == "test.yaml:2: column \"born\" of table \"person\" takes no NULL and has no default, but nothing fills it")
    #expect(try message("CREATE TABLE person (person_id text PRIMARY KEY, given_name text)") == "")
  }

  @Test("A column that goes while the sink runs stops it with the column's name; nothing is skipped")
  func droppedColumn() throws {
    let bench = try TestBench()
    let lease = try bench.lease()
    try bench.connection.script("ALTER TABLE patient DROP COLUMN mrn")
    do {
      try bench.apply([StreamRecord(1, old: nil, new: Sample.patient("1"))], lease)
      Issue.record("a row without its column was taken")
    } catch let error as PostgresError {
      #expect(error.isAboutSchema)
      #expect(error.message == "column \"mrn\" of relation \"patient\" does not exist")
    }
    #expect(try bench.column("SELECT position FROM gantry_shards") == ["NULL"])
    try bench.connection.script("ALTER TABLE patient ADD COLUMN mrn varchar(20)")
    try bench.apply([StreamRecord(1, old: nil, new: Sample.patient("1"))], lease)
    #expect(try bench.column("SELECT mrn FROM patient") == ["M-1"])
  }

  @Test("Absent attributes take the mapping's default, else the column's own") func defaults() throws {
    let bench = try TestBench(
      mapping: """
        tables:
          - table: t
            pk: "{id}"
            key: id
            columns:
              - {name: id, part: id}
              - {name: a, attribute: a}
              - {name: b, attribute: b, default: mapped}
              - {name: c, attribute: c, type: integer}
        """, schema: "CREATE TABLE t (id text PRIMARY KEY, a text NOT NULL DEFAULT 'own', b text DEFAULT 'own', c int)")
    try bench.apply([StreamRecord(1, old: nil, new: AttributeMap(["PK": "x", "SK": "y"]))], try bench.lease())
    #expect(try bench.rows("SELECT * FROM t") == [#"{"id":"x","a":"own","b":"mapped","c":null}"#])
  }

  @Test("Children wait for their parents, follow them at once, and are set aside again when a parent goes")
  func parking() throws {
    let bench = try TestBench()
    let lease = try bench.lease()
    let patient = Sample.patient("p")
    try bench.apply([StreamRecord(1, old: nil, new: Sample.billing("b", of: "o", patient: "p"))], lease)
    try bench.apply([StreamRecord(2, old: nil, new: Sample.order("o", of: "p"))], lease)
    #expect(try bench.count("gantry_parked") == 2)
    let outcome = try bench.apply([StreamRecord(3, old: nil, new: patient)], lease)
    #expect(outcome.unparked == 2)
    #expect(try bench.column("SELECT charge_amount FROM billing_ledger") == ["145.00"])
    #expect(try bench.count("gantry_parked") == 0)
    try bench.apply([StreamRecord(4, old: patient, new: nil)], lease)
    #expect(try bench.count("billing_ledger") + bench.count("radiology_order") == 0)
    #expect(
      try bench.column("SELECT target_table || ' waits for ' || waiting_table FROM gantry_parked ORDER BY 1") == [
        "billing_ledger waits for radiology_order", "radiology_order waits for patient",
      ])
    // A parent that comes without the sink is found by the sweep.
    try bench.connection.script(
      "INSERT INTO patient (patient_id, mrn, first_name, last_name, date_of_birth) VALUES ('p', 'm', 'a', 'b', '2000-01-01')"
    )
    #expect(try Maintenance(connection: bench.connection, schema: bench.schema).run().found == 2)
    #expect(try bench.count("billing_ledger") == 1)
    #expect(try bench.count("gantry_parked") == 0)
  }
}
