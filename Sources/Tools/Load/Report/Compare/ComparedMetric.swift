/// What two runs are compared by.
enum ComparedMetric: String, CaseIterable, Sendable {
  case throughput, p50, p99
  case p999 = "p99.9"
  case max, errors

  /// The name in JSON, with its unit.
  var member: String {
    switch self {
    case .throughput: "throughputPerSecond"
    case .p50: "p50Ms"
    case .p99: "p99Ms"
    case .p999: "p999Ms"
    case .max: "maxMs"
    case .errors: "errorsPercent"
    }
  }

  var isBetterWhenHigher: Bool { self == .throughput }

  /// Of a whole run.
  func value(of operation: OperationReport) -> Double {
    switch self {
    case .throughput: operation.perSecond
    case .p50: operation.latency.p50Ms
    case .p99: operation.latency.p99Ms
    case .p999: operation.latency.p999Ms
    case .max: operation.latency.maxMs
    case .errors: operation.count > 0 ? Double(operation.errors) / Double(operation.count) * 100 : 0
    }
  }

  /// Of one second; nil where it says nothing.
  func value(of values: SecondValues, lengthSeconds: Double) -> Double? {
    if self == .throughput { return Double(values.operations) / lengthSeconds }
    guard values.operations > 0 else { return nil }
    return switch self {
    case .p50: values.p50Ms
    case .p99: values.p99Ms
    case .p999: values.p999Ms
    case .max: values.maxMs
    case .errors: Double(values.errors) / Double(values.operations) * 100
    case .throughput: nil
    }
  }

  func shown(_ value: Double) -> String {
    switch self {
    case .throughput: Decimals.fixed(value, 1) + " /s"
    case .p50, .p99, .p999, .max: Decimals.fixed(value, 2) + " ms"
    case .errors: Decimals.fixed(value, 3) + " %"
    }
  }
}
