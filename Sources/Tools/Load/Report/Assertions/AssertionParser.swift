extension Assertion {
  /// Reads `[KIND.]METRIC OPERATOR LIMIT[UNIT]`; spaces may stand between the parts. An error names what is allowed.
  public init(parsing text: String) throws(AssertionError) {
    let parts = try Self.parts(of: text)
    guard let (kind, metric) = AssertionMetric.split(parts.subject) else {
      let names = AssertionMetric.allCases.map(\.rawValue).joined(separator: ", ")
      throw AssertionError(
        "'\(text)': '\(parts.subject)' is nothing that is measured; allowed are \(names), "
          + "and before each the name of an operation, such as read.p99")
    }
    guard kind == nil || metric.isByKind else {
      throw AssertionError("'\(text)': \(metric.rawValue) is counted for the whole run, not for one kind of operation")
    }
    let limit = try Self.limit(parts.limit, of: metric, in: text)
    self.init(
      text: text, kind: kind, metric: metric, comparison: parts.comparison, limit: limit.value, isShare: limit.isShare)
  }

  private static func parts(
    of text: String
  ) throws(AssertionError) -> (subject: Substring, comparison: AssertionComparison, limit: Substring) {
    let isOperator: (Character) -> Bool = { "<>=!".contains($0) }
    guard let start = text.firstIndex(where: isOperator) else {
      throw AssertionError("'\(text)' compares nothing; write it like p99<10ms, with one of \(operators)")
    }
    let end = text[start...].firstIndex { !isOperator($0) } ?? text.endIndex
    guard let comparison = AssertionComparison(rawValue: String(text[start..<end])) else {
      throw AssertionError("'\(text)': '\(text[start..<end])' is no operator; allowed are \(operators)")
    }
    return (trimmed(text[..<start]), comparison, trimmed(text[end...]))
  }

  private static var operators: String { "< <= > >= == !=" }

  private static func trimmed(_ text: Substring) -> Substring {
    var text = text
    while text.first == " " { text.removeFirst() }
    while text.last == " " { text.removeLast() }
    return text
  }

  private static func limit(
    _ limit: Substring, of metric: AssertionMetric, in text: String
  ) throws(AssertionError) -> (value: Double, isShare: Bool) {
    let digits = limit.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
    let unit = trimmed(limit[digits.endIndex...])
    if let number = Double(digits), let divisor = divisor(unit, metric.unit) {
      return (number / divisor, unit == "%")
    }
    throw AssertionError("'\(text)': \(metric.rawValue) is compared with \(allowed(metric.unit)), not with '\(limit)'")
  }

  // A quotient and not a product: 1 / 100 is the number nearest to 1 %, as it is when errors are divided by operations.
  private static func divisor(_ unit: Substring, _ allowed: AssertionMetric.Unit) -> Double? {
    switch (allowed, unit) {
    case (.time, "us"), (.time, "µs"): 1000
    case (.time, "ms"): 1
    case (.time, "s"): 0.001
    case (.number, ""), (.perSecond, ""), (.perSecond, "/s"), (.numberOrShare, ""): 1
    case (.numberOrShare, "%"): 100
    default: nil
    }
  }

  private static func allowed(_ unit: AssertionMetric.Unit) -> String {
    switch unit {
    case .time: "a time and its unit, one of us, ms and s, such as 10ms"
    case .number: "a plain number"
    case .perSecond: "operations a second, such as 1000"
    case .numberOrShare: "a plain number or a share of the operations, such as 0 or 1%"
    }
  }
}
