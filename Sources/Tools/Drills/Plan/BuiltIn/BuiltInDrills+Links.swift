/// Links that are cut, slow or lossy.
extension BuiltInDrills {
  static let leaderPartition = """
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
    selftest:
      without: the copies that could lead instead
      topology: one-copy
      missed: [unavailable_ms_max]

    """

  static let lossyNetwork = """
    # One message in a hundred gets lost between nodes, and nothing below them repairs it.
    title: The network loses messages
    load:
      set: [keys=24]
      duration: 25s
    timeline:
      - {at: 4s, fault: loss, groups: [n1, n2, n3], percent: 1, duration: 8s}
    expect:
      lost_acknowledged_writes: 0
      linearizable: true
      unavailable_ms_max: 1000
      errors_max: 0
      converged_within_s: 20
    selftest:
      without: most messages
      timeline:
        - {at: 4s, fault: loss, groups: [n1, n2, n3], percent: 95, duration: 8s}
      missed: [unavailable_ms_max]

    """

  static let minorityPartition = """
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
    selftest:
      without: the copies that the others go on with
      topology: one-copy
      missed: [unavailable_ms_max]

    """

  static let oneWayLink = """
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
    selftest:
      without: early elections
      topology: slow-elections
      missed: [unavailable_ms_max]

    """

  static let regionCut = """
    # Two regions are cut apart while both are written to. Each goes on by itself, and they are equal when they meet again.
    title: Regions are cut apart
    topology: global-small
    load:
      set: [keys=24]
      duration: 25s
    timeline:
      - {at: 4s, fault: partition, groups: [us-east-1, eu-west-1], duration: 10s}
    expect:
      lost_acknowledged_writes: 0
      linearizable: true
      unavailable_ms_max: 500
      errors_max: 0
      converged_within_s: 20
      regions_equal: true
    selftest:
      without: links that heal
      timeline:
        - {at: 4s, fault: partition, groups: [us-east-1, eu-west-1]}
      missed: [regions_equal]

    """

  static let slowNetwork = """
    # Every message between two processes takes 20 ms, as between cities. Leaders stay, and everything takes longer.
    title: The network is slow
    load:
      set: [keys=24]
      rate: 100
      duration: 25s
    timeline:
      - {at: 4s, fault: delay, groups: [n1, n2, n3, c1, c2], delay: 20ms, jitter: 5ms, duration: 8s}
    expect:
      lost_acknowledged_writes: 0
      linearizable: true
      unavailable_ms_max: 1000
      errors_max: 0
      p99_ms_max: 500
      converged_within_s: 20
    selftest:
      without: a delay that is shorter than the patience with a leader
      timeline:
        - {at: 4s, fault: delay, groups: [n1, n2, n3, c1, c2], delay: 2s, duration: 8s}
      missed: [unavailable_ms_max, p99_ms_max]

    """
}
