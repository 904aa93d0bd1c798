/// Why a text is no assertion, or one that says nothing about a run.
public struct AssertionError: Error, Equatable, Sendable, CustomStringConvertible {
  public var description: String

  init(_ description: String) { self.description = description }
}

/// A threshold for a run: `p99<10ms`, `errors==0`, `errors<1%`, `read.p99.9<=20ms`, `throughput>1000`.
///
/// Of a kind of operation where one stands before the point, else of all together. Where there
/// were no operations of that kind, every assertion but one about `count` is missed: a run that did nothing has proved
/// nothing.
public struct Assertion: Sendable, Equatable {
  /// As given.
  public let text: String
  let kind: String?
  let metric: AssertionMetric
  let comparison: AssertionComparison
  let limit: Double
  /// Whether the limit is a share of the operations, of 1.
  let isShare: Bool

  /// Throws where the kind of operation is none of the workload's, so that a run need not begin.
  public func check(kinds: [String]) throws(AssertionError) {
    guard let kind, !kinds.contains(kind) else { return }
    throw AssertionError(
      "'\(text)': the workload has no operation '\(kind)'; it has \(kinds.joined(separator: ", "))")
  }

  /// Judges a run. Throws as ``check(kinds:)``.
  public func result(in report: RunReport) throws(AssertionError) -> AssertionResult {
    try check(kinds: report.operations.map(\.kind))
    let operation = report.operations.first { $0.kind == kind } ?? report.total
    guard operation.count > 0 || metric == .count || !metric.isByKind else {
      return AssertionResult(text: text, isHeld: false, measured: "nothing, as there were no operations")
    }
    let measured = value(of: operation, in: report)
    return AssertionResult(
      text: text, isHeld: comparison.holds(measured, limit), measured: shown(measured, operation))
  }

  private func value(of operation: OperationReport, in report: RunReport) -> Double {
    switch metric {
    case .p50: operation.latency.p50Ms
    case .p90: operation.latency.p90Ms
    case .p95: operation.latency.p95Ms
    case .p99: operation.latency.p99Ms
    case .p999: operation.latency.p999Ms
    case .max: operation.latency.maxMs
    case .mean: operation.latency.meanMs
    case .errors: Double(operation.errors) / (isShare ? Double(operation.count) : 1)
    case .throughput: operation.perSecond
    case .retries: Double(report.retries)
    case .missed: Double(report.missed)
    case .count: Double(operation.count)
    }
  }

  private func shown(_ measured: Double, _ operation: OperationReport) -> String {
    switch metric.unit {
    case .time: "\(Decimals.shortest(measured, 3)) ms"
    case .perSecond: "\(Decimals.shortest(measured, 1)) a second"
    case .number: Decimals.shortest(measured, 0)
    case .numberOrShare:
      "\(operation.errors) of \(operation.count)"
        + (isShare ? " (\(Decimals.shortest(measured * 100, 3)) %)" : "")
    }
  }
}
