internal import Glibc

/// A thread with a connection of its own. Jobs run on it in order, one at a time; the connection is opened when the
/// first one needs it, and anew after it was lost.
///
/// `@unchecked Sendable`: `mutex` protects `queue` and `isEnding`; only the thread touches `connection`.
final class Session: @unchecked Sendable {
  private typealias Job = () -> Void

  private let target: PostgresTarget
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let wakeUp = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var queue: [Job] = []
  private var isEnding = false
  private var connection: Connection?
  /// Runs on the thread with every new connection.
  private let onOpen: @Sendable (Connection) -> Void

  init(_ target: PostgresTarget, onOpen: @escaping @Sendable (Connection) -> Void = { _ in }) {
    self.target = target
    self.onOpen = onOpen
    mutex.initialize(to: pthread_mutex_t())
    wakeUp.initialize(to: pthread_cond_t())
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(wakeUp, nil)
    var thread = pthread_t()
    // The thread holds the session until it ends.
    let started = pthread_create(
      &thread, nil,
      { context in
        Unmanaged<Session>.fromOpaque(context!).takeRetainedValue().runJobs()
        return nil
      }, Unmanaged.passRetained(self).toOpaque())
    guard started == 0 else {
      fatalError("A thread for PostgreSQL did not start: \(String(cString: strerror(started))).")
    }
    pthread_detach(thread)
  }

  deinit {
    pthread_cond_destroy(wakeUp)
    pthread_mutex_destroy(mutex)
    wakeUp.deallocate()
    mutex.deallocate()
  }

  /// Runs `job` on the thread. A connection that was lost in it is dropped; the job is not repeated.
  func run<Value: Sendable>(_ job: @escaping @Sendable (Connection) throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
      let isQueued = enqueue { [self] in
        continuation.resume(with: Result { try carryOut(job) })
      }
      if !isQueued {
        continuation.resume(throwing: PostgresError(kind: .connection, message: "the connection was ended"))
      }
    }
  }

  /// Closes the connection after what is queued.
  func end() {
    pthread_mutex_lock(mutex)
    isEnding = true
    pthread_cond_signal(wakeUp)
    pthread_mutex_unlock(mutex)
  }

  private func carryOut<Value>(_ job: (Connection) throws -> Value) throws -> Value {
    do {
      let open = try connection ?? Connection(target)
      if connection == nil {
        connection = open
        onOpen(open)
      }
      return try job(open)
    } catch {
      if (error as? PostgresError)?.isConnectionLost == true { connection = nil }
      throw error
    }
  }

  private func enqueue(_ job: @escaping Job) -> Bool {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    guard !isEnding else { return false }
    queue.append(job)
    pthread_cond_signal(wakeUp)
    return true
  }

  private func runJobs() {
    while let job = next() { job() }
    connection = nil
  }

  private func next() -> Job? {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while queue.isEmpty, !isEnding { pthread_cond_wait(wakeUp, mutex) }
    return queue.isEmpty ? nil : queue.removeFirst()
  }
}
