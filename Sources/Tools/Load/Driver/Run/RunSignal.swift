internal import Dispatch
internal import Environment
internal import NIOCore
internal import Synchronization

/// What the thread of a load waits for.
final class RunSignal: Sendable {
  enum Event: Equatable {
    case time
    /// Somebody wants the load to end; told once.
    case stopped
    /// Everything has ended.
    case finished
  }

  private struct State {
    var isStopped = false
    var hasToldStop = false
    var isFinished = false
  }

  private let state = Mutex(State())
  private let bell = DispatchSemaphore(value: 0)

  func stop() {
    state.withLock { $0.isStopped = true }
    bell.signal()
  }

  func finish() {
    state.withLock { $0.isFinished = true }
    bell.signal()
  }

  /// - Parameter time: on the clock of event loops.
  func wait(until time: Instant) -> Event {
    while true {
      if let event = take() { return event }
      let now = NIODeadline.now().uptimeNanoseconds
      guard now < time.nanoseconds else { return .time }
      _ = bell.wait(timeout: .now() + .nanoseconds(Int(min(time.nanoseconds - now, 3_600_000_000_000))))
    }
  }

  private func take() -> Event? {
    state.withLock { state in
      if state.isFinished { return .finished }
      guard state.isStopped, !state.hasToldStop else { return nil }
      state.hasToldStop = true
      return .stopped
    }
  }
}
