internal import Environment
internal import Telemetry

/// What the API counts. Names of operations and kinds of outcomes only: nothing of a table or an item.
final class EdgeMetrics: Sendable {
  enum Outcome: Int { case success, refused, fault }

  private struct Series: Sendable {
    var outcomes: [Counter]
    var latency: LatencyHistogram
  }

  private let series: [Series]

  init(in registry: inout MetricRegistry) {
    series = OperationName.allCases.map { operation in
      let outcomes = ["success", "refused", "fault"].map { outcome in
        registry.counter(
          "gantry_requests_total",
          help: "API requests by operation and outcome (refused: the client's error, fault: ours).",
          labels: [("operation", operation.rawValue), ("outcome", outcome)])
      }
      let latency = registry.histogram(
        "gantry_request_duration_seconds",
        help: "Time from the last byte of a request to its answer, by operation.",
        labels: [("operation", operation.rawValue)])
      return Series(outcomes: outcomes, latency: latency)
    }
  }

  func finished(_ operation: OperationName, _ outcome: Outcome, since start: Instant, at now: Instant) {
    let series = series[operation.position]
    series.outcomes[outcome.rawValue].add()
    series.latency.record(nanoseconds: now.since(start).nanoseconds)
  }
}
