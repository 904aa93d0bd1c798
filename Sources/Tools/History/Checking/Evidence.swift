/// Why a register's history is not linearizable, for a person: how far an order can go, and what cannot come next.
struct Evidence {
  /// Unknown operations that are named; there may be hundreds.
  private static let openMax = 12

  private let history: [HistoryEntry]
  private let calls: RegisterCalls
  private let deadEnd: DeadEnd<RegisterModel.State>
  /// Times are told from here.
  private let start: Int64

  init(_ history: [HistoryEntry], _ calls: RegisterCalls, _ deadEnd: DeadEnd<RegisterModel.State>) {
    self.history = history
    self.calls = calls
    self.deadEnd = deadEnd
    start = history.map(\.invoked).min() ?? 0
  }

  var text: String {
    var lines = [
      "The longest order that explains its answers has \(deadEnd.placed) of \(calls.closed.count) operations:"
    ]
    if deadEnd.placed > deadEnd.last.count { lines.append("  …") }
    lines += deadEnd.last.map { "  " + line($0) }
    let value = deadEnd.state.map(\.description) ?? "none"
    if !deadEnd.unmet.isEmpty {
      lines.append("The value is then \(value), and nothing that is left brings back what these need:")
      lines += deadEnd.unmet.map { "  " + line($0) }
      return lines.joined(separator: "\n")
    }
    lines.append("The value is then \(value). One of these had to come next, before the first return, and none can:")
    lines += deadEnd.waiting.map { "  " + line($0) }
    let used = Set(deadEnd.last)
    let open = calls.open.filter { $0.invoked <= deadEnd.firstReturn && !used.contains($0.entry) }.map(\.entry)
    if !open.isEmpty {
      lines.append("Operations of unknown outcome do not explain it either, the newest of \(open.count) being:")
      lines += open.suffix(Self.openMax).map { "  " + line($0) }
    }
    return lines.joined(separator: "\n")
  }

  private func line(_ place: Int) -> String {
    let entry = history[place]
    let returned = entry.outcome == .unknown ? "?" : milliseconds((entry.returned ?? 0) - start)
    return
      "[\(milliseconds(entry.invoked - start)), \(returned)] \(entry.client): \(Self.words(entry)) (line \(place + 1))"
  }

  private func milliseconds(_ nanoseconds: Int64) -> String {
    let (whole, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000)
    let micros = String(rest / 1_000)
    return "\(whole).\(String(repeating: "0", count: 3 - micros.count))\(micros) ms"
  }

  private static func words(_ entry: HistoryEntry) -> String {
    let asked =
      switch entry.operation {
      case .put(let value): "put \(value)"
      case .putIf(let expected, let value): "put \(value) if \(expected.map(\.description) ?? "none")"
      case .add(let amount): "add \(amount)"
      case .delete: "delete"
      case .get: "get"
      }
    return switch (entry.outcome, entry.output) {
    case (.ok, .none), (.ok, .applied(true)): asked
    case (.ok, .applied(false)): asked + " → condition false"
    case (.ok, .value(let value)): asked + " → \(value.map(\.description) ?? "none")"
    case (.fail, _): asked + " → failed"
    case (.unknown, _): asked + " → unknown"
    }
  }
}
