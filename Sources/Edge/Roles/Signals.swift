import Glibc
import Synchronization

/// Waiting for the signal that ends a process.
///
/// The signals are blocked before any thread starts, so that every thread inherits the mask and only ``wait()`` sees
/// them.
public enum Signals {
  private static let failure = Mutex<String?>(nil)

  public static func prepare() {
    signal(SIGPIPE, SIG_IGN)
    // A shell that starts a process in the background has it ignore this one.
    signal(SIGINT, SIG_DFL)
    var set = ending
    pthread_sigmask(SIG_BLOCK, &set, nil)
  }

  public enum Ending: Sendable {
    /// SIGTERM: this process alone stops, and others go on.
    case asked
    /// SIGINT: everything stops (Ctrl-C reaches a whole process group), so that nothing need be handed over.
    case interrupted
    case failed(String)

    public var reason: String {
      switch self {
      case .asked: "asked to"
      case .interrupted: "interrupted"
      case .failed(let reason): reason
      }
    }
  }

  /// Returns after SIGTERM or SIGINT, or once ``stop(because:)`` was called.
  public static func wait() -> Ending {
    var set = ending
    var received: Int32 = 0
    sigwait(&set, &received)
    if let reason = failure.withLock({ $0 }) { return .failed(reason) }
    return received == SIGINT ? .interrupted : .asked
  }

  /// Ends ``wait()`` from any thread. The first reason counts.
  public static func stop(because reason: String) {
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
