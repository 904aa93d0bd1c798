internal import Environment
internal import History
internal import NIOCore

extension LoopDriver {
  /// Writes down what an attempt asked and was told. Each attempt is a call of its own: one of unknown outcome may still
  /// happen when the next one has.
  func record(_ client: Int, _ answer: borrowing Answer, _ now: Instant) {
    guard let asked = clients[client].call.history else { return }
    guard let (outcome, output) = result(of: asked.operation, answer) else { return }
    meter.append(
      HistoryEntry(
        client: clients[client].name, asked.operation, keys: [asked.key], output: output,
        invoked: time(clients[client].sent), returned: time(now), outcome: outcome))
    if outcome == .unknown { clients[client].lives += 1 }
  }

  /// Nil where nothing happened and nothing was told.
  private func result(
    of operation: HistoryOperation, _ answer: borrowing Answer
  ) -> (outcome: HistoryOutcome, output: HistoryOutput)? {
    if let failure = answer.failure {
      if case .putIf = operation, failure.type == CallFailure.conditionFailedType { return (.ok, .applied(false)) }
      if operation == .get { return nil }
      return (failure.effect == .none ? .fail : .unknown, .none)
    }
    do {
      return (.ok, try RegisterRequests.output(of: operation, answer: Array(answer.body.readableBytesView)))
    } catch {
      fault = fault ?? LoadError("\(error)")
      stop()
      return nil
    }
  }

  /// Nanoseconds since the load began.
  private func time(_ instant: Instant) -> Int64 { Int64(instant.since(window.start).nanoseconds) }
}
