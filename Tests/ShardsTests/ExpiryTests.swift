import Bytes
import Catalog
import Items
import Messages
import Raft
import Testing

@testable import Shards

/// Which items expire, and what their removal does.
@Suite struct ExpiryTests {
  private static let nowMs: UInt64 = 1_800_000_000_500
  private static let seconds = 1_800_000_000

  private func number(_ text: String) throws -> AttributeValue { .number(try Number(parsing: Array(text.utf8))) }

  @Test(arguments: [
    ("1800000000", true), ("1800000001", false), ("1799999999.75", true), ("180000000e1", true), ("18e10", false),
    ("1642320000", true), ("1642319999", false), ("0", false), ("-5", false),
  ]) func aNumberOfSecondsThatHasPassedInTheLastFiveYears(text: String, hasExpired: Bool) throws {
    let rule = ExpiryRule(attribute: Array("ttl".utf8), atMs: Self.nowMs)
    #expect(try rule.hasExpired(item("a", 0, ["ttl": try number(text)])) == hasExpired)
  }

  @Test func nothingButANumberExpires() throws {
    let rule = ExpiryRule(attribute: Array("ttl".utf8), atMs: Self.nowMs)
    #expect(try !rule.hasExpired(item("a")))
    #expect(try !rule.hasExpired(item("a", 0, ["ttl": .text("1800000000")])))
    #expect(try !rule.hasExpired(item("a", 0, ["ttl": .list([.number(Number(Self.seconds))])])))
  }

  private func shard() throws -> TestShard {
    let shard = try TestShard()
    shard.command(
      .configure(TableSettings(id: TestShard.table, key: TestShard.key, version: 1, timeToLive: Array("ttl".utf8))))
    return shard
  }

  private func old(_ name: String) -> EncodedItem { item(name, 0, ["ttl": .number(Number(Self.seconds - 60))]) }

  @Test func slicesFindWhatHasExpiredAndNothingElse() throws {
    let shard = try shard()
    for name in ["a", "b", "c", "d", "e"] { shard.put(rowKey(name), name < "d" ? old(name) : item(name)) }
    var found: [RowKey] = []
    var next: [UInt8]?
    var slices = 0
    repeat {
      let slice = try shard.machine.expired(
        in: TestShard.table, from: next, rowsMax: 2, bytesMax: 1 << 20, atMs: Self.nowMs)
      found += slice.expired.map(\.key)
      next = slice.next
      slices += 1
    } while next != nil
    #expect(Set(found) == Set(["a", "b", "c"].map { rowKey($0) }) && found.count == 3 && slices == 3)
  }

  @Test func anExpiredItemGoes() throws {
    let shard = try shard()
    shard.put(rowKey("a"), old("a"))
    shard.command(.expire(Expiry(key: rowKey("a"), item: old("a"), atMs: Self.nowMs)))
    #expect(try shard.item(rowKey("a")) == nil)
  }

  /// The delete is of the version that was seen.
  @Test func anItemThatWasExtendedMeanwhileStays() throws {
    let shard = try shard()
    shard.put(rowKey("a"), old("a"))
    let extended = item("a", 0, ["ttl": .number(Number(Self.seconds + 60))])
    shard.put(rowKey("a"), extended)
    shard.command(.expire(Expiry(key: rowKey("a"), item: old("a"), atMs: Self.nowMs)))
    #expect(try shard.item(rowKey("a")) == extended)
  }

  /// What streams will need to say whose delete it was.
  @Test func theFeedTellsAnExpiryFromADelete() throws {
    let shard = try TestShard()
    let index = IndexSettings(
      id: TableID(11), kind: .global, key: IndexKeySchema(partition: TestShard.key.partition), projection: .all)
    shard.command(
      .configure(
        TableSettings(
          id: TestShard.table, key: TestShard.key, version: 1, indexes: [index], timeToLive: Array("ttl".utf8))))
    shard.put(rowKey("a"), old("a"))
    shard.command(.expire(Expiry(key: rowKey("a"), item: old("a"), atMs: Self.nowMs)))
    let record = try #require(
      try shard.machine.records(of: TestShard.table, after: 0, countMax: 10, bytesMax: 1 << 20).last)
    #expect(record.flags.contains(.isExpiry) && record.old == old("a") && record.new == nil)
    #expect(record.timeMs == Self.nowMs)
  }

  @Test func itSurvivesItsEncoding() throws {
    let expiry = Expiry(key: rowKey("a"), item: old("a"), atMs: Self.nowMs)
    let bytes = ShardCommand.expire(expiry).encode()
    guard case .expire(expiry) = try ShardCommand(bytes) else {
      Issue.record("An expiry was read as something else.")
      return
    }
    for length in bytes.indices { #expect(throws: MalformedBytes.self) { try ShardCommand(Array(bytes[..<length])) } }
  }
}
