import Environment
import History

/// Short histories of one register, over so few values that many operations explain each other by chance.
struct RandomHistory {
  private var random: SeededRandom

  init(seed: UInt64) { random = SeededRandom(seed: seed) }

  /// Lawful by construction: each operation has a moment at which it happens. Then, at times, one answer is changed.
  mutating func next(count: Int, unknownPercent: UInt64) -> [HistoryEntry] {
    var drafts: [(moment: Int64, entry: HistoryEntry)] = []
    let span = Int64(random.below(UInt64(count * 5)) + 4)
    for number in 0..<count {
      let (invoked, length) = (Int64(random.below(UInt64(span))), Int64(random.below(8)))
      let moment = invoked + Int64(random.below(UInt64(length + 1)))
      drafts.append((moment, entry("c\(number)", operation(), invoked...invoked + length)))
    }
    drafts.sort { $0.moment < $1.moment }
    var value: HistoryValue?
    var history: [HistoryEntry] = []
    for draft in drafts {
      var entry = draft.entry
      if random.chance(unknownPercent, in: 100) {
        entry.outcome = .unknown
        if random.chance(1, in: 2) { _ = Self.happen(&entry, &value) }
        entry.output = .none
        if random.chance(1, in: 2) { entry.returned = nil }
      } else if random.chance(1, in: 20) || !Self.happen(&entry, &value) {
        entry.outcome = .fail
      } else if case .add = entry.operation, random.chance(1, in: 3) {
        entry.output = .none
      }
      history.append(entry)
    }
    if random.chance(4, in: 5) { change(&history[Int(random.below(UInt64(count)))]) }
    return history
  }

  private mutating func value() -> HistoryValue {
    random.chance(1, in: 10) ? .digest(random.below(2)) : .number(Int64(random.below(4)))
  }

  private mutating func optionalValue() -> HistoryValue? { random.chance(1, in: 3) ? nil : value() }

  private mutating func operation() -> HistoryOperation {
    switch random.below(8) {
    case 0, 1: .put(value())
    case 2, 3: .putIf(expected: optionalValue(), value())
    case 4: .add(Int64(random.below(4)) - 1)
    case 5: .delete
    default: .get
    }
  }

  private mutating func change(_ entry: inout HistoryEntry) {
    switch (entry.outcome, entry.output) {
    case (.ok, .applied(let isApplied)): entry.output = .applied(!isApplied)
    case (.ok, .value): entry.output = entry.operation == .get ? .value(optionalValue()) : .number(2)
    case (.ok, .none): entry.outcome = .fail
    case (.fail, _) where entry.operation == .delete: entry.outcome = .ok
    default: break
    }
  }

  /// False where the register refuses the operation.
  private static func happen(_ entry: inout HistoryEntry, _ value: inout HistoryValue?) -> Bool {
    switch entry.operation {
    case .put(let new): value = new
    case .delete: value = nil
    case .get: entry.output = .value(value)
    case .putIf(let expected, let new):
      entry.output = .applied(value == expected)
      if value == expected { value = new }
    case .add(let amount):
      guard case .number(let number) = value ?? .number(0) else { return false }
      value = .number(number + amount)
      entry.output = .value(value)
    }
    return true
  }
}
