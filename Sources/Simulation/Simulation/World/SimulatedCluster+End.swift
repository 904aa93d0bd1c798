extension SimulatedCluster {
  /// The world ends: nothing that waits in it happens any more, and no closure keeps it, with its disks, in memory. A
  /// campaign makes thousands.
  func end() {
    queue = EventQueue()
    waiting = []
    held = []
    visits = [:]
    onFailure = nil
    onNotice = nil
    watchers = [:]
    for router in routers { router.completions = [:] }
    for machine in machines {
      machine.node = nil
      machine.jobs = [:]
    }
  }
}
