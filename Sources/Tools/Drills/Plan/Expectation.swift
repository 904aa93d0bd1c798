internal import Load
internal import Settings

/// What must be true after a drill; the raw values of ``Kind`` are the keys of its file.
public struct Expectation: Sendable, Equatable {
  public enum Kind: String, Sendable, CaseIterable {
    case lostAcknowledgedWrites = "lost_acknowledged_writes"
    case linearizable
    case unavailableMsMax = "unavailable_ms_max"
    case errorsMax = "errors_max"
    case p99MsMax = "p99_ms_max"
    case convergedWithinSeconds = "converged_within_s"
    case sinkEqual = "sink_equal"
    case regionsEqual = "regions_equal"

    /// It is asked for or it is not; there is no bound.
    var isFlag: Bool { [.linearizable, .sinkEqual, .regionsEqual].contains(self) }
  }

  public var kind: Kind
  /// The bound; of a yes-or-no expectation 1 for yes.
  public var bound: Double

  public init(_ kind: Kind, _ bound: Double) {
    self.kind = kind
    self.bound = bound
  }

  /// As in the file.
  public var text: String {
    kind.isFlag ? "\(kind.rawValue): true" : "\(kind.rawValue): \(Decimals.shortest(bound, 3))"
  }

  /// What it asks for, in a sentence.
  var meaning: String { Self.keys.first { $0.name == kind.rawValue }?.meaning ?? "" }

  /// Every expectation with its unit and meaning, for the drill's file.
  static let keys = [
    SettingKey(
      Kind.lostAcknowledgedWrites.rawValue, .integer(unit: "writes", 0...Int.max), default: "not asked",
      "At most so many of the ledger's acknowledged writes are missing at the end."),
    SettingKey(
      Kind.linearizable.rawValue, .flag, default: "not asked",
      "The load's history is that of one copy of each item; for the workload registers."),
    SettingKey(
      Kind.unavailableMsMax.rawValue, .integer(unit: "milliseconds", 0...3_600_000), default: "not asked",
      "The longest time in which one key that was asked for gave no answer; for the workload registers."),
    SettingKey(
      Kind.errorsMax.rawValue, .integer(unit: "operations", 0...Int.max), default: "not asked",
      "Operations that failed for their client after its retries."),
    SettingKey(
      Kind.p99MsMax.rawValue, .decimal(unit: "milliseconds", 0...3_600_000), default: "not asked",
      "Latency that 99 % of the operations keep, over the whole load."),
    SettingKey(
      Kind.convergedWithinSeconds.rawValue, .decimal(unit: "seconds", 0...3_600), default: "not asked",
      "From the last step of the timeline until every process is up, every shard led, and all replicas equal."),
    SettingKey(
      Kind.sinkEqual.rawValue, .flag, default: "not asked",
      "The mirror in PostgreSQL has caught up and has each item of its table as it is; for topologies with a sink."),
    SettingKey(
      Kind.regionsEqual.rawValue, .flag, default: "not asked",
      "The load's tables and the ledger, which all regions write to, have a replica in each region and are equal."),
  ]
}
