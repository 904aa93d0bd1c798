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
    numberKinds(Observations(closed: closed.map(\.step), open: open.map(\.step)))
  }

  /// Gives each kind of open calls a number; a search tries the lowest first.
  private mutating func numberKinds(_ observations: Observations) {
    let kinds = open.map { Kind($0.step, observations) }
    var numbers: [Kind: Int] = [:]
    for rank in 0...Kind.rankMax {
      for kind in kinds where kind.rank == rank && numbers[kind] == nil { numbers[kind] = numbers.count }
    }
    for index in open.indices { open[index].kind = numbers[kinds[index]] ?? 0 }
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

    static let rankMax = 2

    /// Calls that anyone will hardly miss come first, and those last of which others tell how often they happened.
    var rank: Int {
      switch self {
      case .putUnseen, .putUnseenIf, .same(.delete): 0
      case .same(.add): 2
      case .same: 1
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
