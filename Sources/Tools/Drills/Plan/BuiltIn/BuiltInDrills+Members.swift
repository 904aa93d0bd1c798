/// Nodes that come and go.
extension BuiltInDrills {
  static let nodeAdded = """
    # A node comes while clients work, and the leader is killed while replicas move to it.
    title: A node is added
    load:
      # Seven of ten are writes; with the ledger these are more than 1,000 a second.
      set: [keys=60]
      rate: 1300
      duration: 35s
    timeline:
      - {at: 4s, fault: add, target: n4}
      - {at: 5s, fault: kill, target: leader, duration: 2s}
    expect:
      lost_acknowledged_writes: 0
      linearizable: true
      unavailable_ms_max: 1000
      errors_max: 0
      converged_within_s: 30
    selftest:
      without: the nodes that go on when one is killed
      timeline:
        - {at: 5s, fault: kill, target: nodes, duration: 2s}
      missed: [unavailable_ms_max]

    """

  static let nodeDrained = """
    # A node comes, and then the one that leads most shards goes: first all that it leads and holds, then the node.
    title: A node is drained
    load:
      # Seven of ten are writes; with the ledger these are more than 1,000 a second.
      set: [keys=60]
      rate: 1300
      duration: 40s
    timeline:
      - {at: 3s, fault: add, target: n4}
      - {at: 14s, fault: drain, target: leader}
    expect:
      lost_acknowledged_writes: 0
      linearizable: true
      unavailable_ms_max: 1000
      errors_max: 0
      converged_within_s: 30
    selftest:
      without: copies of what goes with the node
      timeline:
        - {at: 14s, fault: stop, target: "n1,n2", duration: 4s}
      missed: [unavailable_ms_max]

    """

  static let nodeReplaced = """
    # A node dies for good and another one comes in its place; then a second one dies, which only the new one makes harmless.
    title: A dead node is replaced
    load:
      # Seven of ten are writes; with the ledger these are more than 1,000 a second.
      set: [keys=60]
      rate: 1300
      duration: 40s
    timeline:
      - {at: 3s, fault: kill, target: n1}
      - {at: 5s, fault: replace, target: n1}
      - {at: 25s, fault: kill, target: n2, duration: 4s}
    expect:
      lost_acknowledged_writes: 0
      linearizable: true
      unavailable_ms_max: 1000
      errors_max: 0
      converged_within_s: 30
    selftest:
      without: the node that comes in the dead one's place
      timeline:
        - {at: 3s, fault: kill, target: n1, duration: 30s}
        - {at: 25s, fault: kill, target: n2, duration: 4s}
      missed: [unavailable_ms_max]

    """
}
