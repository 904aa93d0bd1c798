import Items

@testable import Sink

/// A database with the sink's schema, one shard with a lease, and short ways to make and apply changes.
struct TestBench {
  static let table = "ris-patient-tracking"
  static let stream = "arn:stream/1"
  static let shape = TableShape(name: table, partitionKey: "PK", sortKey: "SK")

  let target: PostgresTarget
  let connection: Connection
  let schema: TargetSchema
  let mapping: Mapping

  init(mapping text: String? = nil, schema sql: String = "") throws {
    target = try TestServer.shared.database()
    connection = try Connection(target)
    if !sql.isEmpty { try connection.script(sql) }
    mapping = try text.map { try Mapping.parse($0, file: "test.yaml") } ?? Mapping.load("ris")
    let plan = SinkPlan(table: Self.table, target: target, mapping: mapping, owner: "tester")
    schema = try SinkSetup.prepare(plan, TableFacts(shape: Self.shape), connection)
  }

  var applier: Applier { Applier(shape: Self.shape, schema: schema) }

  var reader: RecordReader { RecordReader(shape: Self.shape, residency: .none, stream: Self.stream) }

  func lease(_ shard: String = "s1", owner: String = "me") throws -> ShardLease {
    _ = try ShardTable(connection: connection, table: Self.table).update(Self.stream, [StreamShard(id: shard)])
    try connection.query("UPDATE gantry_shards SET owner = NULL WHERE shard = $1", [.text(shard)])
    return try Leases(connection: connection, table: Self.table, owner: owner).take(shard, of: Self.stream)!.lease
  }

  @discardableResult func apply(
    _ records: [StreamRecord], _ lease: ShardLease, on other: Connection? = nil
  ) throws -> ApplyOutcome {
    let place = BatchPlace(stream: lease.stream, shard: lease.shard, fence: { lease.fence($0) })
    return try applier.apply(records.map(reader.entry), from: place, on: other ?? connection)
  }

  /// All rows, each as its columns joined by `|`.
  func rows(_ sql: String) throws -> [String] {
    let result = try connection.query("SELECT to_json(x.*)::text FROM (\(sql)) x")
    return (0..<result.count).map { result.text($0, 0)! }
  }

  func column(_ sql: String) throws -> [String] {
    let result = try connection.query(sql)
    return (0..<result.count).map { result.text($0, 0) ?? "NULL" }
  }

  func count(_ table: String) throws -> Int {
    try connection.query("SELECT count(*) FROM \(table)").integer(0, 0)!
  }
}

extension StreamRecord {
  /// A record as a stream of new and old images gives it.
  init(_ sequence: Int, old: AttributeMap?, new: AttributeMap?, createdAt: Int = 1_700_000_000) {
    let image = new ?? old!
    let keys = AttributeMap(image.elements.filter { ["PK", "SK"].contains(String(decoding: $0.name, as: UTF8.self)) })
    self.init(
      event: new == nil ? .remove : old == nil ? .insert : .modify, sequence: SequenceNumber(sequence), keys: keys,
      newImage: new, oldImage: old, createdAt: Timestamp(seconds: Double(createdAt))!)
  }
}

extension AttributeMap {
  /// Texts only.
  init(_ texts: [String: String]) {
    self.init(texts.map { Element(name: Array($0.key.utf8), value: .text($0.value)) })
  }

  func with(_ name: String, _ value: AttributeValue?) -> AttributeMap {
    var copy = self
    copy[Array(name.utf8)] = value
    return copy
  }

  func with(_ name: String, _ text: String) -> AttributeMap { with(name, .text(text)) }
}

/// Items of the radiology table.
enum Sample {
  static func patient(_ id: String, mrn: String? = nil) -> AttributeMap {
    AttributeMap([
      "PK": "PATIENT#\(id)", "SK": "PATIENT#PROFILE", "patientId": id, "mrn": mrn ?? "M-\(id)", "firstName": "Ada",
      "lastName": "Synthetic", "dateOfBirth": "1980-02-29", "createdAt": "2026-01-01T00:00:00Z",
      "updatedAt": "2026-01-01T00:00:00Z",
    ])
  }

  static func order(_ id: String, of patient: String, status: String = "PENDING") -> AttributeMap {
    AttributeMap([
      "PK": "PATIENT#\(patient)", "SK": "ORDER#\(id)", "patientId": patient, "orderId": id, "encounterId": "E-\(id)",
      "orderingPhysician": "Dr. Test", "procedureCode": "71046", "orderStatus": status,
      "createdAt": "2026-01-02T00:00:00Z", "updatedAt": "2026-01-02T00:00:00Z",
    ])
  }

  static func report(_ id: String, of order: String, patient: String) -> AttributeMap {
    AttributeMap([
      "PK": "PATIENT#\(patient)", "SK": "REPORT#\(id)", "patientId": patient, "reportId": id, "orderId": order,
      "radiologistId": "rad-1", "createdAt": "2026-01-03T00:00:00Z",
    ])
  }

  static func billing(_ id: String, of order: String, patient: String) -> AttributeMap {
    AttributeMap([
      "PK": "PATIENT#\(patient)", "SK": "BILLING#\(id)", "patientId": patient, "orderId": order,
      "serviceDate": "2026-01-02", "procedureCode": "71046", "createdAt": "2026-01-03T00:00:00Z",
    ]).with("chargeAmount", .number(Number(145)))
  }
}
