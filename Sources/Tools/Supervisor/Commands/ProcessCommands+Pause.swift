internal import Client
internal import Glibc

extension ProcessCommands {
  static let pauseTimeoutMs = 5_000

  /// SIGSTOP: every thread of the process stands still, its sockets stay open. Returns when all of them do.
  public func pause() throws(SupervisorError) -> Report {
    let process = try process()
    guard let identity = living(process) else {
      throw SupervisorError("\(name) is down, so it cannot be paused; start it with: gantry cluster start \(name)")
    }
    if identity.isPaused { return Report("\(name) was paused already", process, .paused) }
    try send(.pause, SIGSTOP, process)
    try wait(for: identity, toBePaused: true)
    return Report("\(name) (process \(identity.pid)) is paused", process, .paused)
  }

  /// SIGCONT, and what changed about its links meanwhile.
  public func resume() async throws(SupervisorError) -> Report {
    let process = try process()
    guard let identity = living(process) else {
      throw SupervisorError("\(name) is down, so it cannot resume; start it with: gantry cluster start \(name)")
    }
    let wasPaused = identity.isPaused
    // Also where it seems to run: a pause may be under way.
    try send(.resume, SIGCONT, process)
    try wait(for: identity, toBePaused: false)
    _ = try await HTTPClient.during { (http) async throws(SupervisorError) in
      try await FaultDelivery(folder: folder, http: http).settle()
    }
    return Report(
      wasPaused ? "\(name) (process \(identity.pid)) goes on" : "\(name) was not paused", process, .up)
  }

  private func wait(for identity: ProcessIdentity, toBePaused isPaused: Bool) throws(SupervisorError) {
    let deadline = ContinuousClock.now + .milliseconds(Self.pauseTimeoutMs)
    while identity.isPaused != isPaused {
      guard identity.isAlive else { throw SupervisorError("\(name) ended; see gantry cluster logs \(name)") }
      guard ContinuousClock.now < deadline else {
        throw SupervisorError("\(name) (process \(identity.pid)) does not take the signal; is it ours?")
      }
      Pause.milliseconds(1)
    }
  }
}
