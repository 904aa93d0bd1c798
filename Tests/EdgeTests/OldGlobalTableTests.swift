import Testing

@testable import Edge

/// Global tables of version 2017.11.29, as a service answers that has only those of 2019.11.21.
@Suite struct OldGlobalTableTests {
  @Test func noneIsListed() throws {
    let answer = try ask("ListGlobalTables", "{}")
    #expect(answer.status == 200 && answer.text == #"{"GlobalTables":[]}"#)
  }

  @Test(arguments: [
    "DescribeGlobalTable", "UpdateGlobalTable", "DescribeGlobalTableSettings", "UpdateGlobalTableSettings",
  ])
  func atAnyNameThereIsNone(operation: String) throws {
    let answer = try ask(
      operation, #"{"GlobalTableName":"single","ReplicaUpdates":[{"Delete":{"RegionName":"eu-west-1"}}]}"#)
    #expect(answer.status == 400 && answer.type == "GlobalTableNotFoundException", "\(answer.text)")
    #expect(answer.message?.contains("'single' does not exist") == true)
    #expect(try ask(operation, "{}").type == "ValidationException")
  }

  @Test(arguments: [
    ("CreateGlobalTable", #"{"GlobalTableName":"single","ReplicationGroup":[{"RegionName":"eu-west-1"}]}"#),
    ("UpdateGlobalTable", #"{"GlobalTableName":"single","ReplicaUpdates":[{"Create":{"RegionName":"eu-west-1"}}]}"#),
  ])
  func noneIsMade(operation: String, body: String) throws {
    let answer = try ask(operation, body)
    #expect(
      answer.type == "ValidationException" && answer.message?.contains("version 2017.11.29 is not supported") == true)
  }
}
