import Glibc
import Synchronization

/// Waiting for the signal that ends a process.
///
/// The signals are blocked before any thread starts, so that every thread inherits the mask and only ``wait()`` sees
/// them.
enum Signals {
  private static let failure = Mutex<String?>(nil)

  static func prepare() {
    signal(SIGPIPE, SIG_IGN)
    var set = ending
    pthread_sigmask(SIG_BLOCK, &set, nil)
  }

  /// Returns after SIGTERM or SIGINT, or once ``stop(because:)`` was called; then with its reason.
  static func wait() -> String? {
    var set = ending
    var received: Int32 = 0
    sigwait(&set, &received)
    return failure.withLock { $0 }
  }

  /// Ends ``wait()`` from any thread. The first reason counts.
  static func stop(because reason: String) {
    failure.withLock { $0 = $0 ?? reason }
    kill(getpid(), SIGTERM)
  }

  private static var ending: sigset_t {
    var set = sigset_t()
    sigemptyset(&set)
    sigaddset(&set, SIGTERM)
    sigaddset(&set, SIGINT)
    return set
  }
}
