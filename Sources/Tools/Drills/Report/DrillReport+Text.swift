internal import Load

extension DrillReport {
  /// For a terminal: the verdict first, then what each expectation came to.
  public func summary(isColoured: Bool) -> String {
    var text = "\(shown(verdict, isColoured))  \(drill.title) (\(drill.source))\n"
    if let invalidity { text += "  proves nothing: \(invalidity)\n" }
    var table = TextTable(["", "expected", "measured", "evidence"], words: [0, 1, 2, 3])
    for result in results {
      table.add([
        mark(result.isHeld), result.expectation.text, result.measured,
        result.evidence.split(separator: "\n").first.map(String.init) ?? "",
      ])
    }
    return text + table.text
  }

  private func mark(_ isHeld: Bool?) -> String { isHeld.map { $0 ? "held" : "MISSED" } ?? "-" }

  private func shown(_ verdict: Verdict, _ isColoured: Bool) -> String {
    let word = verdict.rawValue.uppercased()
    guard isColoured else { return word }
    return "\u{1B}[\(verdict == .held ? "32" : "31")m\(word)\u{1B}[0m"
  }
}
