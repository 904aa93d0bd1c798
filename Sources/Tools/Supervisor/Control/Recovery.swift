internal import Glibc

/// What a supervisor does before its first process.
enum Recovery {
  /// Ends processes that a former supervisor left: those that `cluster.json` names and, should it have died before it
  /// wrote them down, those that were started with a settings file of this folder.
  static func endOrphans(in folder: DataFolder, log: SupervisorLog) throws(SupervisorError) {
    let found = Orphans.find(in: folder)
    if !found.isEmpty {
      let names = found.map { "\($0.name) (\($0.identity.pid))" }.joined(separator: ", ")
      log.write("ending processes that a former supervisor left: \(names)")
      try Termination.end(found.map(\.identity))
    }
    try Files.removeTree(folder.descriptionPath)
  }

  /// The state for this start, saved: a new cluster's, or the former one with ports checked again.
  static func state(
    _ folder: DataFolder, _ topology: Topology, publicPort: Int?
  ) throws(SupervisorError) -> ClusterState {
    let former = try ClusterState.load(folder)
    if let former, former.shape != topology.shape {
      throw SupervisorError(
        "\(folder.path) holds a cluster made from another topology (\(former.topology): \(former.shape)); start that "
          + "one, choose another folder with --data, or remove it with: gantry cluster down --wipe --data \(folder.path)"
      )
    }
    var ports = PortPlan(former: former)
    let grown = former.map { topology.following($0) } ?? topology
    let state = ClusterState(
      cluster: former?.cluster ?? mintClusterID(), topology: topology.source, shape: topology.shape,
      ports: try ports.assign(grown, publicPort: publicPort), isLoaded: former?.isLoaded ?? false,
      members: former?.members ?? [])
    try state.save(folder)
    return state
  }

  private static func mintClusterID() -> String {
    (0..<2).map { _ in
      let digits = String(UInt64.random(in: .min ... .max), radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }.joined()
  }
}
