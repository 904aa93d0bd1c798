/// The calls on one key.
struct RegisterCalls {
  private(set) var closed: [ClosedCall<RegisterModel.Step>] = []
  private(set) var open: [OpenCall<RegisterModel.Step>] = []

  /// - Parameter entries: of one key, each with its place in the history.
  init(_ entries: [(place: Int, entry: HistoryEntry)]) {
    for (place, entry) in entries {
      guard let step = RegisterModel.Step(entry) else { continue }
      if entry.outcome == .ok, let returned = entry.returned {
        closed.append(ClosedCall(step: step, invoked: entry.invoked, returned: returned, entry: place))
      } else {
        open.append(OpenCall(step: step, invoked: entry.invoked, entry: place, kind: 0))
      }
    }
    open.sort { ($0.invoked, $0.entry) < ($1.invoked, $1.entry) }
    let observations = Observations(closed: closed.map(\.step), open: open.map(\.step))
    var kinds: [Kind: Int] = [:]
    for index in open.indices {
      let kind = Kind(open[index].step, observations)
      open[index].kind = kinds[kind] ?? kinds.count
      kinds[kind] = open[index].kind
    }
  }

  /// Open calls of one kind differ in nothing that anyone has seen: they are equal, or they put values whose difference
  /// nobody tells. Without this a search tries each of them wherever any would do.
  private enum Kind: Hashable {
    case same(RegisterModel.Step)
    case putUnseen(isNumber: Bool)
    case putUnseenIf(expected: HistoryValue?, isNumber: Bool)

    init(_ step: RegisterModel.Step, _ observations: Observations) {
      switch step {
      case .put(let value) where !observations.canTell(value): self = .putUnseen(isNumber: value.isNumber)
      case .putIf(let expected, let value) where !observations.canTell(value):
        self = .putUnseenIf(expected: expected, isNumber: value.isNumber)
      default: self = .same(step)
      }
    }
  }
}

extension HistoryValue {
  fileprivate var isNumber: Bool {
    if case .number = self { return true }
    return false
  }
}

/// The values of a register that some call tells from others.
private struct Observations {
  private var digests: Set<UInt64> = []
  /// Sorted.
  private var numbers: [Int64] = []
  /// The least and the greatest that additions of unknown results make of 0, saturated.
  private var lowest: Int64 = 0
  private var highest: Int64 = 0

  init(closed: [RegisterModel.Step], open: [RegisterModel.Step]) {
    for step in closed + open {
      switch step {
      case .put, .delete: break
      case .putIf(let value, _), .refused(let value), .get(let value): note(value)
      case .add(let amount, let result?): note(.number(result &- amount))
      case .add(let amount, nil):
        if amount < 0 { lowest = Self.sum(lowest, amount) } else { highest = Self.sum(highest, amount) }
      }
    }
    numbers.sort()
  }

  private mutating func note(_ value: HistoryValue?) {
    switch value {
    case .digest(let digest): digests.insert(digest)
    case .number(let number): numbers.append(number)
    case nil: break
    }
  }

  /// Whether a call would tell `value`, or what additions make of it, from other values of its type.
  func canTell(_ value: HistoryValue) -> Bool {
    switch value {
    case .digest(let digest): return digests.contains(digest)
    case .number(let number):
      let (least, greatest) = (Self.sum(number, lowest), Self.sum(number, highest))
      // Near the ends of the range a sum may be none.
      guard least > .min, greatest < .max else { return true }
      var (low, high) = (0, numbers.count)
      while low < high {
        let middle = (low + high) / 2
        if numbers[middle] < least { low = middle + 1 } else { high = middle }
      }
      return low < numbers.count && numbers[low] <= greatest
    }
  }

  private static func sum(_ left: Int64, _ right: Int64) -> Int64 {
    let (sum, overflow) = left.addingReportingOverflow(right)
    return overflow ? (right < 0 ? .min : .max) : sum
  }
}
