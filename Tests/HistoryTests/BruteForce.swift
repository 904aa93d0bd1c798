import History

/// Tries every order of every choice of unknown operations. Nothing clever, and nothing shared with the checker.
struct BruteForce {
  private let entries: [HistoryEntry]

  init(_ history: [HistoryEntry]) { entries = history.filter { $0.outcome != .fail } }

  func isLinearizable() -> Bool { place(Set(entries.indices), nil) }

  /// Whether the entries of `left` can follow when the register holds `value`.
  private func place(_ left: Set<Int>, _ value: HistoryValue?) -> Bool {
    if left.allSatisfy({ entries[$0].outcome == .unknown }) { return true }
    for index in left.sorted() {
      let mustWait = left.contains { other in
        entries[other].outcome == .ok && entries[other].returned! < entries[index].invoked
      }
      if mustWait { continue }
      for after in results(entries[index], value) where place(left.subtracting([index]), after) { return true }
    }
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
