internal import Load

/// An error as the load generator counts it.
struct ErrorType: Sendable, Equatable {
  var name: String
  var count: Int
}

/// What a case came to at one system; of several rounds the mean.
struct Measurement: Sendable {
  var perSecond: Double
  var meanMs: Double
  var p50Ms: Double
  var p99Ms: Double
  var p999Ms: Double
  var maxMs: Double
  var errors: Int
  /// How often each type of error came; sorted by type.
  var errorTypes: [ErrorType]
  /// CPU time of all processes of the system for an operation, with what it still did after the last answer.
  var systemCPUMicroseconds: Double
  /// The same of the process that drives it.
  var driverCPUMicroseconds: Double
  /// Operations a second of each round.
  var rounds: [Double]
}

extension Measurement {
  init(_ report: RunReport, systemCPUMicroseconds: Double) {
    let latency = report.total.latency
    self.init(
      perSecond: report.total.perSecond, meanMs: latency.meanMs, p50Ms: latency.p50Ms, p99Ms: latency.p99Ms,
      p999Ms: latency.p999Ms, maxMs: latency.maxMs, errors: report.total.errors,
      errorTypes: Self.merged(report.errors.map { ErrorType(name: $0.type, count: $0.count) }),
      systemCPUMicroseconds: systemCPUMicroseconds, driverCPUMicroseconds: report.cpuMicrosecondsPerOperation,
      rounds: [report.total.perSecond])
  }

  /// The mean of rounds; errors are summed up, and the maximum is the largest.
  init(rounds: [Measurement]) {
    guard var mean = rounds.first else { fatalError("A case has at least one round.") }
    func average(_ value: (Measurement) -> Double) -> Double {
      rounds.reduce(0) { $0 + value($1) } / Double(rounds.count)
    }
    mean.perSecond = average(\.perSecond)
    mean.meanMs = average(\.meanMs)
    mean.p50Ms = average(\.p50Ms)
    mean.p99Ms = average(\.p99Ms)
    mean.p999Ms = average(\.p999Ms)
    mean.maxMs = rounds.map(\.maxMs).max() ?? 0
    mean.errors = rounds.reduce(0) { $0 + $1.errors }
    mean.errorTypes = Self.merged(rounds.flatMap(\.errorTypes))
    mean.systemCPUMicroseconds = average(\.systemCPUMicroseconds)
    mean.driverCPUMicroseconds = average(\.driverCPUMicroseconds)
    mean.rounds = rounds.map(\.perSecond)
    self = mean
  }

  private static func merged(_ types: [ErrorType]) -> [ErrorType] {
    var counts: [String: Int] = [:]
    for type in types { counts[type.name, default: 0] += type.count }
    return counts.map { ErrorType(name: $0.key, count: $0.value) }.sorted { $0.name < $1.name }
  }

  /// `3 timeout, 1 connection`; nil where there was none.
  var errorText: String? {
    errorTypes.isEmpty ? nil : errorTypes.map { "\($0.count) \($0.name)" }.joined(separator: ", ")
  }
}
