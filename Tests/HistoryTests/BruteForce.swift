import History

/// Tries every order of every choice of unknown operations. Nothing clever, and nothing shared with the checker; it only
/// does not try twice to go on from the same operations left and the same value.
struct BruteForce {
  private struct Situation: Hashable {
    /// Bit by bit.
    var left: UInt
    var value: HistoryValue?
  }

  private let entries: [HistoryEntry]
  private var failed: Set<Situation> = []

  init(_ history: [HistoryEntry]) { entries = history.filter { $0.outcome != .fail } }

  mutating func isLinearizable() -> Bool { place(Situation(left: (1 << entries.count) - 1, value: nil)) }

  private mutating func place(_ situation: Situation) -> Bool {
    if failed.contains(situation) { return false }
    let left = entries.indices.filter { situation.left & 1 << $0 != 0 }
    if left.allSatisfy({ entries[$0].outcome == .unknown }) { return true }
    for index in left {
      let mustWait = left.contains { other in
        entries[other].outcome == .ok && entries[other].returned! < entries[index].invoked
      }
      if mustWait { continue }
      for after in results(entries[index], situation.value) {
        if place(Situation(left: situation.left & ~(1 << index), value: after)) { return true }
      }
    }
    failed.insert(situation)
    return false
  }

  /// The value that the entry leaves: none where it cannot happen now, or not with what it told.
  private func results(_ entry: HistoryEntry, _ value: HistoryValue?) -> [HistoryValue?] {
    var after = value
    var output = HistoryOutput.none
    switch entry.operation {
    case .put(let new): after = new
    case .delete: after = nil
    case .get: output = .value(value)
    case .putIf(let expected, let new):
      output = .applied(value == expected)
      if value == expected { after = new }
    case .add(let amount):
      guard case .number(let number) = value ?? .number(0) else { return [] }
      after = .number(number + amount)
      output = entry.output == .none ? .none : .value(after)
    }
    return entry.outcome == .unknown || output == entry.output ? [after] : []
  }
}
