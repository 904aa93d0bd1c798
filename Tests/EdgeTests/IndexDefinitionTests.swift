import Catalog
import Coordinator
import Items
import Messages
import Testing

@testable import Edge

/// Keys of several attributes and projections of indexes, as CreateTable takes and refuses them.
@Suite struct IndexDefinitionTests {
  private static func schema(_ text: String) -> String {
    let elements = text.split(separator: " ").map { part in
      let pair = part.split(separator: ":")
      return #"{"AttributeName":"\#(pair[0])","KeyType":"\#(pair[1] == "H" ? "HASH" : "RANGE")"}"#
    }
    return "[" + elements.joined(separator: ",") + "]"
  }

  private static func request(_ keys: String, projection: String = #"{"ProjectionType":"ALL"}"#) -> String {
    var names = ["PK"]
    for part in keys.split(separator: " ") {
      let name = String(part.split(separator: ":")[0])
      if !names.contains(name) { names.append(name) }
    }
    let definitions = names.map { #"{"AttributeName":"\#($0)","AttributeType":"S"}"# }.joined(separator: ",")
    return CreateTableTests.request(
      definitions: "[\(definitions)]",
      rest:
        #""BillingMode":"PAY_PER_REQUEST","GlobalSecondaryIndexes":[{"IndexName":"index","KeySchema":\#(schema(keys)),"Projection":\#(projection)}]"#
    )
  }

  @Test func aGlobalIndexMayHaveFourKeyAttributesOfEachKind() throws {
    var made: TableDefinition?
    _ = try ask("CreateTable", Self.request("a:H b:H c:H d:H e:R f:R g:R PK:R")) { call in
      if case .createTable(let definition, _, _) = call { made = definition }
      return .failed(.unavailable("seen"))
    }
    let key = try #require(made?.indexes.first?.key)
    #expect(key.partition.map(\.text) == ["a", "b", "c", "d"] && key.sort.map(\.text) == ["e", "f", "g", "PK"])
  }

  @Test(arguments: [
    ("a:H b:H c:H d:H e:H", "maximum allowed number of HASH key attributes"),
    ("a:H b:R c:R d:R e:R f:R", "maximum allowed number of RANGE key attributes"),
    ("a:H b:R c:H", "HASH key attributes must precede RANGE key attributes"), ("a:H b:H a:R", "with the same name"),
    ("a:R b:R c:R", "The first KeySchemaElement is not a HASH key type"),
  ])
  func otherOrdersAreRefused(keys: String, what: String) throws {
    let answer = try ask("CreateTable", Self.request(keys))
    #expect(answer.status == 400 && answer.message?.contains(what) == true, "\(answer.message ?? "")")
  }

  @Test func aProjectionNamesAnAttributeOnce() throws {
    let answer = try ask(
      "CreateTable",
      Self.request("a:H", projection: #"{"ProjectionType":"INCLUDE","NonKeyAttributes":["x","y","x"]}"#))
    #expect(answer.message?.contains("Duplicate") == true)
  }

  // MARK: Writes of tables with indexes

  private func put(_ table: String, _ rest: String) throws -> Answered {
    let target = CannedTarget(IndexReadTests.indexedCatalog()) { call in
      if case .refreshCatalog = call { return .refreshed }
      return .written(WriteAnswer(oldBytes: 0, newBytes: 10))
    }
    return try ask(
      "PutItem", #"{"TableName":"\#(table)","Item":{"PK":{"S":"a"},"SK":{"N":"1"}\#(rest)"#, target: target)
  }

  @Test func aWriteOfATableWithALocalIndexTellsOfItsCollection() throws {
    let asked = #"},"ReturnItemCollectionMetrics":"SIZE"}"#
    #expect(
      try put("orders", asked).text
        == #"{"ItemCollectionMetrics":{"ItemCollectionKey":{"PK":{"S":"a"}},"SizeEstimateRangeGB":[0.0,1.0]}}"#)
    #expect(try put("orders", "}}").text == "{}")
    #expect(try put("pair", asked).text == "{}", "A table without local indexes has no collections.")
  }

  @Test func keysOfIndexesHaveTheLimitsOfKeys() throws {
    for (name, limit, bytes) in [("colour", "2048", 2_049), ("colour", "empty", 0)] {
      let value = String(repeating: "x", count: bytes)
      let answer = try put("orders", #","\#(name)":{"S":"\#(value)"}}}"#)
      #expect(answer.status == 400 && answer.message?.contains(limit) == true, "\(answer.message ?? "")")
    }
    #expect(try put("orders", #","colour":{"S":"\#(String(repeating: "x", count: 2_048))"}}}"#).status == 200)
    #expect(try put("orders", #","girth":{"S":"1"}}}"#).message?.contains("Type mismatch for Index Key girth") == true)
  }
}
