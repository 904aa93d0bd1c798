/// The files of `Cluster/drills`, so that their names work wherever the binary is; a test keeps them equal.
public enum BuiltInDrills {
  public static let names = texts.map(\.name)

  /// The file's text; nil for a name that is not built in.
  public static func text(_ name: String) -> String? { texts.first { $0.name == name }?.text }

  private static let texts: [(name: String, text: String)] = [
    ("coordinator-kill", coordinatorKill),
    ("database-corruption", databaseCorruption),
    ("follower-kill", followerKill),
    ("leader-flap", leaderFlap),
    ("leader-kill", leaderKill),
    ("leader-partition", leaderPartition),
    ("leader-pause", leaderPause),
    ("leader-stop", leaderStop),
    ("log-corruption", logCorruption),
    ("minority-partition", minorityPartition),
    ("node-wiped", nodeWiped),
    ("one-way-link", oneWayLink),
    ("power-cut", powerCut),
    ("rolling-restart", rollingRestart),
  ]

  private static let coordinatorKill = """
    # Clients that know both coordinators go on at the other one.
    title: A coordinator is killed
    load:
      set: [keys=24]
      duration: 20s
    timeline:
      - {at: 4s, fault: kill, target: c1, duration: 6s}
    expect:
      lost_acknowledged_writes: 0
      linearizable: true
      unavailable_ms_max: 1000
      errors_max: 0
      converged_within_s: 20

    """

  private static let databaseCorruption = """
    # Pages of a shard database change while the node is down. Checksums find them; no read may show them.
    title: A database is corrupted
    load:
      set: [keys=24]
      duration: 30s
    timeline:
      - {at: 4s, fault: corrupt, target: follower, file: database}
    expect:
      lost_acknowledged_writes: 0
      linearizable: true
      unavailable_ms_max: 1000
      errors_max: 0
      converged_within_s: 20

    """

  private static let followerKill = """
    # A majority goes on without the node that leads fewest shards; it catches up when it is back.
    title: A follower is killed
    load:
      set: [keys=24]
      duration: 20s
    timeline:
      - {at: 4s, fault: kill, target: follower, duration: 6s}
    expect:
      lost_acknowledged_writes: 0
      linearizable: true
      unavailable_ms_max: 500
      errors_max: 0
      converged_within_s: 20

    """

  private static let leaderFlap = """
    # Whoever leads is killed, again and again, before all is calm.
    title: Leaders are killed one after the other
    load:
      set: [keys=24]
      duration: 35s
    timeline:
      - {at: 4s, fault: kill, target: leader, duration: 3s}
      - {at: 10s, fault: kill, target: leader, duration: 3s}
      - {at: 16s, fault: kill, target: leader, duration: 3s}
      - {at: 22s, fault: kill, target: leader, duration: 3s}
    expect:
      lost_acknowledged_writes: 0
      linearizable: true
      unavailable_ms_max: 1000
      errors_max: 0
      converged_within_s: 20

    """

  private static let leaderKill = """
    # The node that leads most shards dies at once and comes back seconds later.
    title: A leader is killed
    load:
      set: [keys=24]
      duration: 20s
    timeline:
      - {at: 4s, fault: kill, target: leader, duration: 6s}
    expect:
      lost_acknowledged_writes: 0
      linearizable: true
      unavailable_ms_max: 1000
      errors_max: 0
      converged_within_s: 20

    """

  private static let leaderPartition = """
    # The leader is cut off from everybody; it must neither acknowledge nor answer strong reads from a stale state.
    title: A leader is cut off
    load:
      set: [keys=24]
      duration: 25s
    timeline:
      - {at: 4s, fault: partition, groups: [leader, others], duration: 6s}
    expect:
      lost_acknowledged_writes: 0
      linearizable: true
      unavailable_ms_max: 3000
      errors_max: 0
      converged_within_s: 20

    """

  private static let leaderPause = """
    # A process that stands still keeps its connections open: only its silence tells the others.
    # What its clients had asked it waits for their time-out, so an answer may come late.
    title: A leader stands still
    load:
      set: [keys=24]
      duration: 25s
    timeline:
      - {at: 4s, fault: pause, target: leader, duration: 6s}
    expect:
      lost_acknowledged_writes: 0
      linearizable: true
      unavailable_ms_max: 3000
      errors_max: 0
      converged_within_s: 20

    """

  private static let leaderStop = """
    # As systemd stops a service: the node hands over what it leads before it goes.
    title: A leader is stopped in order
    load:
      set: [keys=24]
      duration: 20s
    timeline:
      - {at: 4s, fault: stop, target: leader, duration: 6s}
    expect:
      lost_acknowledged_writes: 0
      linearizable: true
      unavailable_ms_max: 500
      errors_max: 0
      converged_within_s: 20

    """

  private static let logCorruption = """
    # Bytes in the middle of the log change while the node is down. It must notice, give up what it cannot prove,
    # and copy its shards from the others under new replica ids.
    title: A log is corrupted
    load:
      set: [keys=24]
      duration: 30s
    timeline:
      - {at: 4s, fault: corrupt, target: follower, file: log}
    expect:
      lost_acknowledged_writes: 0
      linearizable: true
      unavailable_ms_max: 1000
      errors_max: 0
      converged_within_s: 20

    """

  private static let minorityPartition = """
    # The node that leads fewest shards is cut off and must not disturb the others when it is back.
    title: A follower is cut off
    load:
      set: [keys=24]
      duration: 20s
    timeline:
      - {at: 4s, fault: partition, groups: [follower, others], duration: 6s}
    expect:
      lost_acknowledged_writes: 0
      linearizable: true
      unavailable_ms_max: 1000
      errors_max: 0
      converged_within_s: 20

    """

  private static let nodeWiped = """
    # A machine is replaced: the node starts without any of its files and must not vote as the one that it was.
    title: A node loses its disk
    load:
      set: [keys=24]
      duration: 30s
    timeline:
      - {at: 4s, fault: wipe, target: leader}
    expect:
      lost_acknowledged_writes: 0
      linearizable: true
      unavailable_ms_max: 1000
      errors_max: 0
      converged_within_s: 20

    """

  private static let oneWayLink = """
    # What the leader sends does not arrive, and it hears everybody: the gray failure.
    title: A leader is not heard any more
    load:
      set: [keys=24]
      duration: 25s
    timeline:
      - {at: 4s, fault: isolate, from: leader, to: others, duration: 6s}
    expect:
      lost_acknowledged_writes: 0
      linearizable: true
      unavailable_ms_max: 3000
      errors_max: 0
      converged_within_s: 20

    """

  private static let powerCut = """
    # All nodes die at once and start together: whatever was acknowledged is on their disks.
    # Clients see an outage as long as the nodes are down, and errors in it.
    title: All nodes are killed at once
    load:
      set: [keys=24]
      duration: 25s
    timeline:
      - {at: 5s, fault: kill, target: nodes, duration: 2s}
    expect:
      lost_acknowledged_writes: 0
      linearizable: true
      unavailable_ms_max: 8000
      converged_within_s: 20

    """

  private static let rollingRestart = """
    # As an upgrade goes: every node in turn is stopped and started, the next one when the cluster is whole.
    title: Nodes are restarted one by one
    load:
      set: [keys=24]
      duration: 40s
    timeline:
      - {at: 3s, fault: restart, target: nodes}
    expect:
      lost_acknowledged_writes: 0
      linearizable: true
      unavailable_ms_max: 1000
      errors_max: 0
      converged_within_s: 20

    """
}
