internal import Glibc

/// How a child ended.
enum Termination {
  /// For people: `exited with code 1`, `killed by signal 11 (Segmentation fault)`.
  static func describe(_ status: Int32) -> String {
    let signal = status & 0x7F
    if signal == 0 { return "exited with code \((status >> 8) & 0xFF)" }
    let core = status & 0x80 != 0 ? ", core dumped" : ""
    return "killed by signal \(signal) (\(String(cString: strsignal(signal)))\(core))"
  }

  static let stopTimeoutMs = 10_000
  static let killTimeoutMs = 5_000

  /// A paused process takes SIGTERM and SIGINT only once it goes on.
  @discardableResult static func signal(_ pid: Int32, _ signal: Int32) -> Int32 {
    let code = kill(pid, signal)
    if signal == SIGTERM || signal == SIGINT { kill(pid, SIGCONT) }
    return code
  }

  /// Asks processes that are not our children to end, waits, and kills those that do not.
  static func end(_ identities: [ProcessIdentity]) throws(SupervisorError) {
    for identity in identities where identity.isAlive { signal(identity.pid, SIGINT) }
    if waitUntilDead(identities, timeoutMs: stopTimeoutMs) { return }
    for identity in identities where identity.isAlive { kill(identity.pid, SIGKILL) }
    guard waitUntilDead(identities, timeoutMs: killTimeoutMs) else {
      let pids = identities.filter(\.isAlive).map { "\($0.pid)" }.joined(separator: ", ")
      throw SupervisorError("processes \(pids) do not end, even after SIGKILL: they wait for the disk or are not ours")
    }
  }

  static func waitUntilDead(_ identities: [ProcessIdentity], timeoutMs: Int) -> Bool {
    let deadline = ContinuousClock.now + .milliseconds(timeoutMs)
    while identities.contains(where: \.isAlive) {
      if ContinuousClock.now > deadline { return false }
      usleep(2_000)
    }
    return true
  }
}
