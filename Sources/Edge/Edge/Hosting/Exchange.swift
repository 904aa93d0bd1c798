internal import Catalog
internal import Coordinator
internal import Environment
internal import Items

/// One API request on its way to its answer. Must be answered exactly once.
final class Exchange {
  let service: Service
  let operation: OperationName
  private let receivedAt: Instant
  private let reply: (HTTPAnswer) -> Void

  init(service: Service, operation: OperationName, receivedAt: Instant, reply: @escaping (HTTPAnswer) -> Void) {
    self.service = service
    self.operation = operation
    self.receivedAt = receivedAt
    self.reply = reply
  }

  func succeed(_ body: [UInt8]) {
    service.metrics.finished(operation, .success, since: receivedAt, at: service.clock.now)
    reply(HTTPAnswer(status: 200, style: .amazon, contentType: ErrorBody.contentType, body: body))
  }

  func fail(_ error: APIError) {
    service.metrics.finished(
      operation, error.isServerFault ? .fault : .refused, since: receivedAt, at: service.clock.now)
    reply(ErrorBody.answer(error))
  }

  /// Runs a step that may refuse the request.
  func attempt(_ step: () throws(APIError) -> Void) {
    do throws(APIError) {
      try step()
    } catch {
      fail(error)
    }
  }
}

/// Calls about one table, with the one retry that a changed catalog asks for.
extension Exchange {
  /// Finds an active table, asking for the newest catalog before it says that there is none.
  func withTable(_ name: String, _ body: @escaping (TableHandle?) -> Void) {
    if let handle = service.activeTable(name) { return body(handle) }
    refreshed { [self] error in
      if let error { return fail(error) }
      body(service.activeTable(name))
    }
  }

  /// Fetches the newest catalog.
  func refreshed(_ body: @escaping (APIError?) -> Void) {
    service.target.submit(.refreshCatalog) { outcome in
      if case .failed(let failure) = outcome { body(APIError(failure)) } else { body(nil) }
    }
  }

  /// Carries out one call on a table.
  ///
  /// - Parameters:
  ///   - build: makes the call; run again where the table of that name turns out to be another one by now.
  ///   - done: gets the outcome, never `.failed`.
  ///   - failed: gets everything else.
  func perform(
    on name: String, build: @escaping (TableHandle) throws(APIError) -> Call,
    done: @escaping (CallOutcome, TableHandle) -> Void, failed: @escaping (APIError) -> Void
  ) {
    withTable(name) { [self] handle in
      guard let handle else { return failed(.tableNotFound) }
      submit(to: handle, build: build, failed: failed) { [self] outcome in
        guard case .failed(let failure) = outcome else { return done(outcome, handle) }
        guard failure == .unknownTable else { return failed(APIError(failure)) }
        retry(name, after: handle, build: build, done: done, failed: failed)
      }
    }
  }

  /// The shards do not serve the table that the cached catalog had: it was deleted, perhaps made anew.
  private func retry(
    _ name: String, after old: TableHandle, build: @escaping (TableHandle) throws(APIError) -> Call,
    done: @escaping (CallOutcome, TableHandle) -> Void, failed: @escaping (APIError) -> Void
  ) {
    refreshed { [self] error in
      if let error { return failed(error) }
      guard let handle = service.activeTable(name) else { return failed(.tableNotFound) }
      submit(to: handle, build: build, failed: failed) { outcome in
        if case .failed(let failure) = outcome { failed(APIError(failure)) } else { done(outcome, handle) }
      }
    }
  }

  private func submit(
    to handle: TableHandle, build: (TableHandle) throws(APIError) -> Call, failed: (APIError) -> Void,
    completion: @escaping (CallOutcome) -> Void
  ) {
    do throws(APIError) {
      service.target.submit(try build(handle), completion)
    } catch {
      failed(error)
    }
  }
}

extension APIError {
  /// What a client is told of a call that failed.
  ///
  /// `ThrottlingException` for a full queue and status 503 for a shard without a leader: every SDK retries both, the
  /// first with a longer back-off, and neither had an effect. `InternalServerError` where the outcome is unknown.
  init(_ failure: CallFailure) {
    switch failure {
    case .unknownTable: self = .tableNotFound
    case .invalid(let text): self = .validation(text)
    case .outcomeUnknown:
      self.init(
        .internalServer,
        """
        The outcome of the request is unknown: it may or may not have taken effect. Retry it where applying it twice \
        does no harm, or under a condition that tells.
        """)
    case .overloaded: self = .overloaded
    case .unavailable(let text), .failed(let text):
      self.init(.serviceUnavailable, "\(text) \(Self.noEffect).")
    }
  }
}
