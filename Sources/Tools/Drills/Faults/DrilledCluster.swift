internal import Glibc
internal import Supervisor

/// The cluster that a drill breaks: one of its own in a temporary folder, or one that runs already.
struct DrilledCluster: Sendable {
  let folder: DataFolder
  /// Started by the drill, so ended by it.
  let isOwn: Bool

  /// Starts a topology in a new folder on free ports.
  static func start(
    _ topology: String, _ progress: @escaping @Sendable (String) -> Void
  ) async throws -> DrilledCluster {
    let plan = try Topology.load(topology)
    let cluster = DrilledCluster(folder: try DataFolder(making: try temporaryFolder()), isOwn: true)
    do {
      guard case .started = try DetachedSupervisor.start(cluster.folder, topology: topology, publicPort: 0) else {
        throw DrillError("another cluster runs in the new folder \(cluster.folder.path)")
      }
      _ = try await ClusterUp(cluster.folder, plan, progress: progress).complete()
    } catch {
      cluster.remove()
      throw error
    }
    return cluster
  }

  private static func temporaryFolder() throws -> String {
    let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var template = Array("\(parent)/gantry-drill-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else {
      throw DrillError("cannot make a folder in \(parent): \(String(cString: strerror(errno)))")
    }
    return template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
  }

  /// Uses the cluster that is up in a folder.
  static func existing(_ path: String) async throws -> DrilledCluster {
    let cluster = DrilledCluster(folder: try DataFolder(existing: path), isOwn: false)
    _ = try await cluster.view()
    return cluster
  }

  func view(checksums: Bool = false) async throws(SupervisorError) -> ClusterView {
    try await ClusterView(of: folder, checksums: checksums)
  }

  /// Stops the drill's own cluster and removes its folder.
  func remove() {
    let down = ClusterDown(folder)
    _ = try? down.stop()
    try? down.wipe()
  }
}

/// Why a drill could not be run: nothing is known then of what it should have shown.
public struct DrillError: Error, Sendable, CustomStringConvertible {
  public var description: String

  init(_ description: String) { self.description = description }
}
