import Environment
import History
import Testing

@Suite struct LongHistoryTests {
  /// A hundred times the operations; the standard budget is twenty times that.
  private let budget = 10_000_000

  @Test func aLongLawfulHistoryIsJudgedWithinTheBudget() throws {
    var load = GeneratedLoad(seed: 1)
    let history = load.history(count: 100_000)
    let verdict = try LinearizabilityChecker(budget: budget).check(history)
    print("\(verdict)")
    #expect(verdict.isLinearizable, "\(verdict)")
    #expect(verdict.unknown > 250)
  }

  /// A read far into the history is made to tell an older value of its key.
  @Test(arguments: UInt64(1)...5) func oneStaleReadInALongHistoryIsFound(seed: UInt64) throws {
    var load = GeneratedLoad(seed: seed)
    var history = load.history(count: 20_000)
    var random = SeededRandom(seed: seed)
    var reads: [Int] = []
    for (index, entry) in history.enumerated() where entry.operation == .get && entry.output != .absent {
      reads.append(index)
    }
    let stale = reads[reads.count / 2 + Int(random.below(UInt64(reads.count / 4)))]
    guard let old = reads.last(where: { history[$0].keys == history[stale].keys && $0 < stale - 1_000 }) else {
      Issue.record("no older read")
      return
    }
    history[stale].output = history[old].output
    let verdict = try LinearizabilityChecker(budget: budget).check(history)
    print("\(verdict)")
    guard case .violation(let key, let evidence) = verdict.judgement else {
      Issue.record("\(verdict)")
      return
    }
    #expect(key == history[stale].keys[0])
    #expect(evidence.contains("(line \(stale + 1))"))
  }
}
