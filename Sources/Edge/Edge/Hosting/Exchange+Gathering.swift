internal import Coordinator

extension Exchange {
  /// Makes several calls at once, and goes on when each has its outcome, in the order of the calls.
  func gather(_ calls: [Call], _ body: @escaping ([CallOutcome]) -> Void) {
    guard !calls.isEmpty else { return body([]) }
    let gathering = Gathering(count: calls.count)
    for (place, call) in calls.enumerated() {
      service.target.submit(call) { outcome in
        gathering.outcomes[place] = outcome
        gathering.missing -= 1
        if gathering.missing == 0 { body(gathering.outcomes.map { $0! }) }
      }
    }
  }
}

/// Outcomes of several calls on their way to one answer.
private final class Gathering {
  var outcomes: [CallOutcome?]
  var missing: Int

  init(count: Int) {
    outcomes = Array(repeating: nil, count: count)
    missing = count
  }
}
