extension RunComparison {
  /// For people: warnings, a table, and what its last column means.
  public var text: String {
    var text = "A: \(names.before)\nB: \(names.after)\n"
    for warning in warnings { text += "warning: \(warning)\n" }
    var table = TextTable(["kind", "metric", "A", "B", "change", "judged"], words: [0, 1, 5])
    for difference in differences {
      table.add([difference.kind, difference.metric.rawValue] + difference.cells)
    }
    return text + "\n" + table.text + "\n" + Self.explanation
  }

  private static var explanation: String {
    """
    Noise is what varies between the seconds of one run; each row judges the values of the seconds (of max: the \
    slowest operation of each).
    What varies between runs, such as a busy machine, shows only when both are run again, in turns.

    """
  }
}

extension RunComparison.Difference {
  fileprivate var cells: [String] {
    [metric.shown(before), metric.shown(after), change, judgement]
  }

  private var change: String {
    if before == after { return "none" }
    return before == 0 ? "from zero" : Decimals.change(after / before)
  }

  private var judgement: String {
    guard verdict == .moreThanNoise, let isBetter else { return verdict.rawValue }
    return "\(verdict.rawValue), \(isBetter ? "better" : "worse")"
  }
}
