internal import Glibc
internal import Synchronization

extension Supervisor {
  /// Does what a command asks; waits for no child but one that is dead already.
  func answer(_ request: ControlRequest) -> ControlAnswer {
    switch request.verb {
    case .shutDown:
      log.write("down was asked for")
      kill(getpid(), SIGTERM)
      return .done
    case .start: return start(request.name)
    case .stop: return signal(request.name, nil, endsIt: true)
    case .kill: return signal(request.name, SIGKILL, endsIt: true)
    case .pause: return signal(request.name, SIGSTOP, endsIt: false)
    case .resume: return signal(request.name, SIGCONT, endsIt: false)
    case .faults: return record(request.change)
    case .add: return add(request.name)
    case .remove: return remove(request.name)
    }
  }

  private func start(_ name: String) -> ControlAnswer {
    takeEnd(of: name)
    return table.withLock { table in
      guard let child = table.child(named: name) else { return .failed("no process '\(name)'") }
      guard child.identity == nil else { return .done }
      do throws(SupervisorError) {
        try launch(name, &table)
      } catch {
        return .failed(error.message)
      }
      save(table)
      return .done
    }
  }

  /// Who starts or removes what it has just seen end may be here before that end: the first thread of a process is dead
  /// before the others are, and only after them it can be reaped.
  func takeEnd(of name: String) {
    let deadline = ContinuousClock.now + .milliseconds(Termination.killTimeoutMs)
    while ContinuousClock.now < deadline {
      reap()
      guard let identity = table.withLock({ $0.child(named: name)?.identity }), !identity.isAlive else { return }
      Pause.milliseconds(1)
    }
  }

  /// - Parameter signal: nil: what ends a process of its kind in order.
  private func signal(_ name: String, _ signal: Int32?, endsIt: Bool) -> ControlAnswer {
    table.withLock { table in
      guard let child = table.child(named: name) else { return .failed("no process '\(name)'") }
      guard let identity = child.identity else { return .done }
      if endsIt { table.endRequested(name) } else { log.write("\(name): \(signal == SIGSTOP ? "paused" : "resumed")") }
      // The id still names this child: it is reaped under the same lock.
      child.plan.role.deliver(signal ?? child.plan.role.stopSignal, to: identity.pid)
      return .done
    }
  }

  /// From here on a process that starts is given the faults; the command tells those that run.
  private func record(_ change: FaultChange?) -> ControlAnswer {
    guard let change else { return .failed("no change of the faults was named") }
    return table.withLock { table in
      var description = table.description
      description.faults.apply(change)
      do throws(SupervisorError) {
        try description.save(folder)
      } catch {
        return .failed(error.message)
      }
      table.description = description
      log.write("faults: \(description.faults.isEmpty ? "none" : description.faults.text)")
      return .done
    }
  }
}

extension DescribedProcess {
  /// One that does not run yet.
  init(_ plan: ClusterPlan.Process) {
    self.init(
      name: plan.name, role: plan.role, node: plan.node, identity: nil, address: plan.listen, admin: plan.admin,
      dataDir: plan.dataDir, postgres: plan.postgres)
  }
}

extension ClusterPlan {
  /// Every process's folder and settings file.
  func write(_ folder: DataFolder) throws(SupervisorError) {
    for process in processes {
      try Files.makeFolder(folder.folder(of: process.name))
      guard let settings = process.settings else { continue }
      try Files.replace(folder.settingsPath(of: process.name), with: settings)
    }
  }

  /// `cluster.json` before any process runs.
  func description(_ state: ClusterState) -> ClusterDescription {
    ClusterDescription(
      cluster: state.cluster, topology: state.topology, bootID: ProcessIdentity.bootID,
      supervisor: ProcessIdentity.current,
      regions: regions.map { region in
        ClusterDescription.Region(
          name: region.name, endpoint: endpoint(of: region),
          processes: region.processes.map { DescribedProcess($0) })
      })
  }
}
