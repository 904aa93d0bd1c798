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
  /// Killed, a part of its files overwritten, started.
  case corrupt(DrillTarget, CorruptedFile)
  /// Killed, all its files removed, started.
  case wipe(DrillTarget)
  /// Nothing passes between the groups.
  case partition([DrillTarget])
  /// What one process sends does not reach the others.
  case isolate(from: DrillTarget, to: DrillTarget)
  case heal

  public enum CorruptedFile: String, Sendable, CaseIterable {
    case log, database
  }

  enum Name: String, CaseIterable {
    case kill, stop, start, restart, pause, resume, corrupt, wipe, partition, isolate, heal
  }

  /// Whether it can end by itself.
  var hasEnd: Bool {
    switch self {
    case .kill, .stop, .pause, .partition, .isolate: true
    case .start, .restart, .resume, .corrupt, .wipe, .heal: false
    }
  }

  /// Whether it cuts links; `heal` makes all of them whole at once.
  var cutsLinks: Bool {
    switch self {
    case .partition, .isolate: true
    default: false
    }
  }
}

/// Whom a fault strikes; who that is may depend on the moment.
public enum DrillTarget: Sendable, Equatable {
  /// Processes of the topology.
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
