import Environment
import Items
import Messages
import Testing

@testable import Node

@Suite struct IndexLaneTests {
  private let batching = IndexLane.Batching(delay: .zero, bytesMax: 1 << 20)
  private let now = Instant(nanoseconds: 5_000_000_000)
  private let index = TableID(9)
  private let here = ShardID(1)
  private let there = ShardID(2)

  private func row(_ name: String) -> RowKey { RowKey(table: index, partition: .text(name), sort: nil) }

  private func lane(applied: UInt64 = 0, changes: ClosedRange<UInt64>? = nil) -> IndexLane {
    var lane = IndexLane(index: index, shard: here, applied: applied)
    for sequence in changes.map({ Array($0) }) ?? [] {
      lane.add(.init(sequence: sequence, delete: row("\(sequence)")), putBy: nil, now: now)
    }
    return lane
  }

  private func next(_ lane: inout IndexLane, at now: Instant? = nil, put: UInt64 = .max) -> IndexBatch? {
    lane.nextBatch(from: there, batching, now: now ?? self.now) { _, sequence in sequence <= put }
  }

  /// TRAPS 17: a reader of the index finds an item that moves in both places or in one, never in none.
  @Test func aDeleteWaitsUntilTheOtherShardHasPutTheRow() {
    var lane = lane(changes: 1...2)
    lane.add(.init(sequence: 3, delete: row("moved")), putBy: there, now: now)
    lane.add(.init(sequence: 4, delete: row("later")), putBy: nil, now: now)
    let first = next(&lane, put: 2)
    #expect(first?.changes.map(\.sequence) == [1, 2], "What is behind it waits too: order is kept.")
    lane.sent(1, now: now)
    _ = lane.answered(through: 2)
    #expect(next(&lane, put: 2) == nil)
    #expect(next(&lane, put: 3)?.changes.map(\.sequence) == [3, 4])
  }

  @Test func oneBatchIsUnderWayAtATimeAndNamesWhatCameBefore() {
    var lane = lane(applied: 7, changes: 8...10)
    #expect(next(&lane)?.predecessor == 7)
    lane.sent(1, now: now)
    #expect(next(&lane) == nil)
    #expect(lane.answered(through: 10) == 3)
    lane.add(.init(sequence: 12, delete: row("x")), putBy: nil, now: now)
    #expect(next(&lane)?.predecessor == 10)
  }

  @Test func aBatchWithoutAnAnswerIsSentAgainAsItWas() {
    var lane = lane(changes: 1...3)
    let first = next(&lane)
    lane.sent(1, now: now)
    let later = now + IndexLane.timeout
    #expect(next(&lane, at: later) == first)
    lane.sent(2, now: later)
    #expect(!lane.isUnderWay(1) && lane.isUnderWay(2), "The first one's answer is no answer to the second.")
  }

  @Test func whatTheOtherShardHasIsNotSentToIt() {
    var lane = lane(changes: 1...5)
    lane.sent(1, now: now)
    // A predecessor of this leader had come further than the cursor told.
    #expect(lane.answered(through: 8) == 5)
    for sequence in UInt64(6)...9 { lane.add(.init(sequence: sequence, delete: row("x")), putBy: nil, now: now) }
    let batch = next(&lane)
    #expect(batch?.predecessor == 8 && batch?.changes.map(\.sequence) == [9])
  }

  @Test func batchesAreBounded() {
    var lane = IndexLane(index: index, shard: here, applied: 0)
    let item = EncodedItem(AttributeMap([.init(name: [65], value: .binary([UInt8](repeating: 1, count: 1_000)))]))
    for sequence in UInt64(1)...40 {
      lane.add(.init(sequence: sequence, put: .init(key: row("x"), item: item)), putBy: nil, now: now)
    }
    let small = IndexLane.Batching(delay: .zero, bytesMax: 5_000)
    #expect(lane.nextBatch(from: there, small, now: now) { _, _ in true }?.changes.count == 4)
    let tiny = IndexLane.Batching(delay: .zero, bytesMax: 1)
    #expect(lane.nextBatch(from: there, tiny, now: now) { _, _ in true }?.changes.count == 1, "One always goes.")
  }
}
