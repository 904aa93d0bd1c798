import Catalog
import Coordinator
import Expressions
import Items
import Messages
import Testing

@testable import Edge

@Suite struct AnswerTests {
  @Test func getItemShowsTheItemAndItsCost() throws {
    let stored = try item(#"{"PK":{"S":"a"},"n":{"N":"1.50"},"m":{"M":{"x":{"L":[{"BOOL":true},{"NULL":true}]}}}}"#)
    let request =
      #"{"TableName":"single","Key":{"PK":{"S":"a"}},"ConsistentRead":true,"ReturnConsumedCapacity":"INDEXES"}"#
    let answer = try ask("GetItem", request) { _ in .item(stored) }
    #expect(
      answer.text
        == #"{"Item":{"PK":{"S":"a"},"m":{"M":{"x":{"L":[{"BOOL":true},{"NULL":true}]}}},"n":{"N":"1.5"}},"#
        + #""ConsumedCapacity":{"TableName":"single","CapacityUnits":1.0,"Table":{"CapacityUnits":1.0}}}"#)
    #expect(try ask("GetItem", #"{"TableName":"single","Key":{"PK":{"S":"a"}}}"#) { _ in .item(nil) }.text == "{}")
  }

  @Test func projectionsCutTheItem() throws {
    let stored = try item(#"{"PK":{"S":"a"},"b":{"M":{"c":{"S":"d"},"e":{"S":"f"}}}}"#)
    let request = #"{"TableName":"single","Key":{"PK":{"S":"a"}},"ProjectionExpression":"b.c"}"#
    #expect(
      try ask("GetItem", request) { _ in .item(stored) }.text == #"{"Item":{"b":{"M":{"c":{"S":"d"}}}}}"#)
  }

  @Test func updatesReturnThePartsThatTheyTouch() throws {
    let old = try item(#"{"PK":{"S":"a"},"n":{"N":"1"},"o":{"N":"7"}}"#)
    let new = try item(#"{"PK":{"S":"a"},"n":{"N":"2"},"o":{"N":"7"}}"#)
    func updated(_ returns: String, _ written: WriteAnswer) throws -> String {
      let request =
        #"{"TableName":"single","Key":{"PK":{"S":"a"}},"UpdateExpression":"ADD n :one","ExpressionAttributeValues":{":one":{"N":"1"}},"ReturnValues":"\#(returns)"}"#
      return try ask("UpdateItem", request) { _ in .written(written) }.text
    }
    let withOld = WriteAnswer(oldBytes: 1, newBytes: 1, old: old)
    let withNew = WriteAnswer(oldBytes: 1, newBytes: 1, new: new)
    #expect(try updated("UPDATED_OLD", withOld) == #"{"Attributes":{"n":{"N":"1"}}}"#)
    #expect(try updated("UPDATED_NEW", withNew) == #"{"Attributes":{"n":{"N":"2"}}}"#)
    #expect(
      try updated("ALL_NEW", withNew) == #"{"Attributes":{"PK":{"S":"a"},"n":{"N":"2"},"o":{"N":"7"}}}"#)
    #expect(try updated("NONE", WriteAnswer(oldBytes: 1, newBytes: 1)) == "{}")
  }

  @Test func updateWithoutExpressionIsAllowed() throws {
    var write: ItemWrite?
    let answer = try ask("UpdateItem", #"{"TableName":"single","Key":{"PK":{"S":"a"}}}"#) { call in
      if case .write(let asked) = call { write = asked }
      return .written(WriteAnswer(oldBytes: 0, newBytes: 3))
    }
    #expect(answer.text == "{}")
    guard case .update(let update, _) = try #require(write).action else {
      Issue.record("The write is no update.")
      return
    }
    #expect(update.updatedPaths.isEmpty)
  }

  @Test func failedConditionsShowTheItemOnlyWhenAsked() throws {
    let old = try item(#"{"PK":{"S":"a"}}"#)
    let put = #""TableName":"single","Item":{"PK":{"S":"a"}},"ConditionExpression":"attribute_not_exists(PK)""#
    let silent = try ask("PutItem", "{\(put)}") { _ in .conditionFailed(old: nil, oldBytes: 3) }
    #expect(
      silent.text
        == #"{"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException","message":"The conditional request failed"}"#
    )
    let asked = try ask("PutItem", "{\(put),\"ReturnValuesOnConditionCheckFailure\":\"ALL_OLD\"}") { _ in
      .conditionFailed(old: old, oldBytes: 3)
    }
    #expect(asked.body["Item"]?["PK"]?["S"]?.text == "a")
  }

  @Test func writeCostsRoundUpToKilobytes() {
    #expect(ConsumedCapacity.write(oldBytes: 0, newBytes: 0) == 1)
    #expect(ConsumedCapacity.write(oldBytes: 1_025, newBytes: 10) == 2)
    #expect(ConsumedCapacity.read(bytes: 4_096, consistent: true) == 1)
    #expect(ConsumedCapacity.read(bytes: 4_097, consistent: false) == 1)
    #expect(ConsumedCapacity.read(bytes: 0, consistent: false) == 0.5)
  }

  @Test func writesAskForTheOldSizeOnlyWhereUnitsAreReturned() throws {
    let key = #""TableName":"single","Key":{"PK":{"S":"a"}}"#
    let part = #"[{"PutRequest":{"Item":{"PK":{"S":"a"}}}},{"DeleteRequest":{"Key":{"PK":{"S":"b"}}}}]"#
    let requests = [
      ("PutItem", #""TableName":"single","Item":{"PK":{"S":"a"}}"#), ("DeleteItem", key), ("UpdateItem", key),
      ("BatchWriteItem", #""RequestItems":{"single":\#(part)}"#),
    ]
    for (operation, members) in requests {
      for (capacity, images): (String?, ReturnedImages) in [
        (nil, []), ("NONE", []), ("TOTAL", .oldSize), ("INDEXES", .oldSize),
      ] {
        var asked: [ReturnedImages] = []
        let more = capacity.map { #","ReturnConsumedCapacity":"\#($0)""# } ?? ""
        let answer = try ask(operation, "{\(members)\(more)}") { call in
          if case .write(let write) = call { asked.append(write.returns) }
          return .written(WriteAnswer(oldBytes: 2_000, newBytes: 3))
        }
        #expect(!asked.isEmpty && asked.allSatisfy { $0 == images }, "\(operation) \(capacity ?? "without")")
        #expect(answer.text.contains("CapacityUnits") == !images.isEmpty)
      }
    }
  }

  @Test func failuresTellWhatARetryMayDo() throws {
    func failed(_ failure: CallFailure) throws -> Answered {
      try ask("PutItem", #"{"TableName":"single","Item":{"PK":{"S":"a"}}}"#) { _ in .failed(failure) }
    }
    #expect(try failed(.outcomeUnknown).status == 500)
    #expect(try failed(.outcomeUnknown).type == "InternalServerError")
    #expect(try failed(.unavailable("no leader")).status == 503)
    #expect(try failed(.overloaded).type == "ThrottlingException")
    #expect(try failed(.invalid("text")).message == "text")
  }

  @Test func aTableThatWasMadeAnewIsTriedOnce() throws {
    let target = CannedTarget(.sample()) { call in
      switch call {
      case .refreshCatalog: .refreshed
      default: .failed(.unknownTable)
      }
    }
    let answer = try ask("GetItem", #"{"TableName":"single","Key":{"PK":{"S":"a"}}}"#, target: target)
    #expect(answer.type == "ResourceNotFoundException")
    #expect(target.calls.count == 3)
  }

  @Test func batchesReportWhatWasNotProcessed() throws {
    let request =
      #"{"RequestItems":{"single":[{"PutRequest":{"Item":{"PK":{"S":"a"}}}},{"DeleteRequest":{"Key":{"PK":{"S":"b"}}}}]},"ReturnConsumedCapacity":"TOTAL"}"#
    var count = 0
    let some = try ask("BatchWriteItem", request) { _ in
      count += 1
      return count == 1 ? .written(WriteAnswer(oldBytes: 0, newBytes: 3)) : .failed(.overloaded)
    }
    #expect(
      some.text == #"{"UnprocessedItems":{"single":[{"DeleteRequest":{"Key":{"PK":{"S":"b"}}}}]},"#
        + #""ConsumedCapacity":[{"TableName":"single","CapacityUnits":1.0}]}"#)
    #expect(try ask("BatchWriteItem", request) { _ in .failed(.overloaded) }.type == "ThrottlingException")
    count = 0
    let unknown = try ask("BatchWriteItem", request) { _ in
      count += 1
      return count == 1 ? .written(WriteAnswer(oldBytes: 0, newBytes: 3)) : .failed(.outcomeUnknown)
    }
    #expect(unknown.type == "InternalServerError")
  }

  @Test func batchGetKeepsTheOptionsOfUnprocessedKeys() throws {
    let request =
      ##"{"RequestItems":{"single":{"Keys":[{"PK":{"S":"a"}},{"PK":{"S":"b"}}],"ConsistentRead":true,"ProjectionExpression":"#p","ExpressionAttributeNames":{"#p":"PK"}}}}"##
    let stored = try item(#"{"PK":{"S":"a"},"x":{"S":"y"}}"#)
    var count = 0
    let answer = try ask("BatchGetItem", request) { _ in
      count += 1
      return count == 1 ? .item(stored) : .failed(.unavailable("no leader"))
    }
    #expect(
      answer.text
        == #"{"Responses":{"single":[{"PK":{"S":"a"}}]},"UnprocessedKeys":{"single":{"Keys":[{"PK":{"S":"b"}}],"#
        + ##""ConsistentRead":true,"ProjectionExpression":"#p","ExpressionAttributeNames":{"#p":"PK"}}}}"##)
  }
}
