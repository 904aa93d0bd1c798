/// Nodes that die, stand still, stop, or start again.
extension BuiltInDrills {
  static let followerKill = """
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
    selftest:
      without: the copies that the others go on with
      topology: one-copy
      missed: [unavailable_ms_max]

    """

  static let leaderFlap = """
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
    selftest:
      without: the copies that could lead instead
      topology: one-copy
      missed: [unavailable_ms_max]

    """

  static let leaderKill = """
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
    selftest:
      without: the copies that could lead instead
      topology: one-copy
      missed: [unavailable_ms_max]

    """

  static let leaderPause = """
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
    selftest:
      without: early elections
      topology: slow-elections
      missed: [unavailable_ms_max]

    """

  static let leaderStop = """
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
    selftest:
      without: anybody to hand over to
      topology: one-copy
      missed: [unavailable_ms_max]

    """

  static let powerCut = """
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
    selftest:
      without: disks that keep what they say is synced
      timeline:
        - {at: 5s, fault: corrupt, target: nodes, file: tail}
      missed: [lost_acknowledged_writes, linearizable]

    """

  static let rollingRestart = """
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
    selftest:
      without: waiting for each node before the next one
      timeline:
        - {at: 3s, fault: stop, target: nodes, duration: 4s}
      missed: [unavailable_ms_max]

    """
}
