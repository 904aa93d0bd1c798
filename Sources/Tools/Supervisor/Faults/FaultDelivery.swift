internal import Client

/// Brings the recorded faults to the processes that run.
///
/// A process that starts is given them by whoever starts it, one that is paused when it goes on. Each delivery carries
/// all that its receiver has to know, so it may come twice; and a command looks at the record again when it is done, so
/// of two commands at once the later record wins everywhere.
struct FaultDelivery: Sendable {
  static let timeoutMs = 10_000
  static let askTimeoutMs = 2_000
  static let retryMs: UInt32 = 20

  let folder: DataFolder
  let http: HTTPClient

  /// Returns when every running process obeys what is recorded, with the record and the names of those that are paused.
  func settle() async throws(SupervisorError) -> (faults: ClusterFaults, paused: [String]) {
    let deadline = ContinuousClock.now + .milliseconds(Self.timeoutMs)
    while true {
      let description = try ClusterDescription.ofRunning(folder)
      let states = description.processes.filter(\.role.hasLinks).map { ($0, $0.state(in: folder)) }
      var failure: String?
      for (process, state) in states where state == .up {
        failure = try await refusal(of: process, description.faults) ?? failure
      }
      if failure == nil, try ClusterDescription.load(folder)?.faults == description.faults {
        return (description.faults, states.filter { $0.1 == .paused }.map(\.0.name))
      }
      guard ContinuousClock.now < deadline else {
        throw SupervisorError(
          "the faults are recorded, but \(failure ?? "other commands change them all the time"); try again")
      }
      try? await Task.sleep(for: .milliseconds(Self.retryMs))
    }
  }

  /// Nil where the process took its faults, else why it may take them later: it starts, or it ends.
  private func refusal(of process: DescribedProcess, _ faults: ClusterFaults) async throws(SupervisorError) -> String? {
    guard let endpoint = Endpoint(process.admin) else { fatalError("cluster.json has an address that is none.") }
    let body = Array(faults.order(for: process.name).utf8)
    do {
      let response = try await http.post("/faults", body: body, to: endpoint, timeoutMs: Self.askTimeoutMs)
      switch response.status {
      case 200: return nil
      case 404:
        throw SupervisorError(
          "\(process.name) was started without --enable-faults; let it start again with: gantry cluster stop "
            + "\(process.name), then start")
      default: return "\(process.name) answers \(response.status)"
      }
    } catch let error as SupervisorError {
      throw error
    } catch {
      return "\(process.name) does not take them (\(error))"
    }
  }
}
