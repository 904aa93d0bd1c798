/// A register: a value or none.
enum RegisterModel: HistoryModel {
  typealias State = HistoryValue?
  typealias Ledger = RegisterLedger

  enum Step: Hashable {
    case put(HistoryValue)
    case putIf(expected: HistoryValue?, HistoryValue)
    /// The condition was false.
    case refused(expected: HistoryValue?)
    /// `result` is nil where the client was not told.
    case add(Int64, result: Int64?)
    case delete
    case get(HistoryValue?)
  }

  static var initial: State { nil }

  static func apply(_ step: Step, to state: State) -> State? {
    switch step {
    case .put(let value): return .some(value)
    case .putIf(let expected, let value): return state == expected ? .some(value) : nil
    case .refused(let expected): return state != expected ? .some(state) : nil
    case .add(let amount, let result):
      guard let sum = sum(state, amount), result == nil || sum == result else { return nil }
      return .some(.number(sum))
    case .delete: return .some(nil)
    case .get(let value): return state == value ? .some(state) : nil
    }
  }

  static func isReadOnly(_ step: Step) -> Bool {
    switch step {
    case .refused, .get: true
    case .put, .putIf, .add, .delete: false
    }
  }

  static func reach(of open: [Step]) -> RegisterReach { RegisterReach(open) }

  static func canLead(from state: State, isRunning: Bool, to step: Step, _ reach: RegisterReach) -> Bool {
    switch step {
    // They can always happen, and take what was there before away.
    case .put, .delete: false
    // Any change makes the condition false.
    case .refused: true
    case .add(_, nil): true
    case .add(let amount, let result?):
      reach.canMake(.number(result &- amount), of: state, isRunning)
        || result == amount
          && reach.canMake(nil, of: state, isRunning)
    case .putIf(let value, _), .get(let value): reach.canMake(value, of: state, isRunning)
    }
  }

  /// Nil where the register holds no number, or the sum none of 64 bits.
  private static func sum(_ state: State, _ amount: Int64) -> Int64? {
    switch state {
    case nil: return amount
    case .digest: return nil
    case .number(let number):
      let (sum, overflow) = number.addingReportingOverflow(amount)
      return overflow ? nil : sum
    }
  }
}

extension RegisterModel.Step {
  /// What an entry did or may have done; nil where it did nothing and told nothing.
  init?(_ entry: HistoryEntry) {
    switch (entry.outcome, entry.operation, entry.output) {
    case (.fail, _, _), (.unknown, .get, _): return nil
    case (_, .put(let value), _): self = .put(value)
    case (_, .putIf(let expected, _), .applied(false)): self = .refused(expected: expected)
    case (_, .putIf(let expected, let value), _): self = .putIf(expected: expected, value)
    case (_, .add(let amount), .value(.number(let sum))): self = .add(amount, result: sum)
    case (_, .add(let amount), _): self = .add(amount, result: nil)
    case (_, .delete, _): self = .delete
    case (_, .get, .value(let value)): self = .get(value)
    case (_, .get, _): fatalError("A read that is ok has a value.")
    }
  }
}
