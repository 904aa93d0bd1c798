import History
import Testing

/// Each law as a history that breaks it, beside one that differs from it in one thing and keeps it.
@Suite struct LawTests {
  private func expect(lawful: [HistoryEntry], unlawful: [HistoryEntry]) throws {
    #expect(try isLinearizable(lawful))
    #expect(try !isLinearizable(unlawful))
  }

  @Test func aReadIsNotStale() throws {
    let writes = [entry("a", .put(1), 0...1), entry("a", .put(2), 2...10)]
    try expect(
      lawful: writes + [entry("b", .get, .number(1), 5...20)],
      unlawful: writes + [entry("b", .get, .number(1), 11...20)])
  }

  @Test func readsDoNotGoBack() throws {
    let writes = [entry("a", .put(1), 0...1), entry("a", .put(2), 2...90)]
    let first = entry("b", .get, .number(2), 10...20)
    try expect(
      lawful: writes + [first, entry("c", .get, .number(1), 20...30)],
      unlawful: writes + [first, entry("c", .get, .number(1), 21...30)])
  }

  @Test func anUpdateIsNotLost() throws {
    let adds = [entry("a", .add(1), .number(1), 0...10), entry("b", .add(1), .number(2), 5...15)]
    try expect(
      lawful: adds + [entry("c", .get, .number(2), 20...21)], unlawful: adds + [entry("c", .get, .number(1), 20...21)])
    try expect(
      lawful: [entry("a", .add(1), 0...10), entry("b", .add(1), 0...10), entry("c", .get, .number(2), 20...21)],
      unlawful: [entry("a", .add(1), 0...10), entry("b", .add(1), 0...10), entry("c", .get, .number(1), 20...21)])
  }

  @Test func twoAddsDoNotTellTheSameSum() throws {
    try expect(
      lawful: [entry("a", .add(1), .number(1), 0...10), entry("b", .add(1), .number(2), 0...10)],
      unlawful: [entry("a", .add(1), .number(1), 0...10), entry("b", .add(1), .number(1), 0...10)])
  }

  @Test func anAddOfUnknownOutcomeCountsOnce() throws {
    let start = [entry("a", .put(10), 0...1), entry("b", .add(5), 2...3, .unknown)]
    try expect(
      lawful: start + [entry("c", .get, .number(10), 4...5), entry("c", .get, .number(15), 6...7)],
      unlawful: start + [entry("c", .get, .number(15), 4...5), entry("c", .get, .number(20), 6...7)])
  }

  @Test func aDeletedValueDoesNotComeBack() throws {
    let start = [entry("a", .put(1), 0...1), entry("a", .delete, 2...3)]
    try expect(
      lawful: start + [entry("b", .get, .absent, 4...5)], unlawful: start + [entry("b", .get, .number(1), 4...5)])
  }

  /// The condition is told false, though the value was put.
  @Test func aFalseConditionHasNoEffect() throws {
    let start = [entry("a", .put(1), 0...1)]
    try expect(
      lawful: start + [entry("b", .putIf(1, 2), .applied(true), 2...3), entry("c", .get, .number(2), 4...5)],
      unlawful: start + [entry("b", .putIf(1, 2), .applied(false), 2...3), entry("c", .get, .number(2), 4...5)])
  }

  /// The condition is told false, though it held all the time.
  @Test func aConditionThatHeldIsNotToldFalse() throws {
    let start = [entry("a", .put(1), 0...1)]
    try expect(
      lawful: start + [entry("b", .putIfAbsent(2), .applied(false), 2...3)],
      unlawful: start + [entry("b", .putIf(1, 2), .applied(false), 2...3)])
    try expect(
      lawful: [entry("a", .put(1), 0...5), entry("b", .putIfAbsent(2), .applied(false), 2...3)],
      unlawful: [entry("a", .put(1), 4...5), entry("b", .putIfAbsent(2), .applied(false), 2...3)])
  }

  @Test func aConditionThatWasFalseIsNotToldTrue() throws {
    let start = [entry("a", .put(1), 0...1), entry("a", .put(2), 2...3)]
    try expect(
      lawful: start + [entry("b", .putIf(2, 3), .applied(true), 4...5)],
      unlawful: start + [entry("b", .putIf(1, 3), .applied(true), 4...5)])
    try expect(
      lawful: [
        entry("a", .putIfAbsent(1), .applied(true), 0...9), entry("b", .putIfAbsent(2), .applied(false), 0...9),
      ],
      unlawful: [
        entry("a", .putIfAbsent(1), .applied(true), 0...9), entry("b", .putIfAbsent(2), .applied(true), 0...9),
      ])
  }

  @Test func aWriteThatIsOkTookEffect() throws {
    try expect(
      lawful: [entry("a", .put(1), 0...1, .fail), entry("b", .get, .absent, 2...3)],
      unlawful: [entry("a", .put(1), 0...1), entry("b", .get, .absent, 2...3)])
  }

  @Test func aWriteThatFailedNeverTakesEffect() throws {
    try expect(
      lawful: [entry("a", .put(1), 0...1, .unknown), entry("b", .get, .number(1), 2...3)],
      unlawful: [entry("a", .put(1), 0...1, .fail), entry("b", .get, .number(1), 2...3)])
  }

  @Test func anUnknownWriteTakesEffectLateOrNeverButNotBeforeItBegan() throws {
    let start = entry("a", .put(1), 10...20, .unknown)
    #expect(try isLinearizable([start, entry("b", .get, .absent, 30...40)]))
    #expect(
      try isLinearizable([
        start, entry("b", .get, .absent, 30...40), entry("b", .put(2), 50...60), entry("b", .get, .number(1), 70...80),
      ]))
    try expect(
      lawful: [start, entry("b", .get, .number(1), 0...10)], unlawful: [start, entry("b", .get, .number(1), 0...9)])
  }

  @Test func anUnknownWriteTakesEffectOnce() throws {
    let start = [entry("a", .put(1), 0...1, .unknown), entry("b", .get, .number(1), 2...3)]
    try expect(
      lawful: start + [entry("b", .put(2), 4...5), entry("b", .get, .number(2), 6...7)],
      unlawful: start + [entry("b", .put(2), 4...5), entry("b", .get, .number(1), 6...7)])
  }

  @Test func anUnknownDeleteExplainsAnAbsence() throws {
    let start = [entry("a", .put(1), 0...1)]
    try expect(
      lawful: start + [entry("b", .delete, 2...3, .unknown), entry("c", .get, .absent, 4...5)],
      unlawful: start + [entry("b", .putIf(1, 2), 2...3, .unknown), entry("c", .get, .absent, 4...5)])
  }

  @Test func keysAreJudgedEachAlone() throws {
    let one = [entry("a", .put(1), key: "x", 0...1), entry("a", .get, .absent, key: "y", 2...3)]
    #expect(try isLinearizable(one))
    let verdict = try LinearizabilityChecker().check(
      one + [entry("b", .put(1), key: "y", 4...5), entry("b", .get, .absent, key: "y", 6...7)])
    guard case .violation(let key, _) = verdict.judgement else {
      Issue.record("no violation: \(verdict)")
      return
    }
    #expect(key == "y")
  }

  private func evidence(_ history: [HistoryEntry]) throws -> String? {
    guard case .violation(_, let evidence) = try LinearizabilityChecker().check(history).judgement else { return nil }
    return evidence
  }

  @Test func aViolationNamesWhatIsGoneAndWhoNeedsIt() throws {
    let history = [
      entry("a", .put(1), 0...1_000_000), entry("a", .put(2), 2_000_000...3_000_000),
      entry("b", .get, .number(1), 4_000_000...5_500_000),
    ]
    #expect(
      try evidence(history) == """
        The longest order that explains its answers has 2 of 3 operations:
          [0.000 ms, 1.000 ms] a: put 1 (line 1)
          [2.000 ms, 3.000 ms] a: put 2 (line 2)
        The value is then 2, and nothing that is left brings back what these need:
          [4.000 ms, 5.500 ms] b: get → 1 (line 3)
        """)
  }

  @Test func aViolationNamesWhatCannotComeNext() throws {
    let history = [
      entry("a", .put(1), 0...1_000_000), entry("b", .get, .absent, 4_000_000...5_500_000),
      entry("d", .add(7), 2_000_000...3_000_000, .unknown),
    ]
    #expect(
      try evidence(history) == """
        The longest order that explains its answers has 1 of 2 operations:
          [0.000 ms, 1.000 ms] a: put 1 (line 1)
        The value is then 1. One of these had to come next, before the first return, and none can:
          [4.000 ms, 5.500 ms] b: get → none (line 2)
        Operations of unknown outcome do not explain it either, the newest of 1 being:
          [2.000 ms, ?] d: add 7 → unknown (line 3)
        """)
  }

  @Test func aSearchBeyondItsBudgetProvesNothing() throws {
    let history = [entry("a", .put(1), 0...1), entry("a", .put(2), 2...3), entry("b", .get, .number(2), 4...5)]
    #expect(try LinearizabilityChecker(budget: 1).check(history).judgement == .exhausted(key: "k"))
    #expect(try LinearizabilityChecker(budget: 100).check(history).isLinearizable)
  }

  @Test func whatTheModelDoesNotCoverIsRefused() throws {
    var transaction = entry("a", .put(1), 0...1)
    transaction.transaction = "t"
    var several = entry("a", .put(1), 0...1)
    several.keys = ["x", "y"]
    var backwards = entry("a", .put(1), 0...1)
    backwards.returned = -1
    for refused in [transaction, several, backwards] {
      let error = #expect(throws: HistoryError.self) {
        try LinearizabilityChecker().check([entry("a", .put(1), 0...1), refused])
      }
      #expect(error?.line == 2)
    }
  }
}
