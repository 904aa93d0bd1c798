@testable import Load

/// Runs that were made up, for tests of what is made of a run.
enum ReportSamples {
  static let closed = RunSettings(
    workload: "ycsb-a", seed: 7, endpoints: ["http://127.0.0.1:8000", "http://127.0.0.1:8001"], clients: 64, rate: nil,
    durationMs: 30_000, warmUpMs: 5000)

  static var open: RunSettings {
    var settings = closed
    settings.rate = 2000
    return settings
  }

  static func times(_ p50Ms: Double, count: Int = 1000) -> LatencySummary {
    LatencySummary(
      count: count, meanMs: p50Ms * 1.25, p50Ms: p50Ms, p90Ms: p50Ms * 2, p95Ms: p50Ms * 2.5, p99Ms: p50Ms * 4,
      p999Ms: p50Ms * 8, maxMs: p50Ms * 16,
      percentiles: [
        Percentile(quantile: 0, valueMs: p50Ms / 4), Percentile(quantile: 0.5, valueMs: p50Ms),
        Percentile(quantile: 0.9, valueMs: p50Ms * 2), Percentile(quantile: 0.99, valueMs: p50Ms * 4),
        Percentile(quantile: 0.999, valueMs: p50Ms * 8), Percentile(quantile: 1, valueMs: p50Ms * 16),
      ])
  }

  static func second(_ at: Double, read: SecondValues, update: SecondValues) -> SecondReport {
    let total = SecondValues(
      operations: read.operations + update.operations, errors: read.errors + update.errors,
      p50Ms: (read.p50Ms + update.p50Ms) / 2, p95Ms: max(read.p95Ms, update.p95Ms),
      p99Ms: max(read.p99Ms, update.p99Ms),
      p999Ms: max(read.p999Ms, update.p999Ms), maxMs: max(read.maxMs, update.maxMs))
    return SecondReport(atSeconds: at, total: total, kinds: [read, update])
  }

  static func values(_ operations: Int, _ p50Ms: Double, errors: Int = 0) -> SecondValues {
    SecondValues(
      operations: operations, errors: errors, p50Ms: p50Ms, p95Ms: p50Ms * 2, p99Ms: p50Ms * 4, p999Ms: p50Ms * 6,
      maxMs: p50Ms * 8)
  }

  static func report(_ settings: RunSettings = open, seconds: [SecondReport]? = nil) -> RunReport {
    let read = OperationReport(
      kind: "read", count: 1900, errors: 0, perSecond: 950, latency: times(1.5), serviceTime: times(1))
    let update = OperationReport(
      kind: "update", count: 100, errors: 2, perSecond: 50, latency: times(2.5), serviceTime: times(2))
    let total = OperationReport(
      kind: "all", count: 2000, errors: 2, perSecond: 1000, latency: times(1.6), serviceTime: times(1.1))
    return RunReport(
      settings: settings, startedAt: "2026-01-02T03:04:05Z", elapsedMs: 2000, operations: [read, update], total: total,
      seconds: seconds ?? [
        second(0, read: values(900, 1.4), update: values(40, 2.4)),
        second(1, read: values(950, 1.5), update: values(50, 2.5)),
        second(2, read: values(950, 1.5), update: values(50, 2.5, errors: 2)),
      ],
      errors: [
        ErrorCount(type: "ThrottlingException", count: 1), ErrorCount(type: "timeout", count: 1),
        ErrorCount(type: "ConditionalCheckFailedException", count: 12, isExpected: true),
      ],
      retries: 3, consumedCapacity: 1050.5, cpuMicrosecondsPerOperation: 12.34, missed: 4)
  }
}
