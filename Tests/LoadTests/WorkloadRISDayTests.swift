import Environment
import Items
import SampleData
import Testing

@testable import Load

/// A department of a twentieth of the size, with the proportions of the whole one: a day is 36,666 operations.
private let small = ["patients=25", "studies=10", "readsPerMonth=1000000", "writesPerMonth=100000"]

private let operationsOfDay = 36_666

@Suite struct WorkloadRISDayTests {
  private func workload(_ more: [String] = []) throws -> Workload {
    try Workload.load("ris-day", overrides: small + more)
  }

  private func operations(
    _ count: Int, thread: Int = 0, threads: Int = 1, _ more: [String] = []
  ) throws -> [Load.Operation] {
    var source = try workload(more).source(seed: 1, thread: thread, threads: threads)
    return (0..<count).map { _ in source.next() }
  }

  private func isRead(_ call: Call) -> Bool { call.method == "GetItem" || call.method == "Query" }

  @Test func theNaturalRateIsTheSeedsMonthTimesTheCompression() throws {
    let rate = try #require(try Workload.load("ris-day", overrides: ["compression=1"]).naturalRate)
    #expect(abs(rate - 22_000_000 / (30 * 86_400.0)) < 1e-9)
    #expect(try Workload.load("ris-day", overrides: ["compression=100"]).naturalRate == rate * 100)
    #expect(try Workload.load("ycsb-a").naturalRate == nil)
  }

  /// The seed's ten reads a write, and a proportion that is no whole number.
  @Test(arguments: [(1_000_000, 11.0), (550_000, 6.5)])
  func readsComeWithWritesInTheirProportionAtAnyLength(reads: Int, operationsOfWrite: Double) throws {
    var writes = 0
    for (index, operation) in try operations(5_000, ["readsPerMonth=\(reads)"]).enumerated() {
      if !isRead(operation.call) { writes += 1 }
      #expect(abs(Double(writes) - Double(index + 1) / operationsOfWrite) <= 1)
    }
  }

  @Test func rowsArePatientsWithTheirPast() throws {
    var table = WorkloadTable(keys: "PK", "SK")
    for call in try workload().rows(seed: 1) { _ = try table.run(call) }
    let profiles = table.items.values.filter { $0.text("SK") == "PATIENT#PROFILE" }
    #expect(profiles.count == 25)
    #expect(profiles.allSatisfy { $0.text("lastName")?.hasPrefix("Synthetic-") == true })
    #expect(abs(table.items.count - 250) < 60)
  }

  /// A day's operations on what was loaded, in the order of the sequence: everything that is conditional finds its
  /// condition true, everything that is read is there, and a day has its patients and studies.
  @Test(arguments: [1, 2]) func everyTransitionIsLegal(threads: Int) throws {
    var table = WorkloadTable(keys: "PK", "SK")
    for call in try workload().rows(seed: 1) { _ = try table.run(call) }
    let kinds = try workload().kinds
    var counts: [String: Int] = [:]
    for thread in 0..<threads {
      for operation in try operations(operationsOfDay / threads, thread: thread, threads: threads) {
        let before = try status(of: operation.call, table)
        let answer = try table.run(operation.call)
        let text = String(decoding: operation.call.body, as: UTF8.self)
        #expect(answer != .conditionFailed, "\(text)")
        #expect(answer != .item(nil), "\(text)")
        if let before, let after = try status(of: operation.call, table) {
          #expect(before == after || Self.legal.contains([before, after]), "\(before) → \(after)")
        }
        counts[kinds[operation.kind], default: 0] += 1
      }
    }
    // The first day begins at seven: most of the patients come after it.
    #expect((15...25).contains(counts["admission"] ?? 0), "\(counts)")
    #expect((3...20).contains(counts["order"] ?? 0), "\(counts)")
    #expect((counts["transition"] ?? 0) > 3 * (counts["order"] ?? 0))
    let finished = table.items.values.filter { $0.text("reportStatus") == "FINAL" && $0.text("SK")! > "REPORT#r-" }
    #expect(!finished.isEmpty)
  }

  private static let legal: Set<[String]> = [
    ["PENDING", "SCHEDULED"], ["SCHEDULED", "IN_PROGRESS"], ["IN_PROGRESS", "COMPLETED"], ["SCHEDULED", "CANCELLED"],
    ["ACQUIRING", "AVAILABLE"], ["DRAFT", "FINAL"], ["PENDING", "SUBMITTED"], ["OPEN", "FINISHED"],
  ]

  private func status(of call: Call, _ table: WorkloadTable) throws -> String? {
    guard call.method == "UpdateItem", let key = try WorkloadTable.Request(call.body).key, let item = table.items[key]
    else { return nil }
    return ["orderStatus", "studyStatus", "reportStatus", "paymentStatus", "encounterStatus"]
      .compactMap { item.text($0) }.first
  }

  /// Many clients send at the same time: in any order of the requests that can be under way together, each condition
  /// still finds what it expects.
  @Test func conditionsHoldHoweverRequestsOvertakeEachOther() throws {
    var random = SeededRandom(seed: 3)
    var table = WorkloadTable(keys: "PK", "SK")
    for call in try workload().rows(seed: 1) { _ = try table.run(call) }
    let writes = try operations(operationsOfDay).enumerated().filter { !isRead($0.element.call) }
    let blocks = Dictionary(grouping: writes) { $0.offset / SourcePlace.settledAfter }
    var conditions = 0
    for block in blocks.keys.sorted() {
      for write in blocks[block]!.shuffled(using: &random) {
        let answer = try table.run(write.element.call)
        #expect(answer != .conditionFailed, "\(String(decoding: write.element.call.body, as: UTF8.self))")
        if write.element.call.mayFailCondition { conditions += 1 }
      }
    }
    #expect(conditions > 3_000)
  }

  @Test func writesThatHaveConditionsSaySo() throws {
    for operation in try operations(20_000) {
      let hasCondition = operation.call.method == "UpdateItem"
      #expect(
        try hasCondition == (WorkloadTable.Request(operation.call.body).condition != nil) || isRead(operation.call))
      #expect(operation.call.mayFailCondition == hasCondition)
    }
  }

  @Test func threadsHavePatientsOfTheirOwn() throws {
    var owners: [String: Int] = [:]
    for thread in 0..<3 {
      for operation in try operations(5_000, thread: thread, threads: 3) {
        let request = try WorkloadTable.Request(operation.call.body)
        for map in [request.key, request.item].compactMap(\.self) + request.puts {
          let patient = try #require(map.text("PK"))
          #expect(owners[patient] ?? thread == thread)
          owners[patient] = thread
        }
      }
    }
    #expect(owners.count == 25)
  }

  @Test func moreThreadsThanPatientsStillHaveSomethingToDo() throws {
    let table = try operations(300, thread: 63, threads: 64)
    #expect(table.count == 300)
  }

  @Test func worklistsAreQueriedOnlyWhereTheIndexesServe() throws {
    #expect(try !workload().kinds.contains("status-board"))
    #expect(try operations(3_000).allSatisfy { try WorkloadTable.Request($0.call.body).index == nil })
    let kinds = try workload(["worklists=true"]).kinds
    var table = WorkloadTable(keys: "PK", "SK")
    var seen: [String: Int] = [:]
    for operation in try operations(3_000, ["worklists=true"]) {
      if isRead(operation.call) { _ = try table.run(operation.call) }
      seen[kinds[operation.kind], default: 0] += 1
    }
    #expect((seen["status-board"] ?? 0) > 300 && (seen["modality-schedule"] ?? 0) > 300)
  }

  /// The second day begins where the first has ended, and numbers go on.
  @Test func daysFollowEachOther() throws {
    var dates: [String: Int] = [:]
    for operation in try operations(operationsOfDay * 2) where operation.call.method == "BatchWriteItem" {
      let encounter = try #require(try WorkloadTable.Request(operation.call.body).puts.last)
      dates[String(try #require(encounter.text("startedAt")).prefix(10)), default: 0] += 1
    }
    #expect(dates.keys.sorted() == ["2026-03-02", "2026-03-03", "2026-03-04"])
    #expect((20...25).contains(dates["2026-03-03"] ?? 0), "\(dates)")
  }
}

@Suite struct RISAgendaTests {
  @Test func whatIsDueComesInOrderAndNotBefore() {
    var agenda = RISAgenda<Int>()
    var random = SeededRandom(seed: 3)
    let dues = (0..<300).map { _ in Int.random(in: 0..<100, using: &random) }
    for (event, due) in dues.enumerated() { agenda.add(event, due: due) }
    var taken: [Int] = []
    for now in 0..<100 {
      while let event = agenda.take(at: now) {
        #expect(dues[event] == now)
        taken.append(event)
      }
    }
    #expect(taken == dues.indices.sorted { (dues[$0], $0) < (dues[$1], $1) })
  }
}
