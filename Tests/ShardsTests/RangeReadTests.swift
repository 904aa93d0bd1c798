import Environment
import Expressions
import Items
import Messages
import Shards
import Testing

/// Query and Scan pages of one shard.
@Suite struct RangeReadTests {
  private static let count = 60

  /// Items 0, 2, 4, … are flushed, the rest lie in the overlay above them.
  private func filled() throws -> TestShard {
    let shard = try TestShard()
    for sort in stride(from: 0, to: Self.count, by: 2) { shard.put(rowKey("p", sort), Self.item(sort)) }
    try shard.flush()
    for sort in stride(from: 1, to: Self.count, by: 2) { shard.put(rowKey("p", sort), Self.item(sort)) }
    return shard
  }

  private static func item(_ sort: Int) -> EncodedItem {
    ShardsTests.item("p", sort, ["size": .binary([UInt8](repeating: 0, count: sort * 7 % 40))])
  }

  private var whole: RangeRead {
    let prefix = RowKey(table: TestShard.table, partition: .text("p"))
    return RangeRead(lower: prefix, upper: RowKey(bytes: RowKey.end(ofPrefix: prefix.bytes)!), consistent: true)
  }

  private func page(_ shard: TestShard, _ read: RangeRead) throws -> RangePage {
    guard case .page(let page) = shard.machine.read(read) else {
      Issue.record("A range read was not answered with a page.")
      return RangePage()
    }
    return page
  }

  @Test func aRangeComesInKeyOrderAndBackwards() throws {
    let shard = try filled()
    let forward = try page(shard, whole)
    #expect(forward.items == (0..<Self.count).map { Self.item($0) })
    #expect(forward.last == nil)
    #expect(forward.scannedCount == UInt32(Self.count))
    #expect(forward.scannedBytes == UInt64(forward.items.reduce(0) { $0 + $1.sizeBytes }))
    var read = whole
    read.reverse = true
    #expect(try page(shard, read).items == forward.items.reversed())
  }

  @Test func boundsAreInclusiveBelowAndExclusiveAbove() throws {
    let shard = try filled()
    var read = whole
    read.lower = rowKey("p", 10)
    read.upper = rowKey("p", 20)
    #expect(try page(shard, read).items == (10..<20).map { Self.item($0) })
    read.upper = rowKey("p", 10)
    #expect(try page(shard, read).items == [])
  }

  /// The filter is applied after the limit, as DynamoDB does.
  @Test func theFilterCountsAsScanned() throws {
    let shard = try filled()
    var read = whole
    read.filter = try condition("SK >= :low", [":low": .number(Number(8))], role: .filter)
    read.limit = 10
    let found = try page(shard, read)
    #expect(found.items == [Self.item(8), Self.item(9)])
    #expect(found.count == 2)
    #expect(found.scannedCount == 10)
    #expect(found.last == rowKey("p", 9))
    read.countOnly = true
    let counted = try page(shard, read)
    #expect(counted.items == [])
    #expect(counted.count == 2)
    #expect(counted.scannedBytes == found.scannedBytes)
  }

  /// A page ends after the item that reaches its bytes, so that every page makes progress.
  @Test func aPageEndsAfterTheItemThatReachesItsBytes() throws {
    let shard = try filled()
    var read = whole
    read.pageBytesMax = 1
    let one = try page(shard, read)
    #expect(one.items == [Self.item(0)])
    #expect(one.last == rowKey("p", 0))
    read.pageBytesMax = UInt32(Self.item(0).sizeBytes + 1)
    #expect(try page(shard, read).items == [Self.item(0), Self.item(1)])
  }

  @Test(arguments: UInt64(1)...40) func pagesPutTogetherAreTheWholeRange(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let shard = try filled()
    var read = whole
    read.reverse = random.chance(1, in: 2)
    if random.chance(1, in: 2) { read.limit = UInt32(1 + random.below(9)) }
    if random.chance(1, in: 2) { read.pageBytesMax = UInt32(1 + random.below(300)) }
    let threshold = Int(random.below(60))
    if random.chance(1, in: 2) {
      read.filter = try condition("SK < :high", [":high": .number(Number(threshold))], role: .filter)
    }
    let matching = (0..<Self.count).filter { read.filter == nil || $0 < threshold }.map { Self.item($0) }
    var items: [EncodedItem] = []
    var scanned: UInt32 = 0
    while true {
      let next = try page(shard, read)
      items += next.items
      scanned += next.scannedCount
      #expect(next.scannedCount <= read.limit ?? .max)
      guard let last = next.last else { break }
      #expect(next.scannedCount > 0)
      if read.reverse { read.upper = last } else { read.lower = RowKey(bytes: last.bytes + [0]) }
    }
    #expect(items == (read.reverse ? matching.reversed() : matching))
    #expect(scanned == UInt32(Self.count))
  }
}
