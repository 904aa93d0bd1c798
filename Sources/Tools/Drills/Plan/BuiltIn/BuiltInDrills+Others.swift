/// What is no node: coordinators, the mirror, regions.
extension BuiltInDrills {
  static let coordinatorKill = """
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
    selftest:
      without: the second coordinator
      endpoints: 1
      missed: [unavailable_ms_max, errors_max]

    """

  static let postgresKill = """
    # PostgreSQL dies in the middle of batches, then stands still. Whatever was committed counts once, the rest comes after.
    title: PostgreSQL is killed, then stands still
    topology: local
    load:
      workload: ris-day
      set: [patients=200, readsPerMonth=2000000]
      duration: 30s
    timeline:
      - {at: 4s, fault: kill, target: postgres, duration: 4s}
      - {at: 12s, fault: pause, target: postgres, duration: 6s}
    expect:
      lost_acknowledged_writes: 0
      errors_max: 0
      converged_within_s: 20
      sink_equal: true
    selftest:
      without: a PostgreSQL that comes back
      timeline:
        - {at: 4s, fault: pause, target: postgres}
      missed: [converged_within_s, sink_equal]

    """

  static let regionKill = """
    # All processes of the other region die at once. Clients of the first one notice nothing, and what it changed meanwhile is
    # sent when the other one is back.
    title: A region is killed
    topology: global-small
    load:
      set: [keys=24]
      duration: 25s
    timeline:
      - {at: 4s, fault: kill, target: eu-west-1, duration: 8s}
    expect:
      lost_acknowledged_writes: 0
      linearizable: true
      unavailable_ms_max: 500
      errors_max: 0
      converged_within_s: 20
      regions_equal: true
    selftest:
      without: a region that comes back
      timeline:
        - {at: 4s, fault: kill, target: eu-west-1}
      missed: [converged_within_s, regions_equal]

    """

  static let sinkKill = """
    # The sink dies and comes back, then stands still so long that its lease ends: PostgreSQL has every item in the end.
    title: The sink is killed, then stands still
    topology: local
    load:
      workload: ris-day
      set: [patients=200, readsPerMonth=2000000]
      duration: 30s
    timeline:
      - {at: 4s, fault: kill, target: sink, duration: 4s}
      - {at: 12s, fault: pause, target: sink, duration: 8s}
    expect:
      lost_acknowledged_writes: 0
      errors_max: 0
      converged_within_s: 20
      sink_equal: true
    selftest:
      without: a sink that comes back
      timeline:
        - {at: 4s, fault: kill, target: sink}
      missed: [converged_within_s, sink_equal]

    """
}
