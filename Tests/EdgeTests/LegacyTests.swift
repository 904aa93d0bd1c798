import Coordinator
import Expressions
import Items
import Messages
import Testing

@testable import Edge

private let invalid = "One or more parameter values were invalid: "
private let mixed =
  "Can not use both expression and non-expression parameters in the same request: Non-expression parameters: "

/// A request on the table `single` with the members that its operation must have.
private func refusal(_ operation: String, _ members: String, _ message: String) -> Refusal {
  let required =
    switch operation {
    case "PutItem": #""Item":{"PK":{"S":"a"}},"#
    case "UpdateItem", "DeleteItem", "GetItem": #""Key":{"PK":{"S":"a"}},"#
    default: ""
    }
  return Refusal(operation, #"{"TableName":"single",\#(required)\#(members)}"#, message)
}

private func condition(_ name: String, _ comparison: String = "EQ", _ value: String = #"{"S":"a"}"#) -> String {
  #""\#(name)":{"ComparisonOperator":"\#(comparison)","AttributeValueList":[\#(value)]}"#
}

@Suite("Parameters of the older form") struct LegacyTests {
  private static let comparisons =
    "[IN, NULL, BETWEEN, LT, NOT_CONTAINS, EQ, GT, NOT_NULL, NE, LE, BEGINS_WITH, GE, CONTAINS]"

  static let mixes = [
    refusal(
      "UpdateItem",
      #""AttributeUpdates":{},"Expected":{},"ConditionalOperator":"OR","UpdateExpression":"","ConditionExpression":"""#,
      "\(mixed){AttributeUpdates, Expected, ConditionalOperator} Expression parameters: {UpdateExpression, "
        + "ConditionExpression}"),
    refusal(
      "PutItem", #""Expected":{},"ConditionExpression":"a""#,
      "\(mixed){Expected} Expression parameters: {ConditionExpression}"),
    refusal(
      "Query",
      #""AttributesToGet":["a","a"],"QueryFilter":{\#(condition("a"))},"ConditionalOperator":"OR","KeyConditions":{},"KeyConditionExpression":"","FilterExpression":"","ProjectionExpression":"""#,
      "\(mixed){AttributesToGet, QueryFilter, ConditionalOperator, KeyConditions} Expression parameters: "
        + "{ProjectionExpression, FilterExpression, KeyConditionExpression}"),
    refusal(
      "Query", #""QueryFilter":{\#(condition("a"))},"KeyConditions":{},"ProjectionExpression":"a""#,
      "\(mixed){QueryFilter} Expression parameters: {ProjectionExpression}"),
    refusal(
      "Scan", #""ScanFilter":{},"ConditionalOperator":"AND","FilterExpression":"a = :b","ProjectionExpression":"""#,
      "\(mixed){ScanFilter, ConditionalOperator} Expression parameters: {ProjectionExpression, FilterExpression}"),
    refusal(
      "UpdateItem", ##""AttributeUpdates":{},"ExpressionAttributeNames":{"#a":"b"}"##,
      "ExpressionAttributeNames can only be specified when using expressions"),
    refusal(
      "UpdateItem", #""AttributeUpdates":{},"ExpressionAttributeValues":{":a":{}}"#,
      "ExpressionAttributeValues can only be specified when using expressions: UpdateExpression and "
        + "ConditionExpression are null"),
    refusal(
      "Query", #""KeyConditions":{},"ExpressionAttributeValues":{":a":{}}"#,
      "ExpressionAttributeValues can only be specified when using expressions: FilterExpression and "
        + "KeyConditionExpression are null"),
    refusal(
      "Query", #""ConditionalOperator":"AND""#, "ConditionalOperator cannot be used without Filter or Expected"),
    refusal(
      "DeleteItem", #""ConditionalOperator":"AND","Expected":{}"#,
      "ConditionalOperator cannot be used without Filter or Expected"),
    refusal(
      "Scan", #""ConditionalOperator":"OR","ScanFilter":{\#(condition("a"))}"#,
      "ConditionalOperator can only be used when Filter or Expected has two or more elements"),
  ]

  static let values = [
    refusal(
      "UpdateItem", #""AttributeUpdates":{"a":{"Action":"put","Value":{"S":"a"}}}"#,
      "1 validation error detected: Value 'put' at 'attributeUpdates.a.member.action' failed to satisfy constraint: "
        + "Member must satisfy enum value set: [ADD, DELETE, PUT]"),
    refusal(
      "Query",
      #""KeyConditions":{"PK":{}},"QueryFilter":{"b":{"ComparisonOperator":"eq"}},"ConditionalOperator":"XOR""#,
      "3 validation errors detected: Value 'eq' at 'queryFilter.b.member.comparisonOperator' failed to satisfy "
        + "constraint: Member must satisfy enum value set: \(comparisons); Value 'XOR' at 'conditionalOperator' failed "
        + "to satisfy constraint: Member must satisfy enum value set: [OR, AND]; Value null at "
        + "'keyConditions.PK.member.comparisonOperator' failed to satisfy constraint: Member must not be null"),
    refusal(
      "PutItem", #""Expected":{"a":{"ComparisonOperator":"DOG"}}"#,
      "1 validation error detected: Value 'DOG' at 'expected.a.member.comparisonOperator' failed to satisfy "
        + "constraint: Member must satisfy enum value set: \(comparisons)"),
    refusal("PutItem", #""Expected":{"":{"Value":{"S":"a"}}}"#, invalid + "Empty attribute name"),
    refusal("UpdateItem", #""AttributeUpdates":{"":{"Value":{"S":"a"}}}"#, invalid + "Empty attribute name"),
    refusal(
      "UpdateItem", #""AttributeUpdates":{"a":{"Value":{"SS":[]}}},"Expected":{"a":{}}"#,
      invalid + "An string set  may not be empty"),
    refusal(
      "UpdateItem", #""Expected":{"a":{}},"AttributeUpdates":{"a":{"Action":"PUT"}}"#,
      invalid + "Only DELETE action is allowed when no attribute value is specified"),
    refusal(
      "UpdateItem", #""AttributeUpdates":{"PK":{"Value":{"S":"b"}}}"#,
      invalid + "Cannot update attribute PK. This attribute is part of the key"),
    refusal(
      "PutItem", #""Expected":{"a":{"Exists":true}}"#,
      invalid + "Value must be provided when Exists is true for Attribute: a"),
    refusal(
      "Query", #""QueryFilter":{"a":{"ComparisonOperator":"EQ"}},"AttributesToGet":["a","a"]"#,
      invalid + "Invalid number of argument(s) for the EQ ComparisonOperator"),
    refusal(
      "Query", #""QueryFilter":{\#(condition("a"))},"AttributesToGet":["a","a"],"ExclusiveStartKey":{"PK":{}}"#,
      invalid + "Duplicate value in attribute name: a"),
    refusal(
      "Query", #""QueryFilter":{},"ExclusiveStartKey":{"PK":{}}"#,
      "The provided starting key is invalid: Supplied AttributeValue is empty, must contain exactly one of the "
        + "supported datatypes"),
    refusal(
      "Scan", #""ExclusiveStartKey":{"PK":{"N":"x"}},"TotalSegments":2"#,
      "The parameter cannot be converted to a numeric value: x"),
    refusal(
      "Query", #""QueryFilter":{\#(condition("PK"))}"#,
      "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request."),
    refusal(
      "Query", #""QueryFilter":{\#(condition("PK"))},"KeyConditions":{\#(condition("PK"))}"#,
      "QueryFilter can only contain non-primary key attributes: Primary key attribute: PK"),
    refusal("Query", #""KeyConditions":{}"#, "Conditions can be of length 1 or 2 only"),
    refusal(
      "Query", #""KeyConditions":{\#(condition("PK", "EQ", "{}"))}"#,
      "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"),
    refusal("Query", #""KeyConditions":{\#(condition("PK", "GT"))}"#, "Query key condition not supported"),
  ]

  @Test(arguments: mixes + values) func refusesAsDynamoDBDoes(_ refusal: Refusal) throws {
    let answer = try ask(refusal.operation, refusal.json)
    #expect(answer.type == refusal.type)
    #expect(answer.message == refusal.message)
  }

  @Test("A value that is no structure is no JSON of this API") func serialization() throws {
    for (members, message) in [
      (#""Expected":{"a":7}"#, "Unexpected value type in payload"),
      (
        #""Expected":[]"#,
        "Unrecognized collection type java.util.Map<java.lang.String, "
          + "com.amazonaws.dynamodb.v20120810.ExpectedAttributeValue>"
      ),
      (#""Expected":{"a":{"Value":"x"}}"#, "Unexpected field type"),
      (#""Expected":{"a":{"AttributeValueList":["x"]}}"#, "Unexpected value type in payload"),
      (#""Expected":{"a":{"Exists":{}}}"#, "Start of structure or map found where not expected"),
    ] {
      let answer = try ask("PutItem", #"{"TableName":"single","Item":{},\#(members)}"#)
      #expect(answer.type == "SerializationException" && answer.message == message, "\(members)")
    }
  }

  /// What a request made of the shards: the same structures that its expressions would be.
  private func call(_ operation: String, _ json: String) throws -> Call {
    var asked: Call?
    _ = try ask(operation, json) {
      asked = $0
      return .failed(.invalid("seen"))
    }
    return try #require(asked)
  }

  private func write(_ operation: String, _ members: String) throws -> ItemWrite {
    let key = operation == "PutItem" ? "Item" : "Key"
    guard
      case .write(let write) = try call(
        operation, #"{"TableName":"single","\#(key)":{"PK":{"S":"a"}},\#(members)}"#)
    else {
      Issue.record("\(operation) is no write.")
      throw APIError(.unknownOperation, nil)
    }
    return write
  }

  @Test("A condition, an update and a query of either form are one") func bothFormsAreOne() throws {
    let older = try write("PutItem", #""Expected":{\#(condition("a")),"b":{"Exists":false}}"#)
    let newer = try write(
      "PutItem",
      #""ConditionExpression":"a = :a AND attribute_not_exists(b)","ExpressionAttributeValues":{":a":{"S":"a"}}"#)
    #expect(older.condition == newer.condition)
    let any = try write(
      "DeleteItem", #""Expected":{\#(condition("a")),"b":{"Exists":false}},"ConditionalOperator":"OR""#)
    #expect(any.condition != nil && any.condition != older.condition)
    #expect(try write("PutItem", #""Expected":{}"#).condition == nil)
    guard
      case .update(let put, _) = try write(
        "UpdateItem", #""AttributeUpdates":{"b":{"Value":{"S":"x"}},"a":{"Action":"DELETE"}}"#
      )
      .action,
      case .update(let set, _) = try write(
        "UpdateItem", #""UpdateExpression":"SET b = :x REMOVE a","ExpressionAttributeValues":{":x":{"S":"x"}}"#
      ).action
    else {
      Issue.record("An update is no update.")
      return
    }
    #expect(put == set)
    guard
      case .query(let query) = try call(
        "Query", #"{"TableName":"pair","KeyConditions":{\#(condition("PK"))},"QueryFilter":{\#(condition("a", "NE"))}}"#
      ),
      case .query(let same) = try call(
        "Query",
        #"{"TableName":"pair","KeyConditionExpression":"PK = :a","FilterExpression":"a <> :a","ExpressionAttributeValues":{":a":{"S":"a"}}}"#
      )
    else {
      Issue.record("A query is no query.")
      return
    }
    #expect(query.lower == same.lower && query.upper == same.upper && query.filter == same.filter)
    guard case .scan(let scan) = try call("Scan", #"{"TableName":"pair","ScanFilter":{\#(condition("a", "NE"))}}"#)
    else {
      Issue.record("A scan is no scan.")
      return
    }
    #expect(scan.filter == same.filter)
  }

  @Test("Of two entries for one attribute the last counts") func duplicates() throws {
    let write = try write("PutItem", #""Expected":{\#(condition("a")),\#(condition("a", "NE"))}"#)
    #expect(write.condition == (try self.write("DeleteItem", #""Expected":{\#(condition("a", "NE"))}"#)).condition)
  }
}
