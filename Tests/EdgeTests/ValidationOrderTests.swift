import Coordinator
import Items
import Messages
import Testing

@testable import Edge

@Suite("What comes first") struct ValidationOrderTests {
  private static let absent = #""TableName":"none-here""#
  private static let large = String(repeating: "x", count: 400 * 1_024)

  /// Recorded from the service, as the tests of public re-implementations show it.
  static let beforeTheTable = [
    Refusal(
      "PutItem", #"{\#(absent),"Item":{"a":{"S":"k"}},"Expected":{"a":{"ComparisonOperator":"EQ"}}}"#,
      "One or more parameter values were invalid: Value or AttributeValueList must be used with ComparisonOperator: EQ "
        + "for Attribute: a"),
    Refusal(
      "GetItem", #"{\#(absent),"Key":{"a":{"S":"k"}},"ProjectionExpression":""}"#,
      "Invalid ProjectionExpression: The expression can not be empty;"),
    Refusal(
      "UpdateItem",
      #"{\#(absent),"Key":{"a":{"S":"k"}},"UpdateExpression":"SET status = :v","ExpressionAttributeValues":{":v":{"S":"x"}}}"#,
      "Invalid UpdateExpression: Attribute name is a reserved keyword; reserved keyword: status"),
    Refusal(
      "BatchGetItem", #"{"RequestItems":{"none-here":{"Keys":[{"a":{"S":"k"}},{"a":{"S":"k"}}]}}}"#,
      "Provided list of item keys contains duplicates"),
    Refusal("PutItem", #"{\#(absent),"Item":{"a":{"S":"k"},"b":{"S":"\#(large)"}},"Expected":{"a":{}}}"#, tooLarge),
    Refusal(
      "BatchWriteItem", #"{"RequestItems":{"none-here":[{"PutRequest":{"Item":{"b":{"S":"\#(large)"}}}}]}}"#, tooLarge),
  ]

  private static let tooLarge = "Item size has exceeded the maximum allowed size"

  static let names = [
    Refusal("DescribeTable", "{}", "The parameter 'TableName' is required but was not present in the request"),
    Refusal("DeleteTable", #"{"TableName":"ab"}"#, length("ab", "greater than or equal to 3")),
    Refusal("GetItem", #"{"TableName":"","Key":{}}"#, length("", "greater than or equal to 1")),
    Refusal("DescribeTable", #"{"TableName":"\#(long)"}"#, length(long, "less than or equal to 255")),
    Refusal("Scan", #"{"TableName":"\#(long)"}"#, length(long, "less than or equal to 255")),
    Refusal(
      "DescribeTable", #"{"TableName":"abc;"}"#,
      "1 validation error detected: Value 'abc;' at 'tableName' failed to satisfy constraint: Member must satisfy "
        + "regular expression pattern: [a-zA-Z0-9_.-]+"),
    Refusal(
      "Query", #"{"TableName":"single","IndexName":""}"#,
      "2 validation errors detected: Value '' at 'indexName' failed to satisfy constraint: Member must satisfy regular "
        + "expression pattern: [a-zA-Z0-9_.-]+; Value '' at 'indexName' failed to satisfy constraint: Member must have "
        + "length greater than or equal to 3"),
  ]

  private static let long = String(repeating: "a", count: 256)

  private static func length(_ name: String, _ bound: String) -> String {
    "1 validation error detected: Value '\(name)' at 'tableName' failed to satisfy constraint: Member must have length "
      + bound
  }

  static let batches = [
    Refusal(
      "BatchWriteItem", #"{"RequestItems":{"single":[{"PutRequest":{"Item":{"b":{"S":"a"}}}}]}}"#, mismatch),
    Refusal(
      "BatchWriteItem", #"{"RequestItems":{"single":[{"PutRequest":{"Item":{"PK":{"N":"1"}}}}]}}"#, mismatch),
    Refusal("BatchWriteItem", #"{"RequestItems":{"none-here":[{}]}}"#, notOne),
    Refusal(
      "BatchWriteItem",
      #"{"RequestItems":{"none-here":[{"PutRequest":{"Item":{}},"DeleteRequest":{"Key":{}}}]}}"#, notOne),
    Refusal(
      "BatchWriteItem", #"{"RequestItems":{"none-here":[{"PutRequest":{},"DeleteRequest":{}}]}}"#,
      "2 validation errors detected: Value null at 'requestItems.none-here.member.1.member.putRequest.item' failed to "
        + "satisfy constraint: Member must not be null; Value null at "
        + "'requestItems.none-here.member.1.member.deleteRequest.key' failed to satisfy constraint: Member must not be "
        + "null"),
    Refusal(
      "BatchWriteItem", #"{"RequestItems":{"single":[]}}"#,
      "1 validation error detected: Value '{single=[]}' at 'requestItems' failed to satisfy constraint: Map value must "
        + "satisfy constraint: [Member must have length less than or equal to 25, Member must have length greater than "
        + "or equal to 1]"),
    Refusal(
      "BatchGetItem", #"{"RequestItems":{"single":{"Keys":[]}}}"#,
      "1 validation error detected: Value '[]' at 'requestItems.single.member.keys' failed to satisfy constraint: "
        + "Member must have length greater than or equal to 1"),
  ]

  static let startKeys = [
    query("z = :s", start: "{}", "The provided starting key is invalid"),
    query("z = :s", start: #"{"PK":{"S":"a"},"z":{"N":"1"}}"#, "Query condition missed key schema element: PK"),
    query("z = :s", start: #"{"PK":{"N":"1"},"SK":{"N":"1"}}"#, mismatch),
    query("PK = :s", start: #"{"PK":{"S":"a"},"z":{"N":"1"}}"#, "The provided starting key is invalid"),
    query("PK = :s", start: #"{"PK":{"S":"a"},"SK":{"S":"1"}}"#, mismatch),
    query(
      "PK = :s", start: #"{"PK":{"S":"b"},"SK":{"N":"1"}}"#,
      "The provided starting key is outside query boundaries based on provided conditions"),
    query(
      "PK = :s AND SK > :n", start: #"{"PK":{"S":"b"},"SK":{"N":"5"}}"#, number: "5",
      "The provided starting key does not match the range key predicate"),
    query(
      "PK = :s AND SK > :n", start: #"{"PK":{"S":"b"},"SK":{"N":"6"}}"#, number: "5",
      "The query can return at most one row and cannot be restarted"),
  ]

  private static func query(
    _ condition: String, start: String, number: String? = nil, _ message: String
  ) -> Refusal {
    let values = #"":s":{"S":"a"}"# + (number.map { #","# + #"":n":{"N":"\#($0)"}"# } ?? "")
    return Refusal(
      "Query",
      #"{"TableName":"pair","KeyConditionExpression":"\#(condition)","ExclusiveStartKey":\#(start),"ExpressionAttributeValues":{\#(values)}}"#,
      message)
  }

  private static let mismatch = "The provided key element does not match the schema"
  private static let notOne =
    "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"

  static let indexKeys = [
    update("SET colour.a = :v", #"{"S":"x"}"#, scalar + "IndexKey: colour"),
    update("SET colour = :v", #"{"N":"1"}"#, wrongType + "Actual: N IndexName: byColour"),
    update("SET colour = a + :v", #"{"N":"1"}"#, wrongType + "Actual: N IndexName: byColour"),
    update("SET a = if_not_exists(b, colour[1]), b = :v", #"{"N":"1"}"#, scalar + "IndexKey: colour"),
    update("ADD colour :v", #"{"SS":["x"]}"#, wrongType + "Actual: SS IndexName: byColour"),
  ]

  private static let wrongType =
    "One or more parameter values were invalid: Type mismatch for Index Key colour Expected: S "

  private static func update(_ expression: String, _ value: String, _ message: String) -> Refusal {
    Refusal(
      "UpdateItem",
      #"{"TableName":"pair","Key":{"PK":{"S":"a"},"SK":{"N":"1"}},"UpdateExpression":"\#(expression)","ExpressionAttributeValues":{":v":\#(value)}}"#,
      message)
  }

  /// A substitution's placeholder, then its name or value, then the expression.
  static let substitutions = [
    scan(
      ##""FilterExpression":"#","ExpressionAttributeNames":{"#":"a"}"##, names("invalid key: Syntax error; key: \"#\"")),
    scan(
      ##""FilterExpression":"#","ExpressionAttributeNames":{"#\##(String(repeating: "a", count: 255))-":"a"}"##,
      names("invalid key: The expression attribute map contains a key that is too long; size of key: 257")),
    scan(
      ##""FilterExpression":"#","ExpressionAttributeValues":{":\##(String(repeating: "a", count: 255))":{}}"##,
      values("invalid key: The expression attribute map contains a key that is too long;")),
    scan(
      ##""FilterExpression":"#a","ExpressionAttributeNames":{"#a":""}"##,
      names("invalid value: Empty attribute name for key #a")),
    scan(
      #""FilterExpression":"(","ExpressionAttributeValues":{"b":{},":b":{}}"#,
      values("invalid key: Syntax error; key: \"b\"")),
    scan(
      #""FilterExpression":"(","ExpressionAttributeValues":{":b":{}}"#,
      values(
        "invalid value: Supplied AttributeValue is empty, must contain exactly one of the supported datatypes for key :b"
      )),
    scan(#""FilterExpression":"a","ExpressionAttributeValues":{}"#, "ExpressionAttributeValues must not be empty"),
    Refusal(
      "PutItem",
      #"{"TableName":"single","Item":{"PK":{}},"ConditionExpression":"(","ExpressionAttributeValues":{":b":{}}}"#,
      "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"),
  ]

  static let reads = [
    Refusal(
      "Query", #"{"TableName":"single","FilterExpression":"","KeyConditionExpression":"","ProjectionExpression":""}"#,
      "Invalid KeyConditionExpression: The expression can not be empty;"),
    scan(
      #""AttributesToGet":["a","a"],"ScanFilter":{"a":{"ComparisonOperator":"EQ","AttributeValueList":[{}]}}"#,
      "One or more parameter values were invalid: Duplicate value in attribute name: a"),
    Refusal(
      "Query",
      #"{"TableName":"single","KeyConditionExpression":"PK = :p","ExpressionAttributeValues":{":p":{"S":"a"}},"Select":"COUNT","ProjectionExpression":"a"}"#,
      "1 validation error detected: Cannot specify the ProjectionExpression when choosing to get only the Count"),
    scan(
      #""Select":"COUNT","ProjectionExpression":"a""#,
      "Cannot specify the ProjectionExpression when choosing to get only the Count"),
    scan(#""ProjectionExpression":"PK.a""#, scalar + "Key: PK"),
    Refusal(
      "GetItem", #"{"TableName":"pair","Key":{"PK":{"S":"a"},"SK":{"N":"1"}},"ProjectionExpression":"colour[1]"}"#,
      scalar + "IndexKey: colour"),
    scan(#""FilterExpression":"attribute_exists(PK[0])""#, scalar + "Key: PK"),
    Refusal(
      "BatchGetItem", #"{"RequestItems":{"single":{"Keys":[{"PK":{"S":"a"}}],"ProjectionExpression":"PK.a"}}}"#,
      scalar + "Key: PK"),
  ]

  private static let scalar =
    "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: "

  private static func scan(_ members: String, _ message: String) -> Refusal {
    Refusal("Scan", #"{"TableName":"single",\#(members)}"#, message)
  }

  private static func names(_ what: String) -> String { "ExpressionAttributeNames contains \(what)" }

  private static func values(_ what: String) -> String { "ExpressionAttributeValues contains \(what)" }

  @Test(arguments: beforeTheTable + names + batches + startKeys + indexKeys + substitutions + reads)
  func firstFaultIsTheOneReported(_ refusal: Refusal) throws {
    let answer = try ask(refusal.operation, refusal.json)
    #expect(answer.type == refusal.type)
    #expect(answer.message == refusal.message)
  }

  @Test("A breach shows the members of a request as the service's own objects") func breachesShowObjects() throws {
    let put = #"{"PutRequest":{"Item":{"PK":{"S":"a"}}}}"#
    let writes = Array(repeating: put, count: 26).joined(separator: ",")
    let message = try #require(
      try ask("BatchWriteItem", #"{"RequestItems":{"single":[\#(writes)]}}"#).message)
    #expect(
      message.hasPrefix(
        "1 validation error detected: Value '{single=[WriteRequest(putRequest=PutRequest(item={PK=com.amazonaws."
          + "dynamodb.v20120810.AttributeValue@"))
    #expect(
      message.hasSuffix(
        "deleteRequest=null)]}' at 'requestItems' failed to satisfy constraint: Map value must satisfy constraint: "
          + "[Member must have length less than or equal to 25, Member must have length greater than or equal to 1]"))
  }

  @Test("A scan of a segment goes on only from a key of that segment") func segmentsHaveTheirKeys() throws {
    let messages = try (0..<2).map { segment in
      try ask(
        "Scan",
        #"{"TableName":"single","Segment":\#(segment),"TotalSegments":2,"ExclusiveStartKey":{"PK":{"S":"a"}}}"#,
        outcome: { _ in .page(RangePage()) }
      ).message
    }
    let refused = try #require(messages.firstIndex { $0 != nil })
    #expect(
      messages[refused]
        == "The provided starting key is invalid: Invalid ExclusiveStartKey. Please use ExclusiveStartKey with correct "
        + "Segment. TotalSegments: 2 Segment: \(refused)")
    #expect(messages[1 - refused] == nil)
  }

  @Test("Of many breaches the service tells ten") func tenBreaches() throws {
    let filters = (0..<12).map { #""a\#($0)":{}"# }.joined(separator: ",")
    let message = try #require(try ask("Scan", #"{"TableName":"single","ScanFilter":{\#(filters)}}"#).message)
    #expect(message.hasPrefix("10 validation errors detected: "))
    #expect(message.split(separator: ";").count == 10)
  }

  @Test("A scan through a whole table pays for the four parts of a new one") func scanCosts() throws {
    func units(_ members: String, _ page: RangePage = RangePage()) throws -> Double? {
      try ask("Scan", #"{"TableName":"single","ReturnConsumedCapacity":"TOTAL"\#(members)}"#) { _ in .page(page) }
        .body["ConsumedCapacity"]?["CapacityUnits"]?.double
    }
    #expect(try units("") == 2.0)
    #expect(try units(#","ConsistentRead":true"#) == 4.0)
    #expect(try units(#","Segment":0,"TotalSegments":2"#) == 0.5)
    #expect(try units(#","ExclusiveStartKey":{"PK":{"S":"a"}}"#) == 0.5)
    #expect(try units("", RangePage(scannedBytes: 40_960)) == 5.0)
  }
}
