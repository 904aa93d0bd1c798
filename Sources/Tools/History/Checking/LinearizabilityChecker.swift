/// Judges whether a history of registers is linearizable (Herlihy and Wing, 1990): whether each operation can have taken
/// effect at one moment between its invocation and its return, so that all answers are right.
///
/// Registers are independent, so each key is judged alone (locality, theorem 1 of the same paper).
public struct LinearizabilityChecker: Sendable {
  /// How often the model may be asked for one key: some seconds in a release build.
  public static let standardBudget = 200_000_000

  public var budget: Int

  public init(budget: Int = standardBudget) { self.budget = budget }

  /// Throws for entries that the model of registers does not cover: several keys, transactions.
  public func check(_ history: [HistoryEntry]) throws(HistoryError) -> Verdict {
    var verdict = Verdict(judgement: .linearizable, operations: 0, unknown: 0, steps: 0)
    let keys = try Self.byKey(history)
    for key in keys.keys.sorted() {
      let calls = RegisterCalls((keys[key] ?? []).map { ($0, history[$0]) })
      var search = Search<RegisterModel>(closed: calls.closed, open: calls.open, budget: budget)
      let end = search.run()
      verdict.operations += calls.closed.count + calls.open.count
      verdict.unknown += calls.open.count
      verdict.steps += search.steps
      switch (end, verdict.judgement) {
      case (.found, _), (_, .violation): break
      case (.exhausted, .linearizable): verdict.judgement = .exhausted(key: key)
      case (.exhausted, .exhausted): break
      case (.none, _):
        guard let deadEnd = search.deadEnd else { fatalError("A search that found no order has a dead end.") }
        verdict.judgement = .violation(key: key, evidence: Evidence(history, calls, deadEnd).text)
      }
    }
    return verdict
  }

  private static func byKey(_ history: [HistoryEntry]) throws(HistoryError) -> [String: [Int]] {
    var keys: [String: [Int]] = [:]
    for (place, entry) in history.enumerated() {
      if let fault = entry.fault { throw HistoryError(line: place + 1, message: fault) }
      guard entry.keys.count == 1, entry.transaction == nil else {
        throw HistoryError(line: place + 1, message: "registers have neither several keys nor transactions")
      }
      keys[entry.keys[0], default: []].append(place)
    }
    return keys
  }
}
