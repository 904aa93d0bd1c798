import Catalog
import Coordinator
import Items
import Messages
import Testing

@testable import Edge

/// Query and Scan of indexes: what they ask the shards for, and what they refuse.
@Suite struct IndexReadTests {
  static let table: Table = {
    guard let table = indexedCatalog().table(named: "orders") else { fatalError("The sample table is missing.") }
    return table
  }()

  /// `orders` with PK (S) and SK (N); the global indexes `byColour` (all), `byShape` (colour and shape of each kind) and
  /// `keys` (keys only), and the local one `bySize`.
  static func indexedCatalog() -> Catalog {
    var catalog = Catalog.sample()
    let key = Catalog.testKey
    func attribute(_ name: String, _ type: KeyType) -> KeyAttribute {
      KeyAttribute(name: Array(name.utf8), type: type)
    }
    let (colour, shape, size) = (attribute("colour", .string), attribute("shape", .string), attribute("girth", .number))
    let indexes = [
      IndexDefinition(name: "byColour", kind: .global, key: IndexKeySchema(partition: colour), projection: .all),
      IndexDefinition(
        name: "byShape", kind: .global, key: IndexKeySchema(partition: [colour, shape], sort: [size, key.partition]),
        projection: .all),
      IndexDefinition(name: "keys", kind: .global, key: IndexKeySchema(partition: colour), projection: .keysOnly),
      IndexDefinition(
        name: "bySize", kind: .local, key: IndexKeySchema(partition: key.partition, sort: size), projection: .keysOnly),
    ]
    let definition = TableDefinition(
      name: "orders", key: key, attributes: key.attributes + [colour, shape, size], indexes: indexes)
    guard
      case .table(let table) = catalog.apply(
        .createTable(definition, createdAtMs: 1, uniqueID: [UInt8](repeating: 3, count: 16)))
    else { fatalError("The sample table was refused.") }
    _ = catalog.apply(.activate(table.id, version: 1))
    return catalog
  }

  private func asked(
    _ operation: String, _ json: String, catalog: Catalog, outcome: @escaping (Call) -> CallOutcome
  ) throws -> Answered {
    try ask(
      operation, json,
      target: CannedTarget(catalog) { if case .refreshCatalog = $0 { .refreshed } else { outcome($0) } })
  }

  private func layout(_ name: String) throws -> IndexLayout {
    let id = try #require(Self.table.index(named: name)?.id)
    let settings = try #require(Self.table.settings.indexes.first { $0.id == id })
    return IndexLayout(settings, of: Self.table.id, base: Self.table.definition.key)
  }

  private func item(_ partition: String, _ sort: Int, colour: String, shape: String = "round", size: Int = 0)
    -> EncodedItem
  {
    EncodedItem(
      AttributeMap([
        .init(name: Array("PK".utf8), value: .text(partition)),
        .init(name: Array("SK".utf8), value: .number(Number(sort))),
        .init(name: Array("colour".utf8), value: .text(colour)),
        .init(name: Array("shape".utf8), value: .text(shape)),
        .init(name: Array("girth".utf8), value: .number(Number(size))),
      ]))
  }

  private func row(_ index: String, _ item: EncodedItem) throws -> RowKey {
    let partition = try #require(try item.value(named: Array("PK".utf8)))
    let base = RowKey(table: Self.table.id, partition: partition, sort: try item.value(named: Array("SK".utf8)))
    return try #require(try layout(index).row(of: item, base: base))
  }

  private func range(_ operation: String, _ json: String) throws -> RangeRead {
    var read: RangeRead?
    let answer = try asked(operation, json, catalog: Self.indexedCatalog()) { call in
      switch call {
      case .query(let range), .scan(let range): read = range
      default: break
      }
      return .page(RangePage())
    }
    #expect(answer.status == 200, "\(answer.message ?? "")")
    return try #require(read)
  }

  private func query(_ index: String, _ condition: String, _ values: String, rest: String = "") throws -> RangeRead {
    try range(
      "Query",
      #"{"TableName":"orders","IndexName":"\#(index)","KeyConditionExpression":"\#(condition)","ExpressionAttributeValues":{\#(values)}\#(rest)}"#
    )
  }

  private func contains(_ range: RangeRead, _ key: RowKey) -> Bool { range.lower <= key && key < range.upper }

  @Test func aPartitionOfAnIndexHoldsAllItemsWithItsValue() throws {
    let range = try query("byColour", "colour = :c", #"":c":{"S":"red"}"#)
    for sort in -2...2 { #expect(contains(range, try row("byColour", item("a", sort, colour: "red")))) }
    for other in ["re", "redd", "blue"] { #expect(!contains(range, try row("byColour", item("a", 1, colour: other)))) }
    #expect(range.prefersLeader && !range.consistent)
  }

  @Test func sortAttributesAreBoundFromTheFirstOneOn() throws {
    let conditions: [(String, (Int) -> Bool)] = [
      ("girth = :n", { $0 == 3 }), ("girth < :n", { $0 < 3 }), ("girth <= :n", { $0 <= 3 }), ("girth > :n", { $0 > 3 }),
      ("girth >= :n", { $0 >= 3 }), ("girth between :n and :n", { $0 == 3 }),
    ]
    for (text, expected) in conditions {
      let range = try query(
        "byShape", "colour = :c and shape = :s and \(text)", #"":c":{"S":"red"},":s":{"S":"round"},":n":{"N":"3"}"#)
      for size in -4...8 {
        for name in ["", "a", "zz"] where !name.isEmpty {
          #expect(contains(range, try row("byShape", item(name, 9, colour: "red", size: size))) == expected(size))
        }
        #expect(!contains(range, try row("byShape", item("a", 9, colour: "red", shape: "rounder", size: size))))
      }
    }
    let prefix = try query(
      "byShape", "colour = :c and shape = :s and girth = :n and begins_with(PK, :p)",
      #"":c":{"S":"red"},":s":{"S":"round"},":n":{"N":"3"},":p":{"S":"ab"}"#)
    for (name, isIn) in [("ab", true), ("abc", true), ("a", false), ("ac", false), ("ab\u{0}c", true)] {
      #expect(contains(prefix, try row("byShape", item(name, 1, colour: "red", size: 3))) == isIn)
    }
  }

  @Test(arguments: [
    ("colour = :c", "HASH"), ("colour = :c and shape > :c", "HASH"),
    ("colour = :c and shape = :c and PK = :c", "RANGE"),
    ("colour = :c and shape = :c and girth > :n and PK = :c", "RANGE"),
  ])
  func everyPartitionAttributeAndNoGapIsAsked(condition: String, what: String) throws {
    let values = condition.contains(":n") ? #"":c":{"S":"x"},":n":{"N":"1"}"# : #"":c":{"S":"x"}"#
    let answer = try refused(
      "Query",
      #"{"TableName":"orders","IndexName":"byShape","KeyConditionExpression":"\#(condition)","ExpressionAttributeValues":{\#(values)}}"#
    )
    #expect(answer.contains(what) && answer.contains("equality"))
  }

  private func refused(_ operation: String, _ json: String) throws -> String {
    let answer = try asked(operation, json, catalog: Self.indexedCatalog()) { _ in .page(RangePage()) }
    #expect(answer.status == 400)
    return answer.message ?? ""
  }

  @Test func aPageOfAnIndexGoesOnBehindItsLastRow() throws {
    let items = try [4, 7, 9].map { (sort: $0, row: try row("byColour", item("a", $0, colour: "red"))) }
    var page = RangePage()
    page.last = items[1].row
    let condition =
      #""KeyConditionExpression":"colour = :c","ExpressionAttributeValues":{":c":{"S":"red"}}"#
    let answer = try asked(
      "Query", #"{"TableName":"orders","IndexName":"byColour",\#(condition)}"#, catalog: Self.indexedCatalog()
    ) { _ in .page(page) }
    #expect(
      answer.body["LastEvaluatedKey"].map(text) == #"{"PK":{"S":"a"},"SK":{"N":"7"},"colour":{"S":"red"}}"#)
    let start = #","ExclusiveStartKey":{"PK":{"S":"a"},"SK":{"N":"7"},"colour":{"S":"red"}}"#
    let range = try query("byColour", "colour = :c", #"":c":{"S":"red"}"#, rest: start)
    #expect(items.map { contains(range, $0.row) } == [false, false, true])
  }

  private func text(_ json: JSONValue) -> String {
    var writer = JSONWriter()
    writer.value(json)
    return String(decoding: writer.bytes, as: UTF8.self)
  }

  @Test(arguments: [
    #"{"PK":{"S":"a"},"colour":{"S":"red"}}"#, #"{"PK":{"S":"a"},"SK":{"N":"7"}}"#,
    #"{"PK":{"S":"a"},"SK":{"N":"7"},"colour":{"S":"red"},"more":{"S":"x"}}"#,
  ])
  func aStartingKeyHasTheKeysOfBoth(start: String) throws {
    let text = try refused(
      "Query",
      #"{"TableName":"orders","IndexName":"byColour","KeyConditionExpression":"colour = :c","ExpressionAttributeValues":{":c":{"S":"red"}},"ExclusiveStartKey":\#(start)}"#
    )
    #expect(text == "The provided starting key is invalid")
  }

  @Test func localIndexesReadWhereTheirItemsAreAndFetchWhatTheyLack() throws {
    let partition = RowKey(table: Self.table.id, partition: .text("a"))
    for (rest, fetches) in [
      ("", false), (#","Select":"ALL_ATTRIBUTES""#, true), (#","ProjectionExpression":"girth, note""#, true),
      (#","ProjectionExpression":"girth""#, false),
    ] {
      let range = try query("bySize", "PK = :p", #"":p":{"S":"a"}"#, rest: rest + #","ConsistentRead":true"#)
      #expect(range.lower.hash == partition.hash && range.consistent)
      #expect(range.fetchesItems == fetches, "\(rest)")
    }
  }

  @Test func aGlobalIndexGivesWhatItHolds() throws {
    let start = #"{"TableName":"orders","IndexName":"keys""#
    #expect(
      try refused("Scan", start + #","Select":"ALL_ATTRIBUTES"}"#).contains(
        "ALL_ATTRIBUTES is not supported for global"))
    #expect(try refused("Scan", start + #","ProjectionExpression":"note"}"#).contains("does not project [note]"))
    #expect(try refused("Scan", start + #","ConsistentRead":true}"#).contains("Consistent reads are not supported"))
    #expect(!(try range("Scan", start + #","ProjectionExpression":"colour, PK"}"#)).fetchesItems)
  }

  @Test func anIndexThatIsBeingFilledIsNotRead() throws {
    var catalog = Self.indexedCatalog()
    var definition = Self.table.definition
    definition.indexes.append(
      IndexDefinition(
        name: "later", kind: .global, key: IndexKeySchema(partition: Catalog.testKey.partition), projection: .all))
    guard
      case .table(let altered) = catalog.apply(
        .alterTable(TableAlteration(of: catalog.table(named: "orders")!, to: definition, atMs: 2)))
    else {
      Issue.record("The index was not added.")
      return
    }
    _ = catalog.apply(.activate(altered.id, version: altered.settingsVersion))
    let answer = try asked("Scan", #"{"TableName":"orders","IndexName":"later"}"#, catalog: catalog) { _ in
      .page(RangePage())
    }
    #expect(answer.message == "Cannot read from backfilling global secondary index: later")

    // Filled since, as the newest catalog says.
    let filled = altered.indexes.last.map { CatalogCommand.completeIndex($0.id, of: altered.id) }
    var newest = catalog
    _ = newest.apply(try #require(filled))
    let target = CannedTarget(catalog) { if case .refreshCatalog = $0 { .refreshed } else { .page(RangePage()) } }
    target.afterEach = { if case .refreshCatalog = $0 { target.catalog = newest } }
    let found = try ask("Scan", #"{"TableName":"orders","IndexName":"later"}"#, target: target)
    #expect(found.status == 200, "What a client was told elsewhere holds here: \(found.text)")
  }

  // MARK: Capacity

  private func capacity(_ operation: String, _ json: String, _ outcome: CallOutcome) throws -> String {
    let answer = try asked(operation, json, catalog: Self.indexedCatalog()) { _ in outcome }
    return answer.body["ConsumedCapacity"].map(text) ?? "\(answer.message ?? "nothing")"
  }

  @Test func aReadOfAnIndexIsPaidByTheIndex() throws {
    let page = RangePage(items: [], count: 0, scannedCount: 3, scannedBytes: 9_000)
    let request = #"{"TableName":"orders","IndexName":"byColour","ReturnConsumedCapacity":"INDEXES"}"#
    #expect(
      try capacity("Scan", request, .page(page))
        == #"{"TableName":"orders","CapacityUnits":1.5,"Table":{"CapacityUnits":0.0},"GlobalSecondaryIndexes":{"byColour":{"CapacityUnits":1.5}}}"#
    )
  }

  @Test func aFetchedItemIsPaidByTheTable() throws {
    let page = RangePage(items: [], count: 0, scannedCount: 3, scannedBytes: 300, fetchedSteps: 3)
    let request =
      #"{"TableName":"orders","IndexName":"bySize","Select":"ALL_ATTRIBUTES","ReturnConsumedCapacity":"INDEXES"}"#
    #expect(
      try capacity("Scan", request, .page(page))
        == #"{"TableName":"orders","CapacityUnits":2.0,"Table":{"CapacityUnits":1.5},"LocalSecondaryIndexes":{"bySize":{"CapacityUnits":0.5}}}"#
    )
  }

  @Test func aWritePaysForEachIndexThatItChanges() throws {
    let old = item("a", 1, colour: "red", size: 4)
    let put = #"{"TableName":"orders","Item":{"PK":{"S":"a"},"SK":{"N":"1"}},"ReturnConsumedCapacity":"INDEXES"}"#
    func units(_ new: EncodedItem?, _ old: EncodedItem?) throws -> String {
      let answer = WriteAnswer(
        oldBytes: UInt32(old?.sizeBytes ?? 0), newBytes: UInt32(new?.sizeBytes ?? 0), old: old, new: new)
      return try capacity("PutItem", put, .written(answer))
    }
    let locals = #""LocalSecondaryIndexes":{"bySize":{"CapacityUnits":1.0}}"#
    #expect(
      try units(old, nil)
        == #"{"TableName":"orders","CapacityUnits":5.0,"Table":{"CapacityUnits":1.0},\#(locals),"GlobalSecondaryIndexes":{"byColour":{"CapacityUnits":1.0},"byShape":{"CapacityUnits":1.0},"keys":{"CapacityUnits":1.0}}}"#,
      "A new row in each.")
    #expect(
      try units(item("a", 1, colour: "blue", size: 4), old)
        == #"{"TableName":"orders","CapacityUnits":7.0,"Table":{"CapacityUnits":1.0},"GlobalSecondaryIndexes":{"byColour":{"CapacityUnits":2.0},"byShape":{"CapacityUnits":2.0},"keys":{"CapacityUnits":2.0}}}"#,
      "A move is a delete and a put; the local index does not change.")
    #expect(
      try units(old, old) == #"{"TableName":"orders","CapacityUnits":1.0,"Table":{"CapacityUnits":1.0}}"#)
  }
}
