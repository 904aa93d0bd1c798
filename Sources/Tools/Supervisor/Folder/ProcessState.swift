/// What a process of the cluster does; raw values are in reports.
enum ProcessState: String, Sendable {
  case up, down
  /// Stopped by a signal: it lives, holds its sockets and does nothing.
  case paused
}

extension DescribedProcess {
  /// Asks the system.
  func state(in folder: DataFolder) -> ProcessState {
    guard let identity, Orphans.isOurs(identity, name, folder) else { return .down }
    return identity.isPaused ? .paused : .up
  }
}
