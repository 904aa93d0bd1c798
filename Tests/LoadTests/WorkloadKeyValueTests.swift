import Items
import Testing

@testable import Load

@Suite struct WorkloadKeyValueTests {
  private func operations(
    _ name: String, _ count: Int, seed: UInt64 = 1, thread: Int = 0, threads: Int = 1, overrides: [String] = []
  ) throws -> [Operation] {
    var source = try Workload.load(name, overrides: overrides).source(seed: seed, thread: thread, threads: threads)
    return (0..<count).map { _ in source.next() }
  }

  /// Of the published files `workloada` to `workloadf`.
  @Test(arguments: [
    ("ycsb-a", ["read": 0.5, "update": 0.5]),
    ("ycsb-b", ["read": 0.95, "update": 0.05]),
    ("ycsb-c", ["read": 1]),
    ("ycsb-d", ["read": 0.95, "insert": 0.05]),
    ("ycsb-e", ["scan": 0.95, "insert": 0.05]),
    ("ycsb-f", ["read": 0.5, "read-modify-write": 0.5]),
  ])
  func proportionsAreThePublishedOnes(name: String, shares: [String: Double]) throws {
    let workload = try Workload.load(name)
    #expect(Set(workload.kinds) == Set(shares.keys))
    let count = 20_000
    var seen: [String: Int] = [:]
    for operation in try operations(name, count) { seen[workload.kinds[operation.kind], default: 0] += 1 }
    for (kind, share) in shares {
      // Four standard deviations.
      let tolerance = 4 * (share * (1 - share) / Double(count)).squareRoot()
      #expect(abs(Double(seen[kind] ?? 0) / Double(count) - share) <= tolerance, "\(kind): \(seen[kind] ?? 0)")
    }
  }

  @Test(arguments: ["ycsb-a", "ycsb-d", "ycsb-e", "ycsb-f", "put", "get", "registers", "ris-day"])
  func aSeedAndAThreadGiveTheSameOperations(name: String) throws {
    let first = try operations(name, 2_000)
    #expect(try operations(name, 2_000) == first)
    #expect(try operations(name, 2_000, seed: 2) != first)
    #expect(try operations(name, 2_000, thread: 1, threads: 2) != operations(name, 2_000, threads: 2))
  }

  @Test(arguments: ["ycsb-a", "ycsb-b", "ycsb-c", "ycsb-d", "ycsb-e", "ycsb-f", "put", "get"])
  func everyRequestIsOneOfTheAPI(name: String) throws {
    var table = WorkloadTable(keys: "id")
    for call in try Workload.load(name, overrides: ["records=1000"]).rows(seed: 1) { _ = try table.run(call) }
    let isEmpty = name == "put"
    #expect(table.items.count == (isEmpty ? 0 : 1_000))
    for operation in try operations(name, 1_000, overrides: ["records=1000"]) {
      for call in [operation.call, operation.then].compactMap(\.self) {
        let answer = try table.run(call)
        #expect(answer != .item(nil), "\(String(decoding: call.body, as: UTF8.self))")
        #expect(!call.mayFailCondition)
      }
    }
  }

  @Test func recordsAreTenFieldsOfAHundredBytes() throws {
    var table = WorkloadTable(keys: "id")
    for call in try Workload.load("ycsb-a", overrides: ["records=60"]).rows(seed: 1) { _ = try table.run(call) }
    #expect(table.items.count == 60)
    for item in table.items.values {
      #expect(item.count == 11)
      for field in 0..<10 { #expect(item.text("field\(field)")?.utf8.count == 100) }
    }
  }

  @Test func anUpdateReplacesOneFieldAndAPutAllOfThem() throws {
    for operation in try operations("ycsb-a", 200) where operation.kind == 1 {
      let request = try WorkloadTable.Request(operation.call.body)
      #expect(operation.call.method == "UpdateItem" && operation.then == nil)
      #expect(request.values?.count == 1 && request.values?.text(":v")?.utf8.count == 100)
    }
    for operation in try operations("put", 20) {
      let item = try #require(try WorkloadTable.Request(operation.call.body).item)
      #expect(item.count == 2 && item.text("field0")?.utf8.count == 512)
    }
  }

  @Test func strongReadsAreStrongAndOthersAreNot() throws {
    for operation in try operations("get", 10) { #expect(try WorkloadTable.Request(operation.call.body).isConsistent) }
    for operation in try operations("ycsb-c", 10) {
      #expect(try !WorkloadTable.Request(operation.call.body).isConsistent)
    }
  }

  @Test func readModifyWriteReadsWhatItUpdates() throws {
    let writes = try operations("ycsb-f", 200).filter { $0.kind == 1 }
    #expect(writes.count > 50)
    for operation in writes {
      let update = try #require(operation.then)
      #expect(operation.call.method == "GetItem" && update.method == "UpdateItem")
      #expect(try WorkloadTable.Request(operation.call.body).key == WorkloadTable.Request(update.body).key)
    }
  }

  @Test func scansReadTheirFirstItemAndGoOnAfterIt() throws {
    var lengths: Set<Int> = []
    for operation in try operations("ycsb-e", 3_000) where operation.kind == 1 {
      #expect(operation.call.method == "GetItem")
      guard let scan = operation.then else {
        lengths.insert(1)
        continue
      }
      let request = try WorkloadTable.Request(scan.body)
      #expect(scan.method == "Scan")
      #expect(try request.key == WorkloadTable.Request(operation.call.body).key)
      lengths.insert(1 + (request.limit ?? 0))
    }
    #expect(lengths == Set(1...100))
  }

  /// Insertions of no two threads meet, and a thread reads only what was there or what it inserted long enough ago.
  @Test(arguments: ["ycsb-d", "ycsb-e"]) func insertedItemsAreNewAndReadWhenTheyAreThere(name: String) throws {
    let preloaded = Set(
      try Workload.load(name).rows(seed: 1).flatMap { try WorkloadTable.Request($0.body).puts.map(key) })
    var everInserted = preloaded
    for thread in 0..<3 {
      var inserted: [String: Int] = [:]
      var isNewRead = false
      for (index, operation) in try operations(name, 20_000, thread: thread, threads: 3).enumerated() {
        let request = try WorkloadTable.Request(operation.call.body)
        if let item = request.item {
          #expect(everInserted.insert(key(item)).inserted)
          inserted[key(item)] = index
        } else if let key = request.key.map(key), !preloaded.contains(key) {
          let age = index - (inserted[key] ?? .max)
          #expect(age >= SourcePlace.settledAfter, "\(age)")
          isNewRead = true
        }
      }
      #expect(isNewRead)
    }
  }

  private func key(_ item: AttributeMap) -> String { item.text("id") ?? "" }

  @Test func rowsAreSharedOutAndTheSameEachTime() throws {
    let workload = try Workload.load("ycsb-a", overrides: ["records=130"])
    #expect(Array(workload.rows(seed: 1)) == Array(workload.rows(seed: 1)))
    #expect(workload.rowBatchCount == 6 && Array(workload.rows(seed: 1)).count == 6)
    var whole = WorkloadTable(keys: "id")
    for call in workload.rows(seed: 1) { _ = try whole.run(call) }
    var shared = WorkloadTable(keys: "id")
    for thread in 0..<3 {
      for call in workload.rows(seed: 1, thread: thread, threads: 3) { _ = try shared.run(call) }
    }
    #expect(whole.items == shared.items && whole.items.count == 130)
  }

  @Test func allThreadsUseTheSameSequenceOfKeysOnEveryWire() throws {
    var settings = KeyValueSettings([.put: 0.5, .read: 0.5])
    settings.distribution = .uniform
    let place = SourcePlace(seed: 9, thread: 1, threads: 2)
    var plan = KeyValuePlan(settings, at: place, zeta: nil)
    var source = KeyValueSource(settings, at: place, zeta: nil)
    for _ in 0..<500 {
      let step = plan.next()
      let operation = source.next()
      var name: [UInt8] = []
      KeyName.append(step.key, to: &name)
      #expect(operation.kind == step.kind)
      #expect(operation.call.method == (step.action == .put ? "PutItem" : "GetItem"))
      let request = try WorkloadTable.Request(operation.call.body)
      #expect(key(request.item ?? request.key ?? AttributeMap()) == String(decoding: name, as: UTF8.self))
    }
  }
}
