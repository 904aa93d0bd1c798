/// What an assertion may be about.
enum AssertionMetric: String, CaseIterable, Sendable {
  case p50, p90, p95, p99
  case p999 = "p99.9"
  case max, mean, errors, throughput, retries, missed, count

  /// How a limit is written.
  enum Unit: Sendable {
    /// Kept in milliseconds.
    case time
    case number
    case perSecond
    /// A number, or a share of the operations.
    case numberOrShare
  }

  var unit: Unit {
    switch self {
    case .p50, .p90, .p95, .p99, .p999, .max, .mean: .time
    case .errors: .numberOrShare
    case .throughput: .perSecond
    case .retries, .missed, .count: .number
    }
  }

  /// Whether it is known for each kind of operation, and not only for the whole run.
  var isByKind: Bool { self != .retries && self != .missed }

  /// The name in an assertion, and what may stand before it: `p99`, `read.p99.9`, `p999`.
  static func split(_ text: Substring) -> (kind: String?, metric: AssertionMetric)? {
    let names = allCases.map { ($0.rawValue, $0) } + [("p999", .p999)]
    for (name, metric) in names {
      if text == name { return (nil, metric) }
      let ending = "." + name
      if text.hasSuffix(ending), text.count > ending.count {
        return (String(text.dropLast(ending.count)), metric)
      }
    }
    return nil
  }
}

/// How an assertion compares what was measured with its limit.
enum AssertionComparison: String, CaseIterable, Sendable {
  // Longer ones first: `<=` also begins with `<`.
  case atMost = "<="
  case atLeast = ">="
  case equal = "=="
  case unequal = "!="
  case below = "<"
  case above = ">"

  func holds(_ measured: Double, _ limit: Double) -> Bool {
    switch self {
    case .atMost: measured <= limit
    case .atLeast: measured >= limit
    case .equal: measured == limit
    case .unequal: measured != limit
    case .below: measured < limit
    case .above: measured > limit
    }
  }
}
