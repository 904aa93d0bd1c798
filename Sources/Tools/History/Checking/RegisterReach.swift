/// What the open calls of a register could make of it, if all of them were still to come: more than they can.
struct RegisterReach {
  private var additions = Additions()
  /// What they put, and 0 for additions after a delete.
  private var numbers = SortedNumbers()
  private var digests: Set<UInt64> = []
  private var hasDelete = false
  /// What conditions ask for; additions may make it.
  private var expectedNumbers = SortedNumbers()
  private var expectedDigests: Set<UInt64> = []
  private var expectsNone = false

  init(_ open: [RegisterModel.Step]) {
    for step in open {
      switch step {
      case .put(let value): notePut(value)
      case .putIf(let expected, let value):
        notePut(value)
        noteExpected(expected)
      case .add(let amount, _): additions.insert(amount)
      case .delete:
        hasDelete = true
        numbers.insert(0)
      case .refused, .get: break
      }
    }
    numbers.sort()
    expectedNumbers.sort()
  }

  private mutating func notePut(_ value: HistoryValue) {
    switch value {
    case .digest(let digest): digests.insert(digest)
    case .number(let number): numbers.insert(number)
    }
  }

  private mutating func noteExpected(_ value: HistoryValue?) {
    switch value {
    case .digest(let digest): expectedDigests.insert(digest)
    case .number(let number): expectedNumbers.insert(number)
    case nil: expectsNone = true
    }
  }

  /// Whether a run of open calls may make `value` of `state`. In a run that has begun a blind write would make what led
  /// to `state` needless: only conditions and additions can follow.
  func canMake(_ value: HistoryValue?, of state: HistoryValue?, _ isRunning: Bool) -> Bool {
    if isRunning && canMeetCondition(from: state) { return true }
    switch value {
    case nil: return !isRunning && hasDelete
    case .digest(let digest): return !isRunning && digests.contains(digest)
    case .number(let number):
      if let base = Self.base(state), additions.range(from: base).contains(number) { return true }
      return !isRunning && numbers.has(in: additions.range(to: number))
    }
  }

  private func canMeetCondition(from state: HistoryValue?) -> Bool {
    switch state {
    case nil: expectsNone || expectedNumbers.has(in: additions.range(from: 0))
    case .digest(let digest): expectedDigests.contains(digest)
    case .number(let number): expectedNumbers.has(in: additions.range(from: number))
    }
  }

  /// What additions start from.
  private static func base(_ state: HistoryValue?) -> Int64? {
    switch state {
    case nil: 0
    case .digest: nil
    case .number(let number): number
    }
  }
}
