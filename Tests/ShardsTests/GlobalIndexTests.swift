import Catalog
import Items
import Messages
import Raft
import Shards
import Testing

/// TRAPS 17: rows of a global index follow their items whatever arrives late, twice or out of order.
@Suite struct GlobalIndexTests {
  private func indexed(_ group: String?, _ sort: Int = 1) -> EncodedItem {
    guard let group else { return item("p", sort) }
    return item("p", sort, ["G": .text(group), "H": .number(Number(sort))])
  }

  private func groups(_ shard: TestShard) throws -> [String] {
    try shard.rows(TestShard.global).compactMap { row in
      guard case .string(let text)? = try row.value(named: Array("G".utf8)) else { return nil }
      return String(decoding: text, as: UTF8.self)
    }
  }

  @Test func aBatchBringsTheIndexToWhatItsItemsImply() throws {
    let shard = try TestShard.indexed()
    shard.put(rowKey("p", 1), indexed("a"))
    shard.put(rowKey("p", 2), indexed("b", 2))
    shard.put(rowKey("p", 3), indexed(nil, 3))
    let batch = try shard.batch()
    #expect(shard.answer(to: batch) == .indexed(through: batch.last))
    #expect(try groups(shard).sorted() == ["a", "b"])
  }

  @Test func aDelayedPutDoesNotComeBackAfterTheDelete() throws {
    let shard = try TestShard.indexed()
    shard.put(rowKey("p", 1), indexed("k1"))
    let first = try shard.batch()
    shard.put(rowKey("p", 1), indexed("k2"))
    let second = try shard.batch(after: first.last)
    shard.remove(rowKey("p", 1))
    let third = try shard.batch(after: second.last)
    for batch in [first, second, third] { #expect(shard.answer(to: batch) == .indexed(through: batch.last)) }
    #expect(try groups(shard).isEmpty)
    // The deposed leader's batches arrive at last.
    #expect(shard.answer(to: first) == .indexed(through: third.last))
    #expect(shard.answer(to: second) == .indexed(through: third.last))
    #expect(try groups(shard).isEmpty, "A ghost would stay for ever: no change of the item is still to come.")
  }

  @Test func aKeyThatComesBackIsNotDeletedByTheMoveBefore() throws {
    let shard = try TestShard.indexed()
    var batches: [IndexBatch] = []
    for group in ["k1", "k2", "k1"] {
      shard.put(rowKey("p", 1), indexed(group))
      batches.append(try shard.batch(after: batches.last?.last ?? 0))
    }
    for batch in batches { _ = shard.answer(to: batch) }
    _ = shard.answer(to: batches[1])
    #expect(try groups(shard) == ["k1"])
  }

  @Test func aGapIsRefused() throws {
    let shard = try TestShard.indexed()
    shard.put(rowKey("p", 1), indexed("k1"))
    let first = try shard.batch()
    shard.put(rowKey("p", 1), indexed("k2"))
    let second = try shard.batch(after: first.last)
    #expect(shard.answer(to: second) == .indexed(through: 0), "The answer tells where to go on.")
    #expect(try groups(shard).isEmpty)
    _ = shard.answer(to: first)
    _ = shard.answer(to: second)
    #expect(try groups(shard) == ["k2"])
  }

  @Test func whatABatchRepeatsIsIgnoredAndTheRestApplied() throws {
    let shard = try TestShard.indexed()
    shard.put(rowKey("p", 1), indexed("k1"))
    let first = try shard.batch()
    _ = shard.answer(to: first)
    shard.put(rowKey("p", 1), indexed("k2"))
    // A new leader knows less of what has arrived, and begins earlier.
    let both = try shard.batch()
    #expect(both.predecessor == 0 && both.changes.count == 2)
    #expect(shard.answer(to: both) == .indexed(through: both.last))
    #expect(try groups(shard) == ["k2"])
  }

  @Test func aBatchForRowsOfAnotherShardIsRefusedWhole() throws {
    let shard = try TestShard(isReady: false)
    shard.command(.own(0...(1 << 62)))
    shard.command(.configure(TestShard.settings()))
    let row = try #require(try TestShard.globalKey.row(of: indexed("a"), base: rowKey("p", 1)))
    var other = row
    other.bytes[4] = 0xFF
    let batch = IndexBatch(
      source: ShardID(2), index: TestShard.global, predecessor: 0,
      changes: [.init(sequence: 1, put: .init(key: other, item: indexed("a")))])
    #expect(shard.answer(to: batch) == .refused(.wrongShard))
    #expect(
      shard.answer(to: IndexBatch(source: ShardID(2), index: TableID(99), predecessor: 0, changes: []))
        == .refused(.unknownTable))
  }

  @Test func aBackfilledImageStandsBehindTheDeleteThatFollowsIt() throws {
    let shard = try TestShard.indexed(TestShard.settings(global: nil))
    for sort in 1...6 { shard.put(rowKey("p", sort), indexed("old", sort)) }
    shard.command(.configure(TestShard.settings(version: 2, status: .creating)))
    // Before its image was taken, and after it.
    shard.put(rowKey("p", 5), indexed("new", 5))
    shard.command(.backfill(BackfillSlice(table: TestShard.table, index: TestShard.global, rowsMax: 3)))
    shard.remove(rowKey("p", 1))
    shard.remove(rowKey("p", 6))
    shard.fill(TestShard.global)
    let batch = try shard.batch()
    _ = shard.answer(to: batch)
    #expect(try shard.rows(TestShard.global).compactMap { $0.number("SK") }.sorted() == [2, 3, 4, 5])
    #expect(try groups(shard).sorted() == ["new", "old", "old", "old"])
  }

  @Test func anIndexIsFilledOnceItsLastImageHasArrived() throws {
    let shard = try TestShard.indexed(TestShard.settings(global: nil))
    shard.put(rowKey("p", 1), indexed("a"))
    shard.command(.configure(TestShard.settings(version: 2, status: .creating)))
    #expect(shard.machine.tablesToFill == [TestShard.table])
    shard.fill(TestShard.global)
    #expect(!shard.machine.isComplete(TestShard.global))
    let end = shard.machine.feedEnd(of: TestShard.table)
    shard.command(.advance(FeedAdvance(table: TestShard.table, through: end, reached: [])))
    #expect(shard.machine.isComplete(TestShard.global))
  }

  @Test func fillingGoesOnWhereItWasAfterARestart() throws {
    let shard = try TestShard.indexed(TestShard.settings(global: nil))
    for sort in 1...6 { shard.put(rowKey("p", sort), indexed("a", sort)) }
    shard.command(.configure(TestShard.settings(version: 2, status: .creating)))
    shard.command(.backfill(BackfillSlice(table: TestShard.table, index: TestShard.global, rowsMax: 4)))
    try shard.flush()
    try shard.reopen()
    #expect(shard.machine.nextBackfill(of: TestShard.table)?.index == TestShard.global)
    shard.fill(TestShard.global)
    #expect(try shard.records().map(\.key) == (1...6).map { rowKey("p", $0) })
  }

  @Test func whatHasArrivedSurvivesARestart() throws {
    let shard = try TestShard.indexed()
    shard.put(rowKey("p", 1), indexed("k1"))
    let first = try shard.batch()
    shard.remove(rowKey("p", 1))
    let second = try shard.batch(after: first.last)
    _ = shard.answer(to: first)
    _ = shard.answer(to: second)
    try shard.flush()
    try shard.reopen()
    #expect(shard.answer(to: first) == .indexed(through: second.last))
    #expect(try groups(shard).isEmpty)
  }
}
