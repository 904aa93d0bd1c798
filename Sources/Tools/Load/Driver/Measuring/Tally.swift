internal import History

/// What was answered in some time, and how long it took.
struct Tally: Sendable {
  /// How an operation ended.
  enum Ending: Equatable {
    case done
    /// With an answer that the workload foresees.
    case foreseen(String)
    case failed(String)
  }

  struct Kind: Sendable {
    var latency = Times()
    var serviceTime = Times()
    var errors = 0

    mutating func add(_ other: Kind) {
      latency.add(other.latency)
      serviceTime.add(other.serviceTime)
      errors += other.errors
    }

    mutating func reset() {
      latency.reset()
      serviceTime.reset()
      errors = 0
    }
  }

  struct ErrorType: Hashable, Sendable {
    var name: String
    var isForeseen: Bool
  }

  private(set) var measured: [Kind]
  /// Of operations that were due in the warm-up, whenever they were answered.
  private(set) var warmUp: [Kind]
  private(set) var errors: [ErrorType: Int] = [:]
  /// For measured operations, as ``capacityUnits``.
  private(set) var retries = 0
  private(set) var capacityUnits = 0.0
  private(set) var history: [HistoryEntry] = []

  init(kinds: Int) {
    measured = Array(repeating: Kind(), count: kinds)
    warmUp = measured
  }

  mutating func record(kind: Int, _ ending: Ending, latency: UInt64, serviceTime: UInt64?, isMeasured: Bool) {
    if isMeasured {
      measured[kind].record(ending, latency, serviceTime)
      switch ending {
      case .done: break
      case .foreseen(let name): errors[ErrorType(name: name, isForeseen: true), default: 0] += 1
      case .failed(let name): errors[ErrorType(name: name, isForeseen: false), default: 0] += 1
      }
    } else {
      warmUp[kind].record(ending, latency, serviceTime)
    }
  }

  /// Whether nothing was answered.
  var isEmpty: Bool { measured.allSatisfy { $0.latency.count == 0 } && warmUp.allSatisfy { $0.latency.count == 0 } }

  mutating func countRetry() { retries += 1 }

  mutating func count(capacityUnits units: Double) { capacityUnits += units }

  mutating func append(_ entry: HistoryEntry) { history.append(entry) }

  mutating func add(_ other: Tally) {
    for kind in measured.indices { measured[kind].add(other.measured[kind]) }
    for kind in warmUp.indices { warmUp[kind].add(other.warmUp[kind]) }
    for (type, count) in other.errors { errors[type, default: 0] += count }
    retries += other.retries
    capacityUnits += other.capacityUnits
    history += other.history
  }

  mutating func reset() {
    for kind in measured.indices { measured[kind].reset() }
    for kind in warmUp.indices { warmUp[kind].reset() }
    errors = [:]
    retries = 0
    capacityUnits = 0
    history = []
  }

  mutating func takeHistory() -> [HistoryEntry] {
    defer { history = [] }
    return history
  }
}

extension Tally.Kind {
  fileprivate mutating func record(_ ending: Tally.Ending, _ latency: UInt64, _ serviceTime: UInt64?) {
    self.latency.record(latency)
    if let serviceTime { self.serviceTime.record(serviceTime) }
    if case .failed = ending { errors += 1 }
  }
}
