public import Environment

/// How a load is run, whatever it does and whoever it is run against.
public struct LoadSettings: Sendable, Equatable {
  public enum Pace: Sendable, Equatable {
    /// Each client begins an operation when its last one is done.
    case closed
    /// Operations begin by a schedule, whatever the answers.
    case open([Stage])
  }

  public var pace: Pace
  /// Operations under way at most.
  public var clients = 16
  /// Event loops that the clients are spread over.
  public var threads = 1
  /// Before the measured time; an open loop goes at the rate that it begins with.
  public var warmUp = Span.zero
  /// Measured time of a closed loop; nil: until ``operations`` have begun. An open loop's is that of its stages.
  public var duration: Span?
  /// The load ends when so many measured operations have begun.
  public var operations: Int?
  /// For each attempt of a call.
  public var timeout = Span.seconds(10)
  /// Further attempts of a call that failed for a while only.
  public var retries = 2
  /// Of the back-off before attempts; the operations have their own.
  public var seed: UInt64 = 1
  /// Records the calls that carry a ``HistoryCall``.
  public var keepsHistory = false

  public init(pace: Pace, duration: Span? = nil) {
    self.pace = pace
    self.duration = duration
  }

  var isOpenLoop: Bool { pace != .closed }

  /// Measured time; nil: without a bound.
  var length: Span? {
    guard case .open(let stages) = pace else { return duration }
    return Span(nanoseconds: stages.reduce(0) { $0 + $1.length.nanoseconds })
  }

  /// From the beginning of the warm-up; nil: a closed loop.
  var schedule: ArrivalSchedule? {
    guard case .open(let stages) = pace, let first = stages.first else { return nil }
    return ArrivalSchedule((warmUp > .zero ? [.steady(first.from, warmUp)] : []) + stages)
  }

  /// Throws where these settings ask for nothing that can be done.
  func check() throws(LoadError) {
    func require(_ isRight: Bool, _ message: String) throws(LoadError) {
      if !isRight { throw LoadError(message) }
    }
    try require((1...LoadLimits.clientsMax).contains(clients), "clients are from 1 to \(LoadLimits.clientsMax)")
    try require((1...LoadLimits.threadsMax).contains(threads), "threads are from 1 to \(LoadLimits.threadsMax)")
    try require(threads <= clients, "each of \(threads) threads needs a client, and there are \(clients)")
    try require((0...LoadLimits.retriesMax).contains(retries), "retries are from 0 to \(LoadLimits.retriesMax)")
    try require(operations ?? 1 > 0, "a load does at least one operation")
    try require(timeout > .zero, "an attempt takes some time")
    switch pace {
    case .closed: try require(duration != nil || operations != nil, "a closed loop ends after a time or operations")
    case .open(let stages): try require(stages.contains { $0.operations > 0 }, "the rate is never above 0")
    }
  }
}
