import Catalog
import Coordinator
import Items
import Testing

@testable import Edge

private let invalid = "One or more parameter values were invalid: "

@Suite struct CreateTableTests {
  static func request(
    definitions: String = #"[{"AttributeName":"PK","AttributeType":"S"}]"#,
    schema: String = #"[{"AttributeName":"PK","KeyType":"HASH"}]"#, rest: String = #""BillingMode":"PAY_PER_REQUEST""#
  ) -> String {
    #"{"TableName":"orders","AttributeDefinitions":\#(definitions),"KeySchema":\#(schema),\#(rest)}"#
  }

  static let two =
    #"[{"AttributeName":"PK","AttributeType":"S"},{"AttributeName":"SK","AttributeType":"N"}]"#
  static let pair = #"[{"AttributeName":"PK","KeyType":"HASH"},{"AttributeName":"SK","KeyType":"RANGE"}]"#

  static func index(_ name: String = "byX", _ projection: String = #"{"ProjectionType":"ALL"}"#) -> String {
    #""BillingMode":"PAY_PER_REQUEST","GlobalSecondaryIndexes":[{"IndexName":"\#(name)","KeySchema":\#(pair),"Projection":\#(projection)}]"#
  }

  static let refusals = [
    Refusal("CreateTable", "{}", "The parameter 'TableName' is required but was not present in the request"),
    Refusal(
      "CreateTable",
      #"{"TableName":"ab","AttributeDefinitions":[],"KeySchema":[{"AttributeName":"a","KeyType":"HASH"}]}"#,
      "1 validation error detected: Value 'ab' at 'tableName' failed to satisfy constraint: Member must have length greater "
        + "than or equal to 3"),
    Refusal(
      "CreateTable", #"{"TableName":"","AttributeDefinitions":[],"KeySchema":[]}"#,
      "1 validation error detected: Value '' at 'tableName' failed to satisfy constraint: Member must have length greater "
        + "than or equal to 1"),
    Refusal(
      "CreateTable", #"{"TableName":"x!","AttributeDefinitions":[],"KeySchema":[]}"#,
      "2 validation errors detected: Value 'x!' at 'tableName' failed to satisfy constraint: Member must satisfy regular "
        + "expression pattern: [a-zA-Z0-9_.-]+; Value 'x!' at 'tableName' failed to satisfy constraint: Member must have "
        + "length greater than or equal to 3"),
    Refusal(
      "CreateTable", request(schema: pair), "Invalid KeySchema: Some index key attribute have no definition"),
    Refusal(
      "CreateTable",
      request(
        definitions: two, schema: pair,
        rest:
          #""BillingMode":"PAY_PER_REQUEST","LocalSecondaryIndexes":[{"IndexName":"byX","KeySchema":[{"AttributeName":"PK","KeyType":"HASH"}],"Projection":{}}]"#
      ), invalid + "Index KeySchema does not have a range key for index: byX"),
    Refusal(
      "CreateTable",
      request(rest: #""ProvisionedThroughput":{"ReadCapacityUnits":1000000000001,"WriteCapacityUnits":1}"#),
      "Given value 1000000000001 for ReadCapacityUnits is out of bounds"),
    Refusal(
      "CreateTable", request(schema: #"[{"AttributeName":"PK","KeyType":"FIRST"}]"#),
      "1 validation error detected: Value 'FIRST' at 'keySchema.1.member.keyType' failed to satisfy constraint: Member "
        + "must satisfy enum value set: [HASH, RANGE]"),
    Refusal(
      "CreateTable", request(schema: #"[{"AttributeName":"PK","KeyType":"RANGE"}]"#),
      "Invalid KeySchema: The first KeySchemaElement is not a HASH key type"),
    Refusal(
      "CreateTable", request(schema: #"[{"AttributeName":"X","KeyType":"HASH"}]"#),
      invalid
        + "Some index key attributes are not defined in AttributeDefinitions. Keys: [X], AttributeDefinitions: [PK]"),
    Refusal(
      "CreateTable",
      request(
        definitions: two, schema: #"[{"AttributeName":"X","KeyType":"RANGE"},{"AttributeName":"X","KeyType":"HASH"}]"#),
      invalid
        + "Some index key attributes are not defined in AttributeDefinitions. Keys: [X, X], AttributeDefinitions: "
        + "[PK, SK]"),
    Refusal(
      "CreateTable",
      request(
        definitions: two, schema: #"[{"AttributeName":"PK","KeyType":"RANGE"},{"AttributeName":"PK","KeyType":"HASH"}]"#
      ), "Both the Hash Key and the Range Key element in the KeySchema have the same name"),
    Refusal(
      "CreateTable",
      request(
        definitions: two, schema: #"[{"AttributeName":"PK","KeyType":"HASH"},{"AttributeName":"SK","KeyType":"HASH"}]"#
      ), "Invalid KeySchema: The second KeySchemaElement is not a RANGE key type"),
    Refusal(
      "CreateTable",
      request(
        schema:
          #"[{"AttributeName":"PK","KeyType":"HASH"},{"AttributeName":"SK","KeyType":"RANGE"},{"AttributeName":"X","KeyType":"RANGE"}]"#
      ),
      "1 validation error detected: Value '[KeySchemaElement(attributeName=PK, keyType=HASH), "
        + "KeySchemaElement(attributeName=SK, keyType=RANGE), KeySchemaElement(attributeName=X, keyType=RANGE)]' at "
        + "'keySchema' failed to satisfy constraint: Member must have length less than or equal to 2"),
    Refusal(
      "CreateTable",
      request(
        definitions: two, schema: pair,
        rest:
          #""BillingMode":"PAY_PER_REQUEST","GlobalSecondaryIndexes":[{"IndexName":"byX","KeySchema":\#(pair),"Projection":{"ProjectionType":"ALL"}},{"IndexName":"byX","KeySchema":\#(pair),"Projection":{"ProjectionType":"ALL"}},{"IndexName":"byY","KeySchema":\#(pair),"Projection":{}}]"#
      ), invalid + "Duplicate index name: byX"),
    Refusal(
      "CreateTable", request(definitions: two),
      invalid
        + "Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions"
    ),
    Refusal(
      "CreateTable", request(rest: #""BillingMode":"PROVISIONED""#),
      invalid + "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED"),
    Refusal(
      "CreateTable",
      request(
        rest: #""BillingMode":"PAY_PER_REQUEST","ProvisionedThroughput":{"ReadCapacityUnits":1,"WriteCapacityUnits":1}"#
      ),
      invalid
        + "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST"),
    Refusal(
      "CreateTable", request(definitions: two, schema: pair, rest: index("byX", "{}")),
      invalid + "Unknown ProjectionType: null"),
    Refusal(
      "CreateTable",
      request(
        definitions: two, schema: pair, rest: index("byX", #"{"ProjectionType":"ALL","NonKeyAttributes":["a"]}"#)),
      invalid + "ProjectionType is ALL, but NonKeyAttributes is specified"),
    Refusal(
      "CreateTable", request(rest: #""BillingMode":"PAY_PER_REQUEST","GlobalSecondaryIndexes":[]"#),
      invalid + "List of GlobalSecondaryIndexes is empty"),
    Refusal(
      "CreateTable",
      request(
        rest:
          #""BillingMode":"PAY_PER_REQUEST","LocalSecondaryIndexes":[{"IndexName":"byX","KeySchema":[{"AttributeName":"PK","KeyType":"HASH"}],"Projection":{"ProjectionType":"ALL"}}]"#
      ),
      invalid + "Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex"),
    Refusal(
      "CreateTable", request(rest: #""BillingMode":"PAY_PER_REQUEST","SSESpecification":{"Enabled":true}"#),
      "SSESpecification with a key of one's own (Enabled: true) is not supported by Gantry yet"),
  ]

  @Test(arguments: refusals) func refusesAsDynamoDBDoes(_ refusal: Refusal) throws {
    let answer = try ask(refusal.operation, refusal.json)
    #expect(answer.status == 400)
    #expect(answer.type == refusal.type)
    #expect(answer.message == refusal.message)
  }

  @Test func storesWhatWasAskedFor() throws {
    let rest =
      Self.index("byX", #"{"ProjectionType":"INCLUDE","NonKeyAttributes":["a"]}"#)
      + #","StreamSpecification":{"StreamEnabled":true,"StreamViewType":"NEW_IMAGE"},"Tags":[{"Key":"team","Value":"ris"}],"DeletionProtectionEnabled":true"#
    var created: TableDefinition?
    let json = Self.request(definitions: Self.two, schema: Self.pair, rest: rest)
    let answer = try ask("CreateTable", json) { call in
      guard case .createTable(let definition, let createdAtMs, let uniqueID) = call else { return .refreshed }
      created = definition
      var catalog = Catalog()
      guard
        case .table(let table) = catalog.apply(
          .createTable(definition, createdAtMs: createdAtMs, uniqueID: uniqueID))
      else { return .refreshed }
      return .catalog(.table(table))
    }
    let definition = try #require(created)
    #expect(definition.key == Catalog.testKey)
    #expect(definition.stream == .newImage && definition.deletionProtection)
    #expect(definition.tags == [Tag(key: "team", value: "ris")])
    #expect(definition.indexes.map(\.includedAttributes) == [[Array("a".utf8)]])
    let table = try #require(answer.body["TableDescription"])
    #expect(table["TableStatus"]?.text == "CREATING")
    #expect(table["TableArn"]?.text == "arn:aws:dynamodb:eu-central-1:000000000000:table/orders")
    #expect(table["TableId"]?.text?.utf8.count == 36)
    #expect(table["GlobalSecondaryIndexes"]?[0]?["IndexStatus"]?.text == "CREATING")
    #expect(table["StreamSpecification"]?["StreamViewType"]?.text == "NEW_IMAGE")
    #expect(table["CreationDateTime"]?.double == 784_111_777)
  }

  @Test func outcomesOfTheCatalogBecomeDynamoDBsErrors() throws {
    let exists = try ask("CreateTable", Self.request()) { _ in .catalog(.tableExists) }
    #expect(exists.type == "ResourceInUseException" && exists.message == "Table already exists: orders")
    let missing = try ask("DeleteTable", #"{"TableName":"gone"}"#) { _ in .catalog(.tableNotFound) }
    #expect(missing.type == "ResourceNotFoundException")
    #expect(missing.message == "Requested resource not found: Table: gone not found")
    let described = try ask("DescribeTable", #"{"TableName":"gone"}"#)
    #expect(described.message == "Requested resource not found: Table: gone not found")
  }

  @Test func deleteTableTellsNoSchema() throws {
    let catalog = Catalog.sample()
    let pair = try #require(catalog.table(named: "pair"))
    let answer = try ask("DeleteTable", #"{"TableName":"pair"}"#) { _ in .catalog(.table(pair)) }
    for member in ["TableName", "TableArn", "TableId", "TableStatus", "TableSizeBytes", "ItemCount"] {
      #expect(answer.text.contains(#""\#(member)":"#), "\(member)")
    }
    for member in ["KeySchema", "AttributeDefinitions", "GlobalSecondaryIndexes", "CreationDateTime"] {
      #expect(!answer.text.contains(#""\#(member)":"#), "\(member)")
    }
    let described = try ask("DescribeTable", #"{"TableName":"pair"}"#)
    #expect(described.body["Table"]?["GlobalSecondaryIndexes"] != nil)
  }

  @Test func describeTakesNamesAndARNs() throws {
    for name in ["pair", "arn:aws:dynamodb:eu-central-1:000000000000:table/pair"] {
      let answer = try ask("DescribeTable", #"{"TableName":"\#(name)"}"#)
      #expect(answer.body["Table"]?["TableName"]?.text == "pair")
      #expect(answer.body["Table"]?["TableStatus"]?.text == "ACTIVE")
      #expect(answer.body["Table"]?["CreationDateTime"]?.double == 1_700_000_000.123)
    }
  }

  @Test func listTablesPages() throws {
    let first = try ask("ListTables", #"{"Limit":1}"#)
    #expect(first.text == #"{"TableNames":["pair"],"LastEvaluatedTableName":"pair"}"#)
    let second = try ask("ListTables", #"{"Limit":1,"ExclusiveStartTableName":"pair"}"#)
    #expect(second.text == #"{"TableNames":["single"]}"#)
    #expect(try ask("ListTables", "{}").text == #"{"TableNames":["pair","single"]}"#)
  }
}
