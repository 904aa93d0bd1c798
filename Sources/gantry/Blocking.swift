internal import Dispatch
internal import Synchronization

/// Runs an asynchronous body to its end from a command, which is synchronous.
func blocking<Success: Sendable, Failure: Error>(
  _ body: @escaping @Sendable () async throws(Failure) -> Success
) throws(Failure) -> Success {
  let outcome = Outcome<Success, Failure>()
  let isDone = DispatchSemaphore(value: 0)
  Task.detached {
    do throws(Failure) {
      let success = try await body()
      outcome.set(.success(success))
    } catch {
      outcome.set(.failure(error))
    }
    isDone.signal()
  }
  isDone.wait()
  return try outcome.get()
}

private final class Outcome<Success: Sendable, Failure: Error>: Sendable {
  private let result = Mutex<Result<Success, Failure>?>(nil)

  func set(_ value: Result<Success, Failure>) { result.withLock { $0 = value } }

  func get() throws(Failure) -> Success {
    guard let result = result.withLock({ $0 }) else { fatalError("A task ended without an outcome.") }
    return try result.get()
  }
}
