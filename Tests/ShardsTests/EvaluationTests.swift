import Catalog
import Expressions
import Items
import Messages
import Raft
import Shards
import Testing

/// What a leader decides about a write.
@Suite struct EvaluationTests {
  private let key = rowKey("a")
  private let first = item("a", 0, ["v": .number(Number(1))])
  private let second = item("a", 0, ["v": .number(Number(2)), "w": .text("longer")])

  private static let allReturns = (UInt8(0)..<16).map { ReturnedImages(rawValue: $0) }

  private func actions() throws -> [(action: ItemWrite.Action, result: EncodedItem?)] {
    [
      (.put(second), second), (.delete, nil),
      (
        .update(
          try update("SET v = :two, w = :w", [":two": .number(Number(2)), ":w": .text("longer")]), key: item("a")),
        second
      ),
    ]
  }

  /// Old and new images come where asked for; old sizes also with an update, which reads the item anyway.
  @Test(arguments: allReturns) func answersCarryWhatWasAskedForAndNoMore(returns: ReturnedImages) throws {
    for (action, result) in try actions() {
      for old in [first, nil] {
        let shard = try TestShard()
        if let old { shard.put(key, old) }
        let verdict = shard.submit(ItemWrite(key: key, action: action, returns: returns))
        let answer = try #require(verdict.written)
        var isRead = returns.contains(.old) || returns.contains(.oldSize)
        if case .update = action { isRead = true }
        #expect(answer.oldBytes == (isRead ? UInt32(old?.sizeBytes ?? 0) : 0))
        #expect(answer.newBytes == UInt32(result?.sizeBytes ?? 0))
        #expect(answer.old == (returns.contains(.old) ? old : nil))
        #expect(answer.new == (returns.contains(.new) ? result : nil))
        shard.apply()
        #expect(try shard.item(key) == result)
      }
    }
  }

  /// Each value is within the bound, and the item that they make is not.
  @Test func anUpdateMayNotNestBeyondThirtyTwoLevels() throws {
    func lists(_ count: Int) -> AttributeValue {
      (0..<count).reduce(AttributeValue.text("leaf")) { inner, _ in .list([inner]) }
    }
    let shard = try TestShard()
    shard.put(key, item("a", 0, ["v": lists(20)]))
    let path = "v" + String(repeating: "[0]", count: 20)
    for (count, isTaken) in [(11, true), (12, false)] {
      let update = try update("SET \(path) = :l", [":l": lists(count)])
      let verdict = shard.submit(ItemWrite(key: key, action: .update(update, key: item("a"))))
      #expect((verdict.written != nil) == isTaken)
      if !isTaken {
        #expect(verdict.answered?.answer == .refused(.invalid("Nesting Levels have exceeded supported limits")))
      }
    }
  }

  @Test func aFailedConditionShowsTheItemOnlyWhereAsked() throws {
    let shard = try TestShard()
    shard.put(key, first)
    let missing = try condition("attribute_not_exists(PK)")
    for (action, _) in try actions() {
      for returns in Self.allReturns {
        let verdict = shard.submit(ItemWrite(key: key, action: action, condition: missing, returns: returns))
        let (answer, after) = try #require(verdict.answered)
        let shown = returns.contains(.onConditionFailure) ? first : nil
        #expect(answer == .conditionFailed(old: shown, oldBytes: UInt32(first.sizeBytes)))
        #expect(after == nil, "The item is applied: nothing has to be waited for but the proof of leadership.")
      }
    }
    #expect(try shard.item(key) == first)
    #expect(shard.machine.proposedCount == 0)
  }

  @Test func aFailedConditionOfAMissingItemShowsNothing() throws {
    let shard = try TestShard()
    let write = ItemWrite(
      key: key, action: .delete, condition: try condition("attribute_exists(PK)"), returns: .onConditionFailure)
    let (answer, after) = try #require(shard.submit(write).answered)
    #expect(answer == .conditionFailed(old: nil, oldBytes: 0))
    #expect(after == nil)
  }

  /// The leader evaluates against the newest proposed state; what it says of a proposal waits for that proposal.
  @Test func aConditionThatFailsAgainstAProposalWaitsForIt() throws {
    let shard = try TestShard()
    shard.put(key, first)
    shard.submit(ItemWrite(key: key, action: .put(second)))
    let proposal = shard.last
    let write = ItemWrite(
      key: key, action: .put(first), condition: try condition("v = :one", [":one": .number(Number(1))]),
      returns: .onConditionFailure)
    let waiting = try #require(shard.submit(write).answered)
    #expect(waiting.answer == .conditionFailed(old: second, oldBytes: UInt32(second.sizeBytes)))
    #expect(waiting.after == proposal)
    shard.apply()
    let applied = try #require(shard.submit(write).answered)
    #expect(applied.answer == waiting.answer)
    #expect(applied.after == nil)
  }

  @Test func aConditionSeesAProposedDelete() throws {
    let shard = try TestShard()
    shard.put(key, first)
    shard.submit(ItemWrite(key: key, action: .delete))
    let proposal = shard.last
    let exists = try condition("attribute_exists(PK)")
    let failed = try #require(shard.submit(ItemWrite(key: key, action: .put(second), condition: exists)).answered)
    #expect(failed.answer == .conditionFailed(old: nil, oldBytes: 0))
    #expect(failed.after == proposal)
    let missing = try condition("attribute_not_exists(PK)")
    #expect(shard.submit(ItemWrite(key: key, action: .put(second), condition: missing)).written != nil)
    shard.apply()
    #expect(try shard.item(key) == second)
  }

  /// An old image that shows a proposal is part of an answer that waits for a later entry anyway.
  @Test func oldImagesShowTheNewestProposal() throws {
    let shard = try TestShard()
    shard.submit(ItemWrite(key: key, action: .put(first)))
    let answer = try #require(shard.submit(ItemWrite(key: key, action: .delete, returns: .old)).written)
    #expect(answer.old == first)
    let next = try #require(shard.submit(ItemWrite(key: key, action: .put(second), returns: .old)).written)
    #expect(next.old == nil)
    #expect(next.oldBytes == 0)
  }

  @Test func writesToOneKeyPipeline() throws {
    let shard = try TestShard()
    let add = try update("ADD n :one", [":one": .number(Number(1))])
    for expected in 1...50 {
      let verdict = shard.submit(ItemWrite(key: key, action: .update(add, key: item("a")), returns: .new))
      #expect(try verdict.written?.new?.value(named: Array("n".utf8)) == .number(Number(expected)))
    }
    #expect(shard.machine.proposedCount == 1)
    // Half of them applied: the newest proposal still counts.
    shard.apply(through: shard.last - 25)
    #expect(try shard.item(key)?.value(named: Array("n".utf8)) == .number(Number(25)))
    shard.submit(ItemWrite(key: key, action: .update(add, key: item("a"))))
    shard.apply()
    #expect(shard.machine.proposedCount == 0)
    #expect(try shard.item(key)?.value(named: Array("n".utf8)) == .number(Number(51)))
  }

  @Test func anUpdateErrorThatDependsOnAProposalWaitsForIt() throws {
    let shard = try TestShard()
    let add = ItemWrite(
      key: key, action: .update(try update("ADD v :one", [":one": .number(Number(1))]), key: item("a")))
    shard.submit(ItemWrite(key: key, action: .put(item("a", 0, ["v": .text("no number")]))))
    let proposal = shard.last
    let (answer, after) = try #require(shard.submit(add).answered)
    guard case .refused(.invalid(let text)) = answer else {
      Issue.record("An update that the item does not allow is refused as invalid.")
      return
    }
    #expect(text.contains("incorrect data type"))
    #expect(after == proposal)
    shard.apply()
    #expect(shard.submit(add).answered?.after == nil)
  }

  @Test func whatADeposedLeaderProposedIsForgotten() throws {
    let shard = try TestShard()
    shard.put(key, first)
    shard.submit(ItemWrite(key: key, action: .put(second)))
    shard.machine.stepDown()
    #expect(shard.machine.proposedCount == 0)
    let answer = shard.submit(ItemWrite(key: key, action: .delete, returns: .old)).written
    #expect(answer?.old == first)
  }

  @Test func anUpdateStartsAMissingItemFromItsKey() throws {
    let shard = try TestShard()
    let set = try update("SET v = :v", [":v": .number(Number(1))])
    let answer = shard.submit(ItemWrite(key: key, action: .update(set, key: item("a")), returns: [.old, .new])).written
    #expect(answer == WriteAnswer(oldBytes: 0, newBytes: UInt32(first.sizeBytes), old: nil, new: first))
  }

  @Test func anUpdateThatOnlyTakesAwayDoesNotMakeAMissingItem() throws {
    let shard = try TestShard()
    for text in ["REMOVE v", "REMOVE x.y, z[0]"] {
      let write = ItemWrite(key: key, action: .update(try update(text), key: item("k")), returns: .new)
      let (answer, after) = try #require(shard.submit(write).answered)
      #expect(answer == .written(WriteAnswer(oldBytes: 0, newBytes: 0)))
      #expect(after == nil)
    }
    #expect(try shard.item(key) == nil)
    // A proposed delete decides it: the answer waits for the delete.
    shard.put(key, first)
    shard.submit(ItemWrite(key: key, action: .delete))
    let write = ItemWrite(key: key, action: .update(try update("REMOVE v"), key: item("k")))
    #expect(try #require(shard.submit(write).answered).after == shard.last)
  }

  @Test func writesAndReadsOfAnUnknownTableAreRefused() throws {
    let shard = try TestShard()
    let other = rowKey("a", table: TableID(8))
    #expect(shard.submit(ItemWrite(key: other, action: .delete)).refusal == .unknownTable)
    #expect(shard.machine.get(other) == .refused(.unknownTable))
    let range = RangeRead(lower: RowKey(table: TableID(8), hash: 0), upper: RowKey(table: TableID(9), hash: 0))
    #expect(shard.machine.read(range) == .refused(.unknownTable))
  }

  @Test func hashesOfAnotherShardAreRefused() throws {
    let shard = try TestShard(isReady: false)
    shard.command(.configure(TableSettings(id: TestShard.table, key: TestShard.key)))
    #expect(shard.machine.get(key) == .refused(.wrongShard), "A shard that owns nothing yet serves nothing.")
    let hash = key.hash
    shard.command(.own(hash...hash))
    #expect(shard.machine.get(key) == .item(nil))
    let neighbour = try #require((0..<100).map { rowKey("k\($0)") }.first { $0.hash != hash })
    #expect(shard.submit(ItemWrite(key: neighbour, action: .delete)).refusal == .wrongShard)
    #expect(shard.machine.get(neighbour) == .refused(.wrongShard))
    let range = RangeRead(lower: neighbour, upper: RowKey(table: TableID(8), hash: 0))
    #expect(shard.machine.read(range) == .refused(.wrongShard))
  }

  /// DynamoDB's limit is 400 KB of item, names included.
  @Test func anUpdateMayGrowAnItemTo400KBAndNoFurther() throws {
    let shard = try TestShard()
    let room = ShardMachine.itemBytesMax - item("a").sizeBytes - 1
    func grow(to bytes: Int) throws -> Verdict {
      let value = AttributeValue.binary([UInt8](repeating: 1, count: bytes))
      return shard.submit(
        ItemWrite(key: key, action: .update(try update("SET v = :v", [":v": value]), key: item("a")), returns: .new))
    }
    #expect(ShardMachine.itemBytesMax == 409_600)
    #expect(try grow(to: room).written?.newBytes == 409_600)
    let proposal = shard.last
    let (answer, after) = try #require(try grow(to: room + 1).answered)
    #expect(answer == .refused(.invalid("Item size to update has exceeded the maximum allowed size")))
    #expect(after == proposal)
  }
}
