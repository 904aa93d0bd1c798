/// The values of a register that some call tells from others.
struct Observations {
  private var digests: Set<UInt64> = []
  private var numbers = SortedNumbers()
  /// Additions of unknown results.
  private var additions = Additions()

  init(closed: [RegisterModel.Step], open: [RegisterModel.Step]) {
    for step in closed + open {
      switch step {
      case .put, .delete: break
      case .putIf(let value, _), .refused(let value), .get(let value): note(value)
      case .add(let amount, let result?): note(.number(result &- amount))
      case .add(let amount, nil): additions.insert(amount)
      }
    }
    numbers.sort()
  }

  private mutating func note(_ value: HistoryValue?) {
    switch value {
    case .digest(let digest): digests.insert(digest)
    case .number(let number): numbers.insert(number)
    case nil: break
    }
  }

  /// Whether a call would tell `value`, or what additions make of it, from other values of its type.
  func canTell(_ value: HistoryValue) -> Bool {
    switch value {
    case .digest(let digest): return digests.contains(digest)
    case .number(let number):
      let range = additions.range(from: number)
      // Near the ends of the range a sum may be none.
      return range.lowerBound == .min || range.upperBound == .max || numbers.has(in: range)
    }
  }
}
