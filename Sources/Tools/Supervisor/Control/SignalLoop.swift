internal import Glibc

/// Takes a supervisor's signals one after the other, outside of any handler.
public enum SignalLoop {
  static let housekeepingSeconds = 5

  /// Blocks the signals of the loop in the calling thread and in every one that it starts later.
  public static func block() {
    var signals = set
    pthread_sigmask(SIG_BLOCK, &signals, nil)
    signal(SIGPIPE, SIG_IGN)
  }

  /// Returns at SIGTERM or SIGINT. A closed terminal (SIGHUP) ends a supervisor in the foreground too.
  static func run(childEnded: () -> Void, everyFewSeconds: () -> Void) {
    var signals = set
    var timeout = timespec(tv_sec: housekeepingSeconds, tv_nsec: 0)
    while true {
      // A child may have ended before the first wait, and one signal may stand for several ends.
      childEnded()
      switch sigtimedwait(&signals, nil, &timeout) {
      case SIGTERM, SIGINT, SIGHUP: return
      case SIGCHLD: continue
      default: everyFewSeconds()
      }
    }
  }

  private static var set: sigset_t {
    var set = sigset_t()
    sigemptyset(&set)
    for signal in [SIGCHLD, SIGTERM, SIGINT, SIGHUP] { sigaddset(&set, signal) }
    return set
  }
}
