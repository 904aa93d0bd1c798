internal import Glibc
internal import Synchronization

/// Ctrl-C and SIGTERM end the load under way, and then everything that was started. Made before any other thread.
public final class Interruption: Sendable {
  private struct State {
    var isAsked = false
    var stop: (@Sendable () -> Void)?
  }

  private let state = Mutex(State())

  public init() {
    var signals = sigset_t()
    sigemptyset(&signals)
    for signal in [SIGINT, SIGTERM, SIGHUP] { sigaddset(&signals, signal) }
    pthread_sigmask(SIG_BLOCK, &signals, nil)
    Thread.start { [self, signals] in
      var signals = signals
      while true {
        var signal: Int32 = 0
        guard sigwait(&signals, &signal) == 0 else { continue }
        ask()
      }
    }
  }

  public var isAsked: Bool { state.withLock { $0.isAsked } }

  func check() throws(ComparisonError) {
    if isAsked { throw .interrupted }
  }

  /// Runs `body`; an interruption calls `stop` meanwhile, from another thread.
  func during<Value, Failure: Error>(
    _ body: () throws(Failure) -> Value, stop: @escaping @Sendable () -> Void
  ) throws(Failure) -> Value {
    let isLate = state.withLock { state in
      state.stop = stop
      return state.isAsked
    }
    if isLate { stop() }
    defer { state.withLock { $0.stop = nil } }
    return try body()
  }

  private func ask() {
    let stop = state.withLock { state in
      state.isAsked = true
      return state.stop
    }
    stop?()
  }
}

/// A thread that is never joined.
private enum Thread {
  private final class Body {
    let run: @Sendable () -> Void

    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }

  static func start(_ run: @escaping @Sendable () -> Void) {
    var thread = pthread_t()
    let body = Unmanaged.passRetained(Body(run))
    let code = pthread_create(
      &thread, nil,
      { pointer in
        guard let pointer else { return nil }
        Unmanaged<Body>.fromOpaque(pointer).takeRetainedValue().run()
        return nil
      }, body.toOpaque())
    guard code == 0 else { fatalError("No thread can be made.") }
    pthread_detach(thread)
  }
}
