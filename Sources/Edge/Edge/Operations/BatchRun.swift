internal import Coordinator
internal import Messages

/// The calls of a batch: all at once, the answer when the last has its outcome.
final class BatchRun {
  enum Result {
    case pending
    case done(CallOutcome)
    /// Failed without effect, so that the client may send this part again.
    case unprocessed(APIError)
  }

  private(set) var results: [Result]
  private var remaining: Int
  private var failure: APIError?
  private let completion: (BatchRun) -> Void
  private let exchange: Exchange

  init(count: Int, _ exchange: Exchange, completion: @escaping (BatchRun) -> Void) {
    results = Array(repeating: .pending, count: count)
    remaining = count
    self.exchange = exchange
    self.completion = completion
  }

  func perform(
    _ position: Int, on table: String, build: @escaping (TableHandle) throws(APIError) -> Call
  ) {
    exchange.perform(on: table, build: build) { [self] outcome, _ in
      finish(position, .done(outcome))
    } failed: { [self] error in
      // A part whose outcome is unknown must not be called unprocessed: then the client would believe it undone.
      let isRetryable = error.kind == .throttling || error.kind == .serviceUnavailable
      if !isRetryable, failure == nil { failure = error }
      finish(position, .unprocessed(error))
    }
  }

  private func finish(_ position: Int, _ result: Result) {
    results[position] = result
    remaining -= 1
    guard remaining == 0 else { return }
    if let failure { return exchange.fail(failure) }
    if let error = commonFailure { return exchange.fail(error) }
    completion(self)
  }

  /// Where nothing was processed the whole request fails, as in DynamoDB.
  private var commonFailure: APIError? {
    guard case .unprocessed(let error) = results[0],
      results.allSatisfy({ if case .unprocessed = $0 { true } else { false } })
    else { return nil }
    return error
  }
}

extension Exchange {
  /// Finds every table, asking once for the newest catalog where one is missing.
  func withTables(_ names: [String], _ body: @escaping ([TableHandle]) throws(APIError) -> Void) {
    let found = names.compactMap(service.activeTable)
    if found.count == names.count { return attempt { () throws(APIError) in try body(found) } }
    refreshed { [self] error in
      if let error { return fail(error) }
      let found = names.compactMap(service.activeTable)
      guard found.count == names.count else { return fail(.tableNotFound) }
      attempt { () throws(APIError) in try body(found) }
    }
  }
}

enum BatchKeys {
  static func checkUnique(_ keys: [RowKey]) throws(APIError) {
    guard Set(keys).count == keys.count else {
      throw .validation("Provided list of item keys contains duplicates")
    }
  }
}
