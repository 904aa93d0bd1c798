import Catalog
import Items
import Messages
import Raft
import Shards
import Testing

@Suite struct ChangeFeedTests {
  @Test func everyAcceptedWriteEntersTheFeedWithBothImages() throws {
    let shard = try TestShard.indexed()
    shard.put(rowKey("p", 1), item("p", 1, ["G": .text("a")]))
    shard.put(rowKey("p", 1), item("p", 1, ["G": .text("a")]))
    shard.remove(rowKey("p", 1))
    shard.remove(rowKey("p", 1))
    let records = try shard.records()
    #expect(records.map(\.old?.isEmpty) == [nil, false, false, nil])
    #expect(records.map(\.new?.isEmpty) == [false, false, nil, nil])
    #expect(records.map { $0.flags.contains(.changesNothing) } == [false, true, false, true])
    #expect(zip(records, records.dropFirst()).allSatisfy { $0.sequence < $1.sequence })
  }

  @Test func aTableWithoutReadersHasNoFeed() throws {
    let shard = try TestShard()
    shard.put(rowKey("p", 1), item("p", 1))
    #expect(try shard.records().isEmpty)
    #expect(shard.machine.feedTables.isEmpty)
  }

  @Test func theFeedSurvivesARestartAndIsPartOfTheChecksum() throws {
    let shard = try TestShard.indexed()
    shard.put(rowKey("p", 1), item("p", 1, ["G": .text("a"), "H": .number(Number(1))]))
    let (records, end) = (try shard.records(), shard.machine.feedEnd(of: TestShard.table))
    let sum = try shard.checksum()
    try shard.flush()
    try shard.reopen()
    #expect(try shard.records() == records)
    #expect(shard.machine.feedEnd(of: TestShard.table) == end)
    #expect(try shard.checksum() == sum)
    shard.command(.advance(FeedAdvance(table: TestShard.table, through: end, reached: [])))
    #expect(try shard.checksum() != sum)
  }

  @Test func whatEveryReaderHasSeenIsTrimmed() throws {
    let shard = try TestShard.indexed()
    for sort in 1...5 { shard.put(rowKey("p", sort), item("p", sort)) }
    let third = try shard.records()[2].sequence
    shard.command(.advance(FeedAdvance(table: TestShard.table, through: third, reached: [])))
    #expect(try shard.records().map(\.key) == [rowKey("p", 4), rowKey("p", 5)])
    shard.command(.advance(FeedAdvance(table: TestShard.table, through: third - 1, reached: [])))
    #expect(shard.machine.feed(of: TestShard.table)?.cursor == third, "A cursor never goes back.")
    try shard.flush()
    try shard.reopen()
    #expect(shard.machine.feed(of: TestShard.table)?.cursor == third)
  }

  @Test func theFeedGoesWithItsTable() throws {
    let shard = try TestShard.indexed()
    shard.put(rowKey("p", 1), item("p", 1))
    let effects = shard.command(.drop(TestShard.table))
    guard case .removeRows(let rows)? = effects.first else {
      Issue.record("No rows were given up.")
      return
    }
    #expect(
      rows == [.table(TestShard.table), .table(TestShard.local), .table(TestShard.global), .feed(of: TestShard.table)])
    #expect(try shard.machine.orphans() == [.table(TestShard.table), .feed(of: TestShard.table)])
  }

  @Test func theLastIndexTakesTheFeedWithIt() throws {
    let shard = try TestShard.indexed()
    shard.put(rowKey("p", 1), item("p", 1))
    let end = shard.machine.feedEnd(of: TestShard.table)
    shard.command(.configure(TestShard.settings(version: 2, global: nil)))
    #expect(try shard.records().isEmpty)
    #expect(shard.machine.feed(of: TestShard.table)?.cursor == end)
    // A later index reads on behind what was there before.
    shard.command(.configure(TestShard.settings(version: 3, status: .creating)))
    shard.put(rowKey("p", 2), item("p", 2))
    #expect(try shard.records().count == 1)
  }
}
