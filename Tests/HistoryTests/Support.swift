import History

/// One operation of a short history, on the key `k` unless it says otherwise.
func entry(
  _ client: String, _ operation: HistoryOperation, _ output: HistoryOutput, key: String = "k",
  _ times: ClosedRange<Int64>, _ outcome: HistoryOutcome = .ok
) -> HistoryEntry {
  HistoryEntry(
    client: client, operation, keys: [key], output: output, invoked: times.lowerBound, returned: times.upperBound,
    outcome: outcome)
}

func entry(
  _ client: String, _ operation: HistoryOperation, key: String = "k", _ times: ClosedRange<Int64>,
  _ outcome: HistoryOutcome = .ok
) -> HistoryEntry {
  entry(client, operation, .none, key: key, times, outcome)
}

extension HistoryOperation {
  static func put(_ number: Int64) -> HistoryOperation { .put(.number(number)) }
  static func putIfAbsent(_ number: Int64) -> HistoryOperation { .putIf(expected: nil, .number(number)) }
  static func putIf(_ expected: Int64, _ number: Int64) -> HistoryOperation {
    .putIf(expected: .number(expected), .number(number))
  }
}

extension HistoryOutput {
  static func number(_ number: Int64) -> HistoryOutput { .value(.number(number)) }
  static var absent: HistoryOutput { .value(nil) }
}

func isLinearizable(_ history: [HistoryEntry]) throws -> Bool {
  try LinearizabilityChecker().check(history).isLinearizable
}
