import Coordinator
import Messages
import Testing

@testable import Edge

struct Refusal: Sendable, CustomTestStringConvertible {
  var operation: String
  var json: String
  var type: String
  var message: String

  init(_ operation: String, _ json: String, _ message: String, type: String = "ValidationException") {
    self.operation = operation
    self.json = json
    self.type = type
    self.message = message
  }

  var testDescription: String { "\(operation) \(json.prefix(60))" }
}

private let invalid = "One or more parameter values were invalid: "

@Suite struct ValidationTests {
  static let writes = [
    Refusal("PutItem", "{", "", type: "SerializationException"),
    Refusal(
      "PutItem", #"{"TableName":7}"#, "NUMBER_VALUE cannot be converted to String", type: "SerializationException"),
    Refusal(
      "PutItem", "{}",
      "2 validation errors detected: Value null at 'tableName' failed to satisfy constraint: Member must not be null; "
        + "Value null at 'item' failed to satisfy constraint: Member must not be null"),
    Refusal(
      "PutItem", #"{"TableName":"pair","Item":{},"ReturnValues":"SOME"}"#,
      "1 validation error detected: Value 'SOME' at 'returnValues' failed to satisfy constraint: Member must satisfy "
        + "enum value set: [ALL_NEW, UPDATED_OLD, ALL_OLD, NONE, UPDATED_NEW]"),
    Refusal(
      "PutItem", #"{"TableName":"a b","Item":{}}"#,
      "1 validation error detected: Value 'a b' at 'tableName' failed to satisfy constraint: Member must satisfy regular "
        + "expression pattern: [a-zA-Z0-9_.-]+"),
    Refusal(
      "PutItem", #"{"TableName":"pair","Item":{},"ReturnValues":"ALL_NEW"}"#,
      "ReturnValues can only be ALL_OLD or NONE"),
    Refusal("PutItem", #"{"TableName":"pair","Item":{}}"#, invalid + "Missing the key PK in the item"),
    Refusal(
      "PutItem", #"{"TableName":"pair","Item":{"PK":{"N":"1"},"SK":{"N":"1"}}}"#,
      invalid + "Type mismatch for key PK expected: S actual: N"),
    Refusal(
      "PutItem", #"{"TableName":"pair","Item":{"PK":{"S":""},"SK":{"N":"1"}}}"#,
      "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty "
        + "string value. Key: PK"),
    Refusal(
      "PutItem", #"{"TableName":"pair","Item":{"PK":{"S":"a"},"SK":{"N":"1"},"colour":{"N":"1"}}}"#,
      invalid + "Type mismatch for Index Key colour Expected: S Actual: N IndexName: byColour"),
    Refusal(
      "PutItem", #"{"TableName":"pair","Item":{"PK":{"S":"a"},"SK":{"N":"1"},"x":{"S":"a","N":"1"}}}"#,
      "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"),
    Refusal("PutItem", #"{"TableName":"pair","Item":{"":{"S":"a"}}}"#, invalid + "Empty attribute name"),
    Refusal(
      "PutItem", #"{"TableName":"none-here","Item":{"PK":{"S":"a"}}}"#, "Requested resource not found",
      type: "ResourceNotFoundException"),
    Refusal(
      "PutItem", ##"{"TableName":"single","Item":{"PK":{"S":"a"}},"ExpressionAttributeNames":{"#a":"b"}}"##,
      "ExpressionAttributeNames can only be specified when using expressions"),
    Refusal(
      "PutItem", #"{"TableName":"single","Item":{"PK":{"S":"a"}},"ExpressionAttributeValues":{":a":{"S":"b"}}}"#,
      "ExpressionAttributeValues can only be specified when using expressions: ConditionExpression is null"),
    Refusal(
      "PutItem",
      ##"{"TableName":"single","Item":{"PK":{"S":"a"}},"ConditionExpression":"attribute_exists(a)","ExpressionAttributeNames":{"#a":"b"}}"##,
      "Value provided in ExpressionAttributeNames unused in expressions: keys: {#a}"),
    Refusal(
      "UpdateItem",
      #"{"TableName":"single","Key":{"PK":{"S":"a"}},"UpdateExpression":"SET PK = :v","ExpressionAttributeValues":{":v":{"S":"b"}}}"#,
      invalid + "Cannot update attribute PK. This attribute is part of the key"),
    Refusal(
      "DeleteItem", #"{"TableName":"pair","Key":{"PK":{"S":"a"}}}"#,
      "The provided key element does not match the schema"),
    Refusal(
      "DeleteItem", #"{"TableName":"single","Key":{"PK":{"S":"a"}},"ReturnValues":"UPDATED_NEW"}"#,
      "ReturnValues can only be ALL_OLD or NONE"),
  ]

  static let reads = [
    Refusal(
      "GetItem", #"{"TableName":"pair","Key":{"PK":{"S":"a"},"SK":{"S":"1"}}}"#,
      "The provided key element does not match the schema"),
    Refusal(
      "GetItem", #"{"TableName":"pair","Key":{"PK":{"S":"a"},"SK":{"N":"1"},"x":{"N":"1"}}}"#,
      "The provided key element does not match the schema"),
    Refusal(
      "GetItem", #"{"TableName":"single","Key":{"PK":{"S":"a"}},"AttributesToGet":["a","a"]}"#,
      invalid + "Duplicate value in attribute name: a"),
    Refusal(
      "GetItem", #"{"TableName":"single","Key":{"PK":{"S":"a"}},"AttributesToGet":["a"],"ProjectionExpression":"b"}"#,
      "Can not use both expression and non-expression parameters in the same request: Non-expression parameters: "
        + "{AttributesToGet} Expression parameters: {ProjectionExpression}"),
    Refusal(
      "Query", #"{"TableName":"pair"}"#,
      "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request."),
    Refusal(
      "Query", #"{"TableName":"pair","Limit":0}"#,
      "1 validation error detected: Value '0' at 'limit' failed to satisfy constraint: Member must have value greater "
        + "than or equal to 1"),
    Refusal(
      "Query",
      #"{"TableName":"pair","IndexName":"byColour","ConsistentRead":true,"KeyConditionExpression":"colour = :c","ExpressionAttributeValues":{":c":{"S":"red"}}}"#,
      "Consistent reads are not supported on global secondary indexes"),
    Refusal(
      "Scan", #"{"TableName":"pair","IndexName":"byShape"}"#,
      "The table does not have the specified index: byShape"),
    Refusal(
      "Query",
      #"{"TableName":"pair","KeyConditionExpression":"PK = :p","FilterExpression":"SK = :p","ExpressionAttributeValues":{":p":{"S":"a"}}}"#,
      "Filter Expression can only contain non-primary key attributes: Primary key attribute: SK"),
    Refusal(
      "Query",
      #"{"TableName":"pair","KeyConditionExpression":"PK = :p","ExpressionAttributeValues":{":p":{"S":"a"}},"ExclusiveStartKey":{"PK":{"S":"b"},"SK":{"N":"1"}}}"#,
      "The provided starting key is outside query boundaries based on provided conditions"),
    Refusal(
      "Query",
      #"{"TableName":"pair","KeyConditionExpression":"PK = :p","ExpressionAttributeValues":{":p":{"S":"a"}},"ExclusiveStartKey":{"PK":{"S":"a"}}}"#,
      "The provided starting key is invalid"),
    Refusal(
      "Query",
      #"{"TableName":"pair","KeyConditionExpression":"PK = :p AND SK < :s","ExpressionAttributeValues":{":p":{"S":"a"},":s":{"N":"3"}},"ExclusiveStartKey":{"PK":{"S":"a"},"SK":{"N":"3"}}}"#,
      "The provided starting key does not match the range key predicate"),
    Refusal(
      "Scan", #"{"TableName":"pair","Select":"SPECIFIC_ATTRIBUTES"}"#,
      "Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES"),
    Refusal(
      "Scan", #"{"TableName":"pair","Select":"COUNT","ProjectionExpression":"a"}"#,
      "Cannot specify the ProjectionExpression when choosing to get only the Count"),
    Refusal(
      "Scan", #"{"TableName":"pair","Segment":0}"#,
      "The TotalSegments parameter is required but was not present in the request when Segment parameter is present"),
    Refusal(
      "Scan", #"{"TableName":"pair","Segment":7,"TotalSegments":5}"#,
      "The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: 7 is not less than "
        + "TotalSegments: 5"),
    Refusal(
      "Scan", #"{"TableName":"pair","ExclusiveStartKey":{"PK":{"S":"a"}}}"#,
      "The provided starting key is invalid: The provided key element does not match the schema"),
  ]

  static let batches = [
    Refusal(
      "BatchGetItem", #"{"RequestItems":{}}"#, "The requestItems parameter is required for BatchGetItem"),
    Refusal("BatchWriteItem", #"{"RequestItems":{}}"#, "The requestItems parameter is required for BatchWriteItem"),
    Refusal(
      "BatchGetItem", #"{"RequestItems":{"single":{"Keys":[{"PK":{"S":"a"}},{"PK":{"S":"a"}}]}}}"#,
      "Provided list of item keys contains duplicates"),
    Refusal(
      "BatchWriteItem",
      #"{"RequestItems":{"single":[{"PutRequest":{"Item":{"PK":{"S":"a"}}}},{"DeleteRequest":{"Key":{"PK":{"S":"a"}}}}]}}"#,
      "Provided list of item keys contains duplicates"),
    Refusal(
      "BatchWriteItem", #"{"RequestItems":{"none-here":[{"PutRequest":{"Item":{"PK":{"S":"a"}}}}]}}"#,
      "Requested resource not found", type: "ResourceNotFoundException"),
  ]

  @Test(arguments: writes + reads + batches) func refusesAsDynamoDBDoes(_ refusal: Refusal) throws {
    let answer = try ask(refusal.operation, refusal.json)
    #expect(answer.status == 400)
    #expect(answer.type == refusal.type)
    if !refusal.message.isEmpty { #expect(answer.message == refusal.message) }
  }

  @Test func itemsAreBoundedBy400KB() throws {
    let name = String(repeating: "x", count: 400 * 1_024 - 4)
    let fits = #"{"TableName":"single","Item":{"PK":{"S":"a"},"b":{"S":"\#(name)"}}}"#
    let over = #"{"TableName":"single","Item":{"PK":{"S":"aa"},"b":{"S":"\#(name)"}}}"#
    #expect(try ask("PutItem", fits) { _ in .written(.init(oldBytes: 0, newBytes: 1)) }.status == 200)
    #expect(try ask("PutItem", over).message == "Item size has exceeded the maximum allowed size")
  }

  @Test func keysAreBounded() throws {
    let long = String(repeating: "x", count: 2_049)
    #expect(
      try ask("GetItem", #"{"TableName":"single","Key":{"PK":{"S":"\#(long)"}}}"#).message
        == invalid + "Size of hashkey has exceeded the maximum size limit of2048 bytes")
  }

  @Test func batchesAreBounded() throws {
    let puts = (0..<26).map { #"{"PutRequest":{"Item":{"PK":{"S":"\#($0)"}}}}"# }.joined(separator: ",")
    let write = try ask("BatchWriteItem", #"{"RequestItems":{"single":[\#(puts)]}}"#)
    #expect(write.message?.contains("less than or equal to 25") == true)
    let keys = (0..<101).map { #"{"PK":{"S":"\#($0)"}}"# }.joined(separator: ",")
    let get = try ask("BatchGetItem", #"{"RequestItems":{"single":{"Keys":[\#(keys)]}}}"#)
    #expect(get.message?.contains("less than or equal to 100") == true)
  }

  @Test func unknownAndUnsupportedOperationsAreToldApart() throws {
    let unknown = try ask("NoSuchThing", "{}")
    #expect(unknown.type == "UnknownOperationException" && unknown.message == nil)
    let unsupported = try ask("TransactWriteItems", "{}")
    #expect(unsupported.type == "ValidationException")
    #expect(unsupported.message == "The operation TransactWriteItems is not supported by Gantry yet")
  }
}
