import History
import Items
import Load
import Testing

@Suite struct WorkloadRegisterTests {
  private func calls(_ count: Int, thread: Int = 0, threads: Int = 1) throws -> [Call] {
    var source = try Workload.load("registers").source(seed: 1, thread: thread, threads: threads)
    return (0..<count).map { _ in source.next().call }
  }

  private func put(_ operation: HistoryOperation) -> HistoryValue? {
    switch operation {
    case .put(let value), .putIf(_, let value): value
    default: nil
    }
  }

  @Test func valuesAreUniqueAndFarApart() throws {
    var numbers: [Int64] = []
    for thread in 0..<4 {
      for call in try calls(1_000, thread: thread, threads: 4) {
        guard let value = put(try #require(call.history).operation) else { continue }
        guard case .number(let number) = value else {
          Issue.record("\(value) is no number")
          continue
        }
        numbers.append(number)
      }
    }
    numbers.sort()
    #expect(numbers.count > 1_000)
    for (low, high) in zip(numbers, numbers.dropFirst()) { #expect(high - low >= 1 << 24) }
  }

  @Test func aConditionalPutExpectsNothingOrWhatItsSourcePut() throws {
    var puts: Set<[String]> = []
    var expectations = 0
    for call in try calls(2_000) {
      let history = try #require(call.history)
      if case .put(let value) = history.operation { puts.insert([history.key, "\(value)"]) }
      guard case .putIf(let expected, _) = history.operation else { continue }
      #expect(call.mayFailCondition)
      guard let expected else { continue }
      #expect(puts.contains([history.key, "\(expected)"]))
      expectations += 1
    }
    #expect(expectations > 100)
  }

  @Test func readsAreStrongUnlessTheyAreAskedNotToBe() throws {
    for (overrides, isStrong) in [([], true), (["consistentRead=false"], false)] {
      var source = try Workload.load("registers", overrides: overrides).source(seed: 1, thread: 0, threads: 1)
      let gets = (0..<100).map { _ in source.next().call }.filter { $0.method == "GetItem" }
      #expect(!gets.isEmpty)
      for get in gets { #expect(String(decoding: get.body, as: UTF8.self).contains("ConsistentRead") == isStrong) }
    }
  }

  @Test func allOperationsOccurAndOnlyConditionsMayFail() throws {
    var names: Set<String> = []
    for call in try calls(500) {
      names.insert(call.method)
      if case .putIf = try #require(call.history).operation { continue }
      #expect(!call.mayFailCondition)
    }
    #expect(names == ["PutItem", "UpdateItem", "DeleteItem", "GetItem"])
  }

  /// Carried out one after the other, with answers as the service gives them, the history of the load is right: requests
  /// do what their history says, and answers are read for what they tell.
  @Test func whatRequestsDoIsWhatTheHistoryTells() throws {
    var table = WorkloadTable(keys: "id")
    // Left by an earlier run.
    _ = try table.run(RegisterRequests.call(.put(.number(77)), table: "registers", key: "k3"))
    for call in try Workload.load("registers").rows(seed: 1) { _ = try table.run(call) }
    let recorder = HistoryRecorder()
    var refused = 0
    for (time, call) in try calls(2_000).enumerated() {
      let history = try #require(call.history)
      let token = recorder.begin(client: "c", history.operation, keys: [history.key], at: Int64(2 * time))
      let output: HistoryOutput
      switch try table.run(call) {
      case .conditionFailed:
        output = .applied(false)
        refused += 1
      case .item(let item):
        output = try RegisterRequests.output(of: history.operation, answer: answer(history.operation, item))
      case .items: throw WorkloadTable.Refusal(description: "no operation on one item")
      }
      recorder.end(token, .ok, output: output, at: Int64(2 * time + 1))
    }
    #expect(refused > 50)
    #expect(try LinearizabilityChecker().check(recorder.entries()).isLinearizable)
  }

  private func answer(_ operation: HistoryOperation, _ item: AttributeMap?) -> [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    switch operation {
    case .get:
      if let item {
        writer.key("Item")
        writer.item(item)
      }
    case .add:
      writer.key("Attributes")
      writer.item(AttributeMap(item?.elements.filter { $0.name == Array("n".utf8) } ?? []))
    default: break
    }
    writer.endObject()
    return writer.bytes
  }

  @Test(arguments: [#"{}"#, #"{"Attributes":{"n":{"S":"1"}}}"#, #"{"Attributes":{}}"#, "nothing"])
  func anAnswerOfAnotherOperationIsAFault(answer: String) {
    #expect(throws: RegisterRequests.Fault.self) {
      try RegisterRequests.output(of: .add(1), answer: Array(answer.utf8))
    }
  }
}
