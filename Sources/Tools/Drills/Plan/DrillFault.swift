public import Environment

/// What a drill does to a cluster. The names are those of its file.
public enum DrillFault: Sendable, Equatable {
  /// SIGKILL.
  case kill(DrillTarget)
  /// SIGTERM: the process may hand over what it leads.
  case stop(DrillTarget)
  case start(DrillTarget)
  /// Stopped and started, one process after the other; the next one when the cluster is whole again.
  case restart(DrillTarget)
  /// SIGSTOP: connections stay open, and nothing answers.
  case pause(DrillTarget)
  case resume(DrillTarget)
  /// Killed, a part of its files overwritten, started; of several targets all at once.
  case corrupt(DrillTarget, CorruptedFile)
  /// Killed, all its files removed, started; of several targets all at once.
  case wipe(DrillTarget)
  /// A new node of that name comes and takes its share of the replicas.
  case add(DrillTarget)
  /// Every replica goes to other nodes, then the node goes.
  case drain(DrillTarget)
  /// A new node comes in the place of one that may be dead.
  case replace(DrillTarget)
  /// Nothing passes between the groups.
  case partition([DrillTarget])
  /// What one process sends does not reach the others.
  case isolate(from: DrillTarget, to: DrillTarget)
  /// Every message between the groups takes so much longer, each way, give or take the jitter.
  case delay([DrillTarget], Span, jitter: Span)
  /// So many per cent of the messages between the groups get lost, each way.
  case loss([DrillTarget], percent: Double)
  case heal
  /// Wall clocks are off by so many milliseconds.
  case clock(DrillTarget, offsetMs: Int)
  /// No space is left on a node's disk.
  case fullDisk(DrillTarget)
  /// Each sync of a node takes so much longer.
  case slowDisk(DrillTarget, Span)

  public enum CorruptedFile: String, Sendable, CaseIterable {
    case log, database
    /// What was written to the log last is gone without a trace.
    case tail
  }

  enum Name: String, CaseIterable {
    case kill, stop, start, restart, pause, resume, corrupt, wipe, add, drain, replace, partition, isolate, delay, loss,
      heal, clock
    case fullDisk = "full-disk"
    case slowDisk = "slow-disk"
  }

  /// Whether it can end by itself.
  var hasEnd: Bool {
    switch self {
    case .kill, .stop, .pause, .partition, .isolate, .delay, .loss, .clock, .fullDisk, .slowDisk: true
    case .start, .restart, .resume, .corrupt, .wipe, .add, .drain, .replace, .heal: false
    }
  }

  /// Whether it concerns links; `heal` makes all of them whole at once.
  var concernsLinks: Bool {
    switch self {
    case .partition, .isolate, .delay, .loss: true
    default: false
    }
  }
}

/// Whom a fault strikes; who that is may depend on the moment.
public enum DrillTarget: Sendable, Equatable {
  /// Processes of the topology, a region's nodes and coordinators by its name, or the words below but `others`.
  case names([String])
  /// The node that leads most shards, the first by name of several.
  case leader
  /// The node that leads fewest shards, the last by name of several.
  case follower
  /// All nodes.
  case nodes
  /// All coordinators.
  case coordinators
  /// All nodes and coordinators that the other groups of a partition do not name.
  case others

  static let words = ["leader", "follower", "nodes", "coordinators", "others"]

  init(_ text: String) {
    switch text {
    case "leader": self = .leader
    case "follower": self = .follower
    case "nodes": self = .nodes
    case "coordinators": self = .coordinators
    case "others": self = .others
    default:
      self = .names(text.split(separator: ",").map { String($0.drop { $0 == " " }) })
    }
  }
}
