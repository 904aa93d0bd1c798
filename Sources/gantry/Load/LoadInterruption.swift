internal import Glibc
internal import Supervisor
internal import Synchronization

/// Takes Ctrl-C and SIGTERM for a load: the first one ends the load, which then reports; while there is no load yet, and
/// the second time, it ends the process.
final class LoadInterruption: Sendable {
  static let exitCode: Int32 = 130

  private let action = Mutex<(@Sendable () -> Void)?>(nil)

  /// To be made before any thread starts: threads take their signal mask from the one that starts them.
  init() {
    var signals = Self.signals
    pthread_sigmask(SIG_BLOCK, &signals, nil)
    BackgroundThread.start { [self] in
      while true {
        var signals = Self.signals
        var received: Int32 = 0
        sigwait(&signals, &received)
        guard let act = action.withLock({ $0.take() }) else {
          Terminal.note("interrupted")
          exit(Self.exitCode)
        }
        Terminal.note("stopping; what was measured is reported")
        act()
      }
    }
  }

  /// What the next signal does.
  func act(_ action: @escaping @Sendable () -> Void) { self.action.withLock { $0 = action } }

  private static var signals: sigset_t {
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGINT)
    sigaddset(&signals, SIGTERM)
    return signals
  }
}
