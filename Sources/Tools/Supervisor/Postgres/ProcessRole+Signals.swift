internal import Glibc

/// Signals mean the whole server where the process is PostgreSQL's first: the others do its work.
extension ProcessRole {
  /// What ends a process of this kind in order. PostgreSQL would wait for its clients at SIGTERM.
  var stopSignal: Int32 { self == .postgres ? SIGINT : SIGTERM }

  @discardableResult func deliver(_ signal: Int32, to pid: Int32) -> Int32 {
    let others = self == .postgres ? ProcessIdentity.children(of: pid) : []
    let code = Termination.signal(pid, signal)
    // At its end the first one ends the others, if they are not paused.
    let following = signal == SIGKILL || signal == SIGSTOP ? signal : SIGCONT
    for other in others { kill(other, following) }
    return code
  }
}

extension ProcessIdentity {
  static func children(of pid: Int32) -> [Int32] {
    Files.names(in: "/proc").compactMap { Int32($0) }.filter { child in
      Files.text("/proc/\(child)/stat").flatMap(parse)?.parent == pid
    }
  }
}
