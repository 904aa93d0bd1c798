import Environment
import Foundation
import Items
import Synchronization
import Testing

@testable import Sink

@Suite(.needsPostgres) struct ConcurrencyTests {
  /// One item's changes all come through one shard, in order, as in a stream; parents and children through any.
  private struct Plan: Sendable {
    var shards: [[StreamRecord]]
    var final: [AttributeMap]

    init(seed: UInt64, shards count: Int, records: Int) {
      var random = SeededRandom(seed: seed)
      shards = Array(repeating: [], count: count)
      var current: [String: AttributeMap] = [:]
      func item(_ kind: UInt64, _ number: UInt64, _ random: inout SeededRandom) -> AttributeMap {
        let patient = "p\(random.below(6))"
        let order = "o\(random.below(8))"
        switch kind {
        case 0: return Sample.patient("p\(number % 6)")
        case 1: return Sample.order("o\(number % 8)", of: patient)
        case 2: return Sample.report("r\(number)", of: order, patient: "holder")
        default: return Sample.billing("b\(number)", of: order, patient: patient).with("PK", "PATIENT#\(patient)")
        }
      }
      for sequence in 1...records {
        let kind = random.below(4)
        let number = random.below(10)
        // The key is fixed by kind and number, so that an item moves between parents but stays one item.
        var new = item(kind, number, &random)
        let name = "\(kind)/\(kind == 0 ? number % 6 : kind == 1 ? number % 8 : number)"
        if let old = current[name], let pk = old[Array("PK".utf8)], kind != 0 { new = new.with("PK", pk) }
        let shard = Int(name.utf8.reduce(0) { ($0 * 31 + UInt64($1)) % 1_000_003 } % UInt64(count))
        let isRemoval = current[name] != nil && random.chance(1, in: 3)
        shards[shard].append(StreamRecord(sequence, old: current[name], new: isRemoval ? nil : new))
        current[name] = isRemoval ? nil : new
      }
      final = Array(current.values)
    }
  }

  /// What must be in the tables, told from the items alone.
  private static func expected(_ items: [AttributeMap]) -> [[String]] {
    func text(_ item: AttributeMap, _ name: String) -> String {
      guard case .string(let text) = item[Array(name.utf8)] else { return "" }
      return String(decoding: text, as: UTF8.self)
    }
    func part(_ item: AttributeMap, _ name: String) -> String { String(text(item, name).split(separator: "#")[1]) }
    func under(_ prefix: String) -> [AttributeMap] { items.filter { text($0, "SK").hasPrefix(prefix) } }
    let patients = Set(under("PATIENT#").map { part($0, "PK") })
    let orders = under("ORDER#").filter { patients.contains(part($0, "PK")) }
    let orderIDs = Set(orders.map { part($0, "SK") })
    let reports = under("REPORT#").filter { orderIDs.contains(text($0, "orderId")) }
    let bills = under("BILLING#").filter { orderIDs.contains(text($0, "orderId")) && patients.contains(part($0, "PK")) }
    return [
      patients.sorted(), orders.map { "\(part($0, "SK")) \(part($0, "PK"))" }.sorted(),
      reports.map { "\(part($0, "SK")) \(text($0, "orderId"))" }.sorted(),
      bills.map { "\(part($0, "SK")) \(text($0, "orderId")) \(part($0, "PK"))" }.sorted(),
    ]
  }

  @Test(
    "Shards applied at once, in batches of any size: rows are what the items say, and every foreign key holds at every commit"
  )
  func shardsAtOnce() async throws {
    for seed in 1...6 as ClosedRange<UInt64> {
      let bench = try TestBench()
      let plan = Plan(seed: seed, shards: 4, records: 500)
      try await withThrowingTaskGroup { group in
        for (index, records) in plan.shards.enumerated() {
          let lease = try bench.lease("s\(index)")
          let session = Session(bench.target)
          let (applier, reader) = (bench.applier, bench.reader)
          group.addTask {
            defer { session.end() }
            var random = SeededRandom(seed: seed &* 31 &+ UInt64(index))
            var rest = records[...]
            while !rest.isEmpty {
              let batch = rest.prefix(Int(1 + random.below(20))).map(reader.entry)
              rest = rest.dropFirst(batch.count)
              let place = BatchPlace(stream: lease.stream, shard: lease.shard, fence: { lease.fence($0) })
              _ = try await session.run { try applier.apply(batch, from: place, on: $0) }
            }
          }
        }
        try await group.waitForAll()
      }
      let found = [
        try bench.column("SELECT patient_id FROM patient ORDER BY 1"),
        try bench.column("SELECT order_id || ' ' || patient_id FROM radiology_order").sorted(),
        try bench.column("SELECT report_id || ' ' || order_id FROM radiology_report").sorted(),
        try bench.column("SELECT transaction_id || ' ' || order_id || ' ' || patient_id FROM billing_ledger").sorted(),
      ]
      #expect(found == Self.expected(plan.final))
      #expect(try bench.count("gantry_mirror") == plan.final.count)
      #expect(try bench.count("gantry_dead_letters") == 0)
      let rows = found.reduce(0) { $0 + $1.count }
      #expect(try bench.count("gantry_parked") == plan.final.count - rows)
    }
  }

  /// On threads of its own: a transaction that stands still for long is ended by the server.
  @Test("A waiting row that goes while its parent comes is gone, whoever is first") func childGoesAsItsParentComes()
    async throws
  {
    let (errors, counts) = try await withCheckedThrowingContinuation { continuation in
      Thread.detachNewThread { continuation.resume(with: Result { try Self.removeAChildAsItsParentComes() }) }
    }
    #expect(errors == [])
    #expect(counts == ["parked before": 1, "patients": 1, "orders": 0, "parked": 0])
  }

  private static func removeAChildAsItsParentComes() throws -> (errors: [String], counts: [String: Int]) {
    let bench = try TestBench()
    let (children, parents) = (try bench.lease("s1"), try bench.lease("s2"))
    let order = Sample.order("o1", of: "p1")
    try bench.apply([StreamRecord(1, old: nil, new: order)], children)
    var counts = ["parked before": try bench.count("gantry_parked")]
    // The parent's transaction has seen the waiting row and then stands still before it writes.
    let obstacle = try Connection(bench.target)
    _ = try obstacle.pipeline([
      .begin,
      Statement(
        "INSERT INTO patient (patient_id, mrn, first_name, last_name, date_of_birth) "
          + "VALUES ('p1', 'M', 'A', 'B', '1980-01-01')"),
    ])
    let coming = Applying(StreamRecord(2, old: nil, new: Sample.patient("p1")), parents, bench)
    try wait { try waiting(bench) == 1 }
    let going = Applying(StreamRecord(3, old: order, new: nil), children, bench)
    try wait { try waiting(bench) == 2 || going.hasEnded }
    _ = try obstacle.pipeline([.rollback])
    try wait { coming.hasEnded && going.hasEnded }
    counts["patients"] = try bench.count("patient")
    counts["orders"] = try bench.count("radiology_order")
    counts["parked"] = try bench.count("gantry_parked")
    return ([coming, going].compactMap(\.error), counts)
  }

  /// One record that is applied on a thread and a connection of its own.
  private final class Applying: Sendable {
    private let outcome = Mutex<Result<Void, any Error>?>(nil)

    init(_ record: StreamRecord, _ lease: ShardLease, _ bench: TestBench) {
      let (applier, entry, target) = (bench.applier, bench.reader.entry(record), bench.target)
      Thread.detachNewThread { [self] in
        let place = BatchPlace(stream: lease.stream, shard: lease.shard, fence: { lease.fence($0) })
        let result = Result { _ = try applier.apply([entry], from: place, on: try Connection(target)) }
        outcome.withLock { $0 = result }
      }
    }

    var hasEnded: Bool { outcome.withLock { $0 != nil } }

    var error: String? {
      outcome.withLock { if case .failure(let error)? = $0 { "\(error)" } else { nil } }
    }
  }

  /// Connections of the database that wait for a lock.
  private static func waiting(_ bench: TestBench) throws -> Int {
    try bench.count("pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
  }

  private static func wait(_ condition: () throws -> Bool) throws {
    let deadline = ContinuousClock.now + .seconds(300)
    while try !condition() {
      try #require(ContinuousClock.now < deadline, "It did not come about.")
      usleep(2_000)
    }
  }
}
