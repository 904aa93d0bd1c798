import Environment
import History
import Testing

@Suite struct LongHistoryTests {
  /// A hundredth of the standard budget.
  private let budget = LinearizabilityChecker.standardBudget / 100

  @Test func aLongLawfulHistoryIsJudgedWithinTheBudget() throws {
    var load = GeneratedLoad(seed: 1)
    let verdict = try LinearizabilityChecker(budget: budget).check(load.history(count: 100_000))
    #expect(verdict.isLinearizable, "\(verdict)")
    #expect(verdict.operations == 100_000 && verdict.unknown > 250)
  }

  /// All clients wait at once, and many of them on one key.
  @Test func aHistoryWithElectionsIsJudgedWithinTheBudget() throws {
    var load = GeneratedLoad(seed: 2)
    load.hasElections = true
    let verdict = try LinearizabilityChecker(budget: budget).check(load.history(count: 20_000))
    #expect(verdict.isLinearizable, "\(verdict)")
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
    guard case .violation(let key, let evidence) = verdict.judgement else {
      Issue.record("\(verdict)")
      return
    }
    #expect(key == history[stale].keys[0])
    #expect(evidence.contains("(line \(stale + 1))"))
  }
}
