/// Disks and clocks.
extension BuiltInDrills {
  static let clockSkew = """
    # The leader's wall clock is ten minutes ahead and a coordinator's as much behind. Leases go by the time since the
    # machine's start, so that no read may be stale; and a leader dies while clocks disagree.
    title: Clocks disagree
    load:
      set: [keys=24]
      duration: 25s
    timeline:
      - {at: 4s, fault: clock, target: leader, offset: 10m, duration: 10s}
      - {at: 5s, fault: clock, target: c1, offset: -10m, duration: 8s}
      - {at: 8s, fault: kill, target: leader, duration: 3s}
    expect:
      lost_acknowledged_writes: 0
      linearizable: true
      unavailable_ms_max: 1000
      errors_max: 0
      converged_within_s: 20
    selftest:
      without: reads that ask for the newest value, and with a coordinator beside the leader that is cut off
      set: [consistentRead=false]
      timeline:
        - {at: 4s, fault: clock, target: leader, offset: 10m, duration: 10s}
        - {at: 5s, fault: partition, groups: ["leader,c2", others], duration: 6s}
      missed: [linearizable]

    """

  static let databaseCorruption = """
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
    selftest:
      without: the copies that a damaged one is replaced by
      topology: one-copy
      missed: [lost_acknowledged_writes, converged_within_s]

    """

  static let fullDisk = """
    # No space is left on the leader's disk. It hands over what it leads before its log has no room, and follows as long as
    # there is some. Small log files and large items let that happen soon.
    title: A leader's disk is full
    topology: small-logs
    load:
      workload: put
      set: [records=5000, fieldBytes=6000]
      duration: 30s
      operations_min: 3000
    timeline:
      - {at: 4s, fault: full-disk, target: leader, duration: 14s}
    expect:
      lost_acknowledged_writes: 0
      errors_max: 0
      converged_within_s: 20
    selftest:
      without: a majority of disks that have room
      timeline:
        - {at: 4s, fault: full-disk, target: nodes, duration: 14s}
      missed: [errors_max]

    """

  static let logCorruption = """
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
    selftest:
      without: the copies that a damaged one is replaced by
      topology: one-copy
      missed: [lost_acknowledged_writes, converged_within_s]

    """

  static let nodeWiped = """
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
    selftest:
      without: the copies that a lost one is replaced by
      topology: one-copy
      missed: [lost_acknowledged_writes, converged_within_s]

    """

  static let slowDisk = """
    # Each sync of the leader takes a tenth of a second longer. A majority of quick disks is enough for a write.
    title: A leader's disk is slow
    load:
      set: [keys=24]
      duration: 25s
    timeline:
      - {at: 4s, fault: slow-disk, target: leader, delay: 100ms, duration: 8s}
    expect:
      lost_acknowledged_writes: 0
      linearizable: true
      unavailable_ms_max: 1000
      errors_max: 0
      converged_within_s: 20
    selftest:
      without: a majority of quick disks
      timeline:
        - {at: 4s, fault: slow-disk, target: nodes, delay: 1500ms, duration: 8s}
      missed: [unavailable_ms_max]

    """
}
