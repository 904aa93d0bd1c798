/// What a load was, and what it measured. Times are in milliseconds; latencies of an open loop count from the intended
/// start of an operation.
public struct RunReport: Sendable, Equatable {
  public var settings: RunSettings
  /// When the measured time began, ISO 8601 in UTC.
  public var startedAt: String
  /// Measured time, without the warm-up.
  public var elapsedMs: Double
  /// One for each kind of operation, in the workload's order.
  public var operations: [OperationReport] = []
  /// All kinds together.
  public var total: OperationReport
  public var seconds: [SecondReport] = []
  public var errors: [ErrorCount] = []
  /// Attempts beyond the first of a call.
  public var retries = 0
  /// As the service told it; nil where it was not asked for.
  public var consumedCapacity: Double?
  /// CPU time that this process spent for one operation, its own user and system time.
  public var cpuMicrosecondsPerOperation: Double
  /// Operations that a rate asked for and that were not begun before the end.
  public var missed = 0
  public var assertions: [AssertionResult] = []
}

/// How a load was run.
public struct RunSettings: Sendable, Equatable {
  public var workload: String
  public var seed: UInt64
  public var endpoints: [String]
  public var clients: Int
  /// Operations a second of an open loop, the highest where there are stages; nil: a closed loop.
  public var rate: Double?
  /// As given: `ramp 100..1000 10s, hold 30s`; empty where there are none.
  public var stages: String = ""
  public var durationMs: Double
  public var warmUpMs: Double

  public var isOpenLoop: Bool { rate != nil }
}

/// What one kind of operation came to.
public struct OperationReport: Sendable, Equatable {
  public var kind: String
  /// Operations answered, well or with an error.
  public var count = 0
  public var errors = 0
  public var perSecond = 0.0
  public var latency: LatencySummary
  /// From the moment of sending; the same as ``latency`` in a closed loop.
  public var serviceTime: LatencySummary
}

/// A distribution of times in milliseconds.
public struct LatencySummary: Sendable, Equatable {
  public var count = 0
  public var meanMs = 0.0
  public var p50Ms = 0.0
  public var p90Ms = 0.0
  public var p95Ms = 0.0
  public var p99Ms = 0.0
  public var p999Ms = 0.0
  public var maxMs = 0.0
  /// The curve: from 0 to 1, rising.
  public var percentiles: [Percentile] = []
}

public struct Percentile: Sendable, Equatable {
  /// Of 1: 0.999.
  public var quantile: Double
  public var valueMs: Double
}

/// One second of a run.
public struct SecondReport: Sendable, Equatable {
  /// Its end, counted from the beginning of the measured time; zero or below in the warm-up.
  public var atSeconds: Double
  /// The last one of a run may be shorter than a second.
  public var lengthSeconds = 1.0
  /// All kinds together.
  public var total: SecondValues
  /// One for each kind of operation, in the order of ``RunReport/operations``.
  public var kinds: [SecondValues] = []

  public var isWarmUp: Bool { atSeconds <= 0 }
}

/// What was answered within a second.
public struct SecondValues: Sendable, Equatable {
  public var operations = 0
  public var errors = 0
  public var p50Ms = 0.0
  public var p95Ms = 0.0
  public var p99Ms = 0.0
  public var p999Ms = 0.0
  public var maxMs = 0.0
}

public struct ErrorCount: Sendable, Equatable {
  /// The service's code, or why there was no answer: `timeout`, `connection`.
  public var type: String
  public var count: Int
  /// The workload foresees it, such as a condition that another client made false; not among
  /// ``OperationReport/errors``.
  public var isExpected = false
}

/// A threshold, and whether it was kept.
public struct AssertionResult: Sendable, Equatable {
  public var text: String
  public var isHeld: Bool
  /// What was measured, with its unit.
  public var measured: String
}
