internal import Load

/// What a case came to at one system; of several rounds the mean.
struct Measurement: Sendable {
  var perSecond: Double
  var meanMs: Double
  var p50Ms: Double
  var p99Ms: Double
  var p999Ms: Double
  var maxMs: Double
  var errors: Int
  /// CPU time of all processes of the system for an operation, with what it still did after the last answer.
  var systemCPUMicroseconds: Double
  /// The same of the process that drives it.
  var driverCPUMicroseconds: Double
  /// Operations a second of each round.
  var rounds: [Double]

  init(_ report: RunReport, systemCPUMicroseconds: Double) {
    let latency = report.total.latency
    perSecond = report.total.perSecond
    (meanMs, p50Ms, p99Ms) = (latency.meanMs, latency.p50Ms, latency.p99Ms)
    (p999Ms, maxMs) = (latency.p999Ms, latency.maxMs)
    errors = report.total.errors
    self.systemCPUMicroseconds = systemCPUMicroseconds
    driverCPUMicroseconds = report.cpuMicrosecondsPerOperation
    rounds = [perSecond]
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
    mean.systemCPUMicroseconds = average(\.systemCPUMicroseconds)
    mean.driverCPUMicroseconds = average(\.driverCPUMicroseconds)
    mean.rounds = rounds.map(\.perSecond)
    self = mean
  }
}
