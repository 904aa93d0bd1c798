import Bytes
import Environment
import Messages
import Testing

@testable import Replicas

/// What a group remembers of stamped changes, against a dictionary that never forgets.
@Suite struct RememberedOperationsTests {
  private static func stamp(_ origin: UInt64, _ sequence: UInt64, below: UInt64 = 0, at ms: UInt64) -> OperationStamp {
    OperationStamp(origin: origin, sequence: sequence, answeredBelow: below, issuedAtMs: ms)
  }

  private static func answer(_ number: UInt64) -> Answer {
    .written(WriteAnswer(oldBytes: 0, newBytes: UInt32(truncatingIfNeeded: number)))
  }

  @Test func anAppliedChangeIsFoundWithItsAnswer() throws {
    var remembered = RememberedOperations()
    remembered.apply(Self.stamp(1, 5, at: 100), Self.answer(5))
    guard case .known(.applied(let answer)) = remembered.find(Self.stamp(1, 5, at: 100)) else {
      Issue.record("An applied change was forgotten.")
      return
    }
    #expect(answer == Self.answer(5))
    guard case .fresh = remembered.find(Self.stamp(1, 4, at: 100)) else {
      Issue.record("A change that was never seen is fresh, whatever came after it.")
      return
    }
    guard case .fresh = remembered.find(Self.stamp(2, 5, at: 100)) else {
      Issue.record("Another coordinator's number is another change.")
      return
    }
  }

  /// The same comparison forgets a change and refuses one that old (so that no forgotten one is applied again).
  @Test func aChangeIsForgottenAndRefusedByTheSameComparison() {
    var remembered = RememberedOperations()
    remembered.apply(Self.stamp(1, 1, at: 1_000), Self.answer(1))
    remembered.apply(Self.stamp(2, 1, at: 1_000 + OperationStamp.windowMs - 1), Self.answer(1))
    guard case .known = remembered.find(Self.stamp(1, 1, at: 1_000)) else {
      Issue.record("A change within the window was forgotten.")
      return
    }
    remembered.apply(Self.stamp(2, 2, below: 2, at: 1_000 + OperationStamp.windowMs), Self.answer(2))
    for sequence in [UInt64(1), 2, 3] {
      guard case .expired = remembered.find(Self.stamp(1, sequence, at: 1_000)) else {
        Issue.record("A change as old as the window was not refused.")
        return
      }
    }
  }

  /// Time is the log's: it does not go back, and an older issue time does not move it.
  @Test func timeIsTheHighestIssueTimeOfTheLog() {
    var remembered = RememberedOperations()
    remembered.apply(Self.stamp(1, 1, at: 90_000), Self.answer(1))
    remembered.apply(Self.stamp(1, 2, at: 70_000), Self.answer(2))
    #expect(remembered.timeMs == 90_000)
  }

  @Test func whatAnotherLeaderProposedOrDecidedIsNotKept() {
    var remembered = RememberedOperations()
    remembered.propose(Self.stamp(1, 1, at: 10), at: 4, Self.answer(1))
    remembered.decide(Self.stamp(1, 2, at: 10), .done, after: nil)
    remembered.apply(Self.stamp(1, 3, at: 10), Self.answer(3))
    remembered.stepDown()
    #expect(remembered.count == 1)
    guard case .fresh = remembered.find(Self.stamp(1, 1, at: 10)) else {
      Issue.record("A proposal outlived its leadership.")
      return
    }
  }

  /// Random changes of several coordinators, late and repeated ones among them: nothing that may be sent again is
  /// forgotten, and the block in the store's metadata says the same.
  @Test(arguments: UInt64(1)..<20) func aChangeThatMayBeSentAgainIsNeverForgotten(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    var remembered = RememberedOperations()
    var applied: [UInt64: [UInt64: UInt64]] = [:]
    var below: [UInt64: UInt64] = [:]
    var ms: UInt64 = 100_000
    var sent: [UInt64: UInt64] = [:]
    for step in 0..<2_000 {
      ms += random.below(40)
      let origin = random.below(3) + 1
      let next = (sent[origin] ?? 0) + 1 + random.below(3)
      sent[origin] = next
      if random.chance(1, in: 4) { below[origin] = max(below[origin] ?? 0, next - min(next, random.below(30))) }
      let stamp = Self.stamp(origin, next, below: below[origin] ?? 0, at: ms)
      guard case .fresh = remembered.find(stamp) else {
        Issue.record("A new change was taken for a known one.")
        return
      }
      remembered.apply(stamp, Self.answer(next))
      applied[origin, default: [:]][next] = ms
      guard step % 50 == 0 else { continue }
      var writer = ByteWriter()
      remembered.encode(into: &writer)
      var reader = ByteReader(writer.bytes)
      remembered = try RememberedOperations(from: &reader)
      try reader.finish()
      check(remembered, applied, below, now: ms)
    }
    #expect(remembered.count < 300)
  }

  private func check(
    _ remembered: RememberedOperations, _ applied: [UInt64: [UInt64: UInt64]], _ below: [UInt64: UInt64], now: UInt64
  ) {
    for (origin, changes) in applied {
      for (sequence, issuedAt) in changes where sequence >= below[origin] ?? 0 {
        let found = remembered.find(Self.stamp(origin, sequence, at: issuedAt))
        switch found {
        case .known(.applied(let answer)): #expect(answer == Self.answer(sequence))
        case .expired: #expect(issuedAt + OperationStamp.windowMs <= now)
        default: Issue.record("Change \(sequence) of origin \(origin) would be applied again: \(found).")
        }
      }
    }
  }
}
