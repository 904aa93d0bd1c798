import Catalog
import Items
import Messages
import Shards
import Testing

@Suite struct LocalIndexTests {
  @Test func rowsOfALocalIndexAreWrittenInTheStepThatAppliesTheItem() throws {
    let shard = try TestShard.indexed()
    for (sort, place) in [(1, 30), (2, 10), (3, 20)] {
      shard.put(rowKey("p", sort), item("p", sort, ["L": .number(Number(place)), "big": .text("x")]))
    }
    #expect(try shard.rows(TestShard.local).map { $0.number("L") } == [10, 20, 30])
    #expect(try shard.rows(TestShard.local).allSatisfy { try $0.attributeCount() == 3 }, "Keys and nothing else.")
    #expect(try shard.rows(TestShard.local, fetchesItems: true).allSatisfy { try $0.attributeCount() == 4 })
  }

  @Test func aRowMovesWithItsKeyAndGoesWithItsItem() throws {
    let shard = try TestShard.indexed()
    shard.put(rowKey("p", 1), item("p", 1, ["L": .number(Number(5))]))
    shard.put(rowKey("p", 1), item("p", 1, ["L": .number(Number(7))]))
    #expect(try shard.rows(TestShard.local).map { $0.number("L") } == [7])
    shard.put(rowKey("p", 1), item("p", 1))
    #expect(try shard.rows(TestShard.local).isEmpty, "Without the key attribute an item is not in the index.")
    shard.put(rowKey("p", 1), item("p", 1, ["L": .text("no number")]))
    #expect(try shard.rows(TestShard.local).isEmpty, "Nor with one of another type.")
    shard.put(rowKey("p", 1), item("p", 1, ["L": .number(Number(7))]))
    shard.remove(rowKey("p", 1))
    #expect(try shard.rows(TestShard.local).isEmpty)
  }

  @Test func itemsWithEqualIndexKeysAreAllInTheIndex() throws {
    let shard = try TestShard.indexed()
    for sort in 1...4 { shard.put(rowKey("p", sort), item("p", sort, ["L": .number(Number(9))])) }
    #expect(try shard.rows(TestShard.local).map { $0.number("SK") } == [1, 2, 3, 4])
  }

  @Test func theRowsKeyTellsTheItemsKeyAndTheIndexsValues() throws {
    let stored = item("p\u{0}q", 3, ["L": .number(Number(-4)), "G": .text("a\u{0}"), "H": .number(Number(8))])
    for index in [TestShard.localKey, TestShard.globalKey] {
      let base = rowKey("p\u{0}q", 3)
      let row = try #require(try index.row(of: stored, base: base))
      #expect(try index.baseRow(of: row) == base)
      let attributes = try index.attributes(of: row)
      for key in index.attributes { #expect(try attributes[key.name] == stored.value(named: key.name)) }
      #expect(index.isLocal == (row.hash == base.hash), "Only a local index lies where its items do.")
    }
  }

  @Test func anOlderTablesLocalIndexIsFilledFromItsRows() throws {
    let shard = try TestShard.indexed(TestShard.settings(version: 0, local: nil, global: nil))
    for sort in 1...10 { shard.put(rowKey("p", sort), item("p", sort, ["L": .number(Number(100 - sort))])) }
    shard.command(.configure(TestShard.settings(version: 2, global: nil, status: .creating)))
    shard.put(rowKey("p", 2), item("p", 2, ["L": .number(Number(1))]))
    shard.put(rowKey("p", 11), item("p", 11, ["L": .number(Number(2))]))
    shard.remove(rowKey("p", 5))
    #expect(!shard.machine.isComplete(TestShard.local))
    shard.fill(TestShard.local)
    #expect(shard.machine.isComplete(TestShard.local))
    #expect(try shard.rows(TestShard.local).map { $0.number("L") } == [1, 2, 90, 91, 92, 93, 94, 96, 97, 99])
    #expect(shard.machine.tablesToFill.isEmpty)
  }

  @Test func anIndexThatIsGoneIsReadNoMoreAndItsRowsMayGo() throws {
    let shard = try TestShard.indexed()
    shard.put(rowKey("p", 1), item("p", 1, ["L": .number(Number(5))]))
    let effects = shard.command(.configure(TestShard.settings(version: 2, local: nil)))
    guard case .removeRows([.table(TestShard.local)])? = effects.first else {
      Issue.record("The index's rows were not given up.")
      return
    }
    let read = RangeRead(
      lower: RowKey(table: TestShard.local, hash: 0), upper: RowKey(table: TestShard.global, hash: 0))
    guard case .refused(.unknownTable) = shard.machine.read(read) else {
      Issue.record("A dropped index was read.")
      return
    }
    #expect(try shard.machine.orphans() == [.table(TestShard.local)], "A stop before the rows went is made good.")
  }

  @Test func settingsOfALowerVersionChangeNothing() throws {
    let shard = try TestShard.indexed(TestShard.settings(version: 5))
    shard.command(.configure(TestShard.settings(version: 5, local: nil)))
    shard.command(.configure(TestShard.settings(version: 4, local: nil)))
    #expect(shard.machine.settings(of: TestShard.table)?.version == 5)
    #expect(try shard.rows(TestShard.local).isEmpty, "The index is still there.")
  }

  @Test func updatesMayNotGiveAnIndexKeyAnotherType() throws {
    let shard = try TestShard.indexed()
    shard.put(rowKey("p", 1), item("p", 1, ["L": .number(Number(5))]))
    let write = ItemWrite(
      key: rowKey("p", 1), action: .update(try update("SET L = :l", [":l": .text("x")]), key: item("p", 1)))
    guard case .refused(.invalid(let text))? = shard.submit(write).answered?.answer else {
      Issue.record("The update was not refused.")
      return
    }
    #expect(text == "The update expression attempted to update the secondary index key to unsupported type")
  }

  /// Where the edge does not know of the index yet, the shard does.
  @Test(arguments: [
    ("L", AttributeValue.text("x"), "Type mismatch for Index Key L Expected: N Actual: S"),
    ("G", .number(Number(1)), "Type mismatch for Index Key G Expected: S Actual: N"),
    ("G", .text(""), "cannot contain an empty string value. IndexKey: G"),
    ("G", .text(String(repeating: "x", count: 2_049)), "exceeded the maximum size limit of2048 bytes"),
  ])
  func putsMayNotGiveAnIndexKeyAValueThatNoKeyMayHave(name: String, value: AttributeValue, reason: String) throws {
    let shard = try TestShard.indexed()
    let put = ItemWrite(key: rowKey("p", 1), action: .put(item("p", 1, [name: value])))
    guard case .refused(.invalid(let text))? = shard.submit(put).answered?.answer else {
      Issue.record("The item was taken.")
      return
    }
    #expect(text.hasSuffix(reason), "\(text)")
    shard.put(rowKey("p", 1), item("p", 1, ["other": value]))
  }
}
