internal import Client

/// Waits for processes to serve.
struct Readiness: Sendable {
  /// Short, because a start should take well under a second; a refused connection costs little.
  static let pollMs = 8
  static let timeoutMs = 60_000
  static let lastLines = 15

  /// What a process answers 200 to.
  enum Level: String {
    /// It runs; its links may be down.
    case started = "/healthz"
    /// Its shards have leaders, and it has found them.
    case serving = "/readyz"
  }

  let folder: DataFolder
  let http: HTTPClient

  /// Returns when every process, or each of `names`, is that far. Of all, the sink need only live: it serves once there
  /// is a table.
  func wait(for names: [String]? = nil, until level: Level = .serving) async throws(SupervisorError) {
    let deadline = ContinuousClock.now + .milliseconds(Self.timeoutMs)
    while true {
      guard let description = try ClusterDescription.load(folder) else {
        throw SupervisorError("the cluster was taken down while it started")
      }
      let named = description.processes.filter { names?.contains($0.name) ?? true }
      for process in named { try checkAlive(process) }
      let waited = named.filter { names != nil || $0.role != .sink }
      let missing = await late(waited, level)
      if missing.isEmpty { return }
      guard ContinuousClock.now < deadline else {
        throw SupervisorError(
          "\(missing.joined(separator: ", ")) did not become ready in \(Self.timeoutMs / 1_000) s; see "
            + "gantry cluster status and gantry cluster logs NAME")
      }
      try? await Task.sleep(for: .milliseconds(Self.pollMs))
    }
  }

  private func checkAlive(_ process: DescribedProcess) throws(SupervisorError) {
    if let identity = process.identity, identity.isAlive { return }
    throw Self.death(of: process.name, folder)
  }

  /// What is known of a process that ended when it should not have.
  static func death(of name: String, _ folder: DataFolder) -> SupervisorError {
    let lines = ProcessLog.lastLines(folder.logPath(of: name), count: lastLines)
    let quoted = lines.isEmpty ? "it wrote nothing" : "its last lines were:\n  " + lines.joined(separator: "\n  ")
    return SupervisorError("\(name) ended at its start; \(quoted)")
  }

  private func late(_ processes: [DescribedProcess], _ level: Level) async -> [String] {
    await withTaskGroup(of: String?.self) { group in
      for process in processes {
        group.addTask { await has(process, reached: level) ? nil : process.name }
      }
      var names: [String] = []
      for await name in group { if let name { names.append(name) } }
      return names.sorted()
    }
  }

  private func has(_ process: DescribedProcess, reached level: Level) async -> Bool {
    if process.role == .postgres { return PostgresServer(folder, process.name).isReady(process.identity) }
    guard let endpoint = Endpoint(process.admin) else { return false }
    let response = try? await http.get(level.rawValue, from: endpoint, timeoutMs: 1_000)
    return response?.status == 200
  }
}
