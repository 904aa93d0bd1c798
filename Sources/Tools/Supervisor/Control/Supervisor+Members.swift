internal import Settings
internal import Synchronization

/// Nodes that come and go while the cluster runs.
extension Supervisor {
  /// Makes a node and starts it; what is to be on it others decide. One that is there already is started where it is down.
  ///
  /// - Parameter name: of the node, with a region before a slash where it is not to be of the first one.
  func add(_ name: String) -> ControlAnswer {
    table.withLock { table in
      do throws(SupervisorError) {
        try add(name, &table)
      } catch {
        return .failed(error.message)
      }
      return .done
    }
  }

  private func add(_ asked: String, _ table: inout ChildTable) throws(SupervisorError) {
    let parts = asked.split(separator: "/", maxSplits: 1).map(String.init)
    let (name, regionName) = parts.count == 2 ? (parts[1], parts[0]) : (asked, topology.regions[0].name)
    if let child = table.child(named: name) {
      guard child.plan.role == .node else { throw SupervisorError("\(name) is a \(child.plan.role.rawValue)") }
      if child.identity == nil { try launch(name, &table) }
      return save(table)
    }
    guard ProcessName.isValid(name), !DataFolder.reservedNames.contains(name) else {
      throw SupervisorError("'\(name)' cannot be a node's name: it takes \(ProcessName.form)")
    }
    guard var state = try ClusterState.load(folder),
      let region = topology.following(state).regions.first(where: { $0.name == regionName })
    else { throw SupervisorError("there is no region '\(regionName)'") }
    // What a node of that name left behind would be refused by the new one.
    try Files.removeTree(folder.folder(of: name))
    state.change(region) {
      $0.numberMax += 1
      $0.nodes.append(ClusterState.Members.Node(name: name, number: $0.numberMax))
    }
    try givePorts(to: name, &state)
    let plan = try replan(state)
    guard let process = plan.processes.first(where: { $0.name == name }) else { return }
    table.add(process, in: regionName)
    log.write("\(name): added as node \(process.node ?? 0)")
    try launch(name, &table)
    save(table)
  }

  /// A node that is down leaves, with its folder.
  func remove(_ name: String) -> ControlAnswer {
    takeEnd(of: name)
    return table.withLock { table in
      guard let child = table.child(named: name) else { return .done }
      guard child.identity == nil else { return .failed("\(name) still runs") }
      do throws(SupervisorError) {
        guard var state = try ClusterState.load(folder), let region = topology.following(state).region(with: name),
          child.plan.role == .node
        else { return .failed("\(name) is no node of the cluster") }
        state.change(region) { $0.nodes.removeAll { $0.name == name } }
        state.ports.removeAll { $0.name == name }
        _ = try replan(state)
        table.remove(name)
        save(table)
        try Files.removeTree(folder.folder(of: name))
      } catch {
        return .failed(error.message)
      }
      log.write("\(name): removed")
      return .done
    }
  }

  /// Settings files are those of the next start: what runs learns of others from the cluster itself.
  private func replan(_ state: ClusterState) throws(SupervisorError) -> ClusterPlan {
    try state.save(folder)
    let plan = ClusterPlan(topology.following(state), state, folder)
    try plan.write(folder)
    return plan
  }

  private func givePorts(to name: String, _ state: inout ClusterState) throws(SupervisorError) {
    var taken = Set(state.ports.flatMap { [$0.ports.listen, $0.ports.admin] })
    let listen = try Ports.pick(except: taken)
    taken.insert(listen)
    let ports = ClusterState.Ports(listen: listen, admin: try Ports.pick(except: taken))
    state.ports.append((name: name, ports: ports))
    state.ports.sort { $0.name < $1.name }
  }
}
