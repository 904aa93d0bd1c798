internal import Dispatch
internal import Synchronization

/// Runs `body` to its end while the calling thread waits: for the few questions that a comparison asks by an
/// asynchronous client.
func blocking<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) throws -> Value {
  let box = ResultBox<Value>()
  Task.detached {
    do { box.set(.success(try await body())) } catch { box.set(.failure(error)) }
  }
  return try box.wait().get()
}

private final class ResultBox<Value: Sendable>: Sendable {
  private let result = Mutex<Result<Value, any Error>?>(nil)
  private let done = DispatchSemaphore(value: 0)

  func set(_ value: Result<Value, any Error>) {
    result.withLock { $0 = value }
    done.signal()
  }

  func wait() -> Result<Value, any Error> {
    done.wait()
    guard let value = result.withLock({ $0 }) else { fatalError("A result is signalled once it is there.") }
    return value
  }
}
