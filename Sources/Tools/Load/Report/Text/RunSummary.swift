extension RunReport {
  /// The end of a run for people: settings, a table by kind of operation, what went wrong, costs, assertions.
  ///
  /// - Parameter isColoured: only for a terminal.
  public func summary(isColoured: Bool = false) -> String {
    var text = settings.heading + "\n" + table(\.latency)
    if settings.isOpenLoop { text += "\nservice time, from the moment of sending:\n" + table(\.serviceTime) }
    text += "\n" + errorLines + costLines
    if !assertions.isEmpty { text += "\n" + assertionLines(isColoured: isColoured) }
    return text
  }

  private func table(_ times: KeyPath<OperationReport, LatencySummary>) -> String {
    var table = TextTable([
      "kind", "operations", "errors", "ops/sec", "mean(ms)", "p50(ms)", "p90(ms)", "p99(ms)", "p99.9(ms)", "max(ms)",
    ])
    for operation in operations + (operations.count == 1 ? [] : [total]) {
      let summary = operation[keyPath: times]
      table.add(
        [
          operation.kind, "\(operation.count)", "\(operation.errors)", Decimals.fixed(operation.perSecond, 1),
        ]
          + [summary.meanMs, summary.p50Ms, summary.p90Ms, summary.p99Ms, summary.p999Ms, summary.maxMs].map {
            Decimals.fixed($0, 2)
          })
    }
    return table.text
  }

  private var errorLines: String {
    let isForeseen = errors.contains(where: \.isExpected)
    return "errors: " + list(errors.filter { !$0.isExpected }) + "\n"
      + (isForeseen ? "answers that the workload foresees: \(list(errors.filter(\.isExpected)))\n" : "")
  }

  private func list(_ errors: [ErrorCount]) -> String {
    errors.isEmpty ? "none" : errors.map { "\($0.type) \($0.count)" }.joined(separator: ", ")
  }

  private var costLines: String {
    var text = "retries: \(retries)\n"
    if settings.isOpenLoop { text += "asked for by the rate but not begun: \(missed)\n" }
    if let consumedCapacity { text += "consumed capacity: \(Decimals.shortest(consumedCapacity, 1)) units\n" }
    return text + "own CPU: \(Decimals.fixed(cpuMicrosecondsPerOperation, 1)) µs an operation\n"
  }

  private func assertionLines(isColoured: Bool) -> String {
    let width = assertions.map(\.text.count).max() ?? 0
    return assertions.map { result in
      let word = result.isHeld ? "held  " : "MISSED"
      let shown = isColoured ? "\u{1B}[\(result.isHeld ? 32 : 31)m\(word)\u{1B}[0m" : word
      let gap = String(repeating: " ", count: width - result.text.count)
      return "\(shown)  \(result.text)\(gap)  measured: \(result.measured)\n"
    }.joined()
  }
}
