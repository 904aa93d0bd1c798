import Catalog
import Environment
import Expressions
import Items
import Messages
import Testing

@testable import Node

/// Changes that are sent again, or arrive late, at a leader.
@Suite struct OperationStampTests {
  private static func stamp(_ sequence: UInt64, below: UInt64 = 0, at ms: UInt64 = 1_000, isRetry: Bool = false)
    -> OperationStamp
  {
    OperationStamp(origin: 3, sequence: sequence, answeredBelow: below, issuedAtMs: ms, isRetry: isRetry)
  }

  private func started() throws -> (TestNode, TableID) {
    let node = TestNode()
    try node.start()
    return (node, try node.makeTable())
  }

  @Test func aChangeThatIsSentAgainIsAppliedOnce() throws {
    let (node, table) = try started()
    let first = node.ask(try .count(table, "a"), Self.stamp(1))
    let again = node.ask(try .count(table, "a"), Self.stamp(1, isRetry: true))
    #expect(first?.isWritten == true && again == first)
    #expect(node.ask(.read(table, "a"))?.counter == 1)
  }

  /// It comes while the first one is on its way to disk.
  @Test func aChangeThatIsSentAgainWaitsForItself() throws {
    let (node, table) = try started()
    let term = try #require(node.running.status.first { $0.shard == ShardID(1) }?.term)
    let write = try ItemWrite.count(table, "a")
    let first = node.submit(.write(write), term: term, stamp: Self.stamp(1))
    let again = node.submit(.write(write), term: term, stamp: Self.stamp(1, isRetry: true))
    #expect(node.run { node.answers[first] != nil && node.answers[again] != nil })
    #expect(node.answers[again]?.isWritten == true)
    #expect(node.ask(.read(table, "a"))?.counter == 1)
  }

  /// The images that it returned are those of the first time.
  @Test(arguments: [false, true]) func theAnswerIsThatOfTheFirstTime(isRestarted: Bool) throws {
    let (node, table) = try started()
    var write = try ItemWrite.count(table, "a")
    write.returns = [.old, .new, .oldSize]
    #expect(node.ask(write, Self.stamp(1))?.isWritten == true)
    let second = node.ask(write, Self.stamp(2))
    #expect(node.ask(write, Self.stamp(3))?.isWritten == true)
    if isRestarted {
      node.kill()
      try node.start()
      #expect(node.run { node.isServing })
    }
    #expect(node.ask(write, Self.stamp(2, isRetry: true)) == second)
    #expect(node.ask(.read(table, "a"))?.counter == 3)
  }

  /// A restart has only what was flushed with the rows, and the log after it.
  @Test(arguments: [true, false]) func whatWasFlushedIsRemembered(isPowerCut: Bool) throws {
    let (node, table) = try started()
    for number in 1...40 { _ = node.ask(try .count(table, "a", filler: 3_000), Self.stamp(UInt64(number))) }
    node.run(ticks: 200)
    #expect(node.running.overlayBytes == 0, "Everything is flushed.")
    var random = SeededRandom(seed: 1)
    if isPowerCut { node.crash(&random) } else { node.kill() }
    try node.start()
    #expect(node.run { node.isServing })
    for number in 1...40 {
      let answer = node.ask(try .count(table, "a"), Self.stamp(UInt64(number), isRetry: true))
      #expect(answer?.isWritten == true)
    }
    #expect(node.ask(.read(table, "a"))?.counter == 40)
  }

  /// The client was told that its condition failed; a first request that was delayed must not succeed after that.
  @Test func aLateRequestFindsWhatItsRetryWasAnswered() throws {
    let (node, table) = try started()
    #expect(node.ask(.put(table, "a"), Self.stamp(1))?.isWritten == true)
    var write = ItemWrite.put(table, "a", [1])
    write.condition = try .absent()
    guard case .conditionFailed? = node.ask(write, Self.stamp(2, isRetry: true)) else {
      Issue.record("The item is there.")
      return
    }
    let delete = ItemWrite(key: write.key, action: .delete)
    #expect(node.ask(delete, Self.stamp(3))?.isWritten == true)
    guard case .conditionFailed? = node.ask(write, Self.stamp(2)) else {
      Issue.record("A late request was carried out after its retry was answered.")
      return
    }
    guard case .item(nil)? = node.ask(.read(table, "a")) else {
      Issue.record("The item came back.")
      return
    }
  }

  /// What a condition failed against may never be, however often the change is sent again.
  @Test func anAnswerAboutAProposalWaitsForItEachTime() throws {
    let (node, table) = try started()
    let term = try #require(node.running.status.first { $0.shard == ShardID(1) }?.term)
    node.run(ticks: 5)
    let put = node.submit(.write(.put(table, "a")), term: term, stamp: Self.stamp(1))
    var write = ItemWrite.put(table, "a", [1])
    write.condition = try .absent()
    let tries = [false, true, true].map {
      node.submit(.write(write), term: term, stamp: Self.stamp(2, isRetry: $0))
    }
    #expect(node.answers[put] == nil)
    for number in tries { #expect(node.answers[number] == nil, "The put is not on disk yet.") }
    #expect(node.run { node.answers[put] != nil && tries.allSatisfy { node.answers[$0] != nil } })
    for number in tries {
      guard case .conditionFailed? = node.answers[number] else {
        Issue.record("The item is there.")
        return
      }
    }
  }

  /// Terms keep a request that was delayed beyond a change of leaders from doing harm.
  @Test func aChangeForAnotherTermIsRefused() throws {
    let (node, table) = try started()
    #expect(node.ask(try .count(table, "a"), Self.stamp(1), term: 0) == .refused(.otherTerm))
    #expect(node.ask(try .count(table, "a"), Self.stamp(1), term: 99) == .refused(.otherTerm))
    #expect(node.ask(try .count(table, "a"), Self.stamp(1))?.isWritten == true)
  }

  @Test func aChangeThatNobodyWaitsForIsNotCarriedOut() throws {
    let (node, table) = try started()
    #expect(node.ask(try .count(table, "a"), Self.stamp(9, below: 5))?.isWritten == true)
    #expect(node.ask(try .count(table, "a"), Self.stamp(4)) == .refused(.outcomeUnknown))
    #expect(node.ask(.read(table, "a"))?.counter == 1)
  }

  /// A request of a paused process arrives after its number was forgotten.
  @Test func aChangeOlderThanTheWindowIsRefused() throws {
    let (node, table) = try started()
    #expect(node.ask(try .count(table, "a"), Self.stamp(1, at: 1_000))?.isWritten == true)
    let later = 1_000 + OperationStamp.windowMs
    #expect(node.ask(try .count(table, "b"), Self.stamp(2, at: later))?.isWritten == true)
    #expect(node.ask(try .count(table, "a"), Self.stamp(1, at: 1_000)) == .refused(.expired(timeMs: later)))
    #expect(node.ask(.read(table, "a"))?.counter == 1)
  }

  /// CreateTable is a change like any other.
  @Test func aCatalogCommandIsAppliedOnce() throws {
    let (node, _) = try started()
    let term = try #require(node.running.status.first { $0.shard == .metadata }?.term)
    let command = Messages.Operation.catalogCommand(CatalogCommand.makeTable("second").encode())
    let first = node.submit(command, shard: .metadata, term: term, stamp: Self.stamp(1))
    #expect(node.run { node.status(of: "second") == .active && node.answers[first] != nil })
    _ = try node.command(.deleteTable(name: "second"))
    #expect(node.run { node.status(of: "second") == nil })
    let again = node.submit(command, shard: .metadata, term: term, stamp: Self.stamp(1, isRetry: true))
    #expect(node.run { node.answers[again] != nil })
    #expect(node.answers[again] == node.answers[first])
    #expect(node.status(of: "second") == nil)
  }
}

extension Condition {
  /// The item is not there.
  static func absent() throws -> Condition {
    var context = try ExpressionContext(names: nil, values: nil)
    return try parse(Array("attribute_not_exists(PK)".utf8), role: .condition, context: &context)
  }
}
