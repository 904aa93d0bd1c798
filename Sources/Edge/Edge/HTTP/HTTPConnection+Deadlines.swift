internal import Environment
internal import NIOCore
internal import NIOHTTP1
internal import Telemetry

extension HTTPConnection {
  /// Closes the connection where the client has kept it waiting for too long.
  func sweep(_ now: Instant) {
    let limits = loop.limits
    if isPast(drainingSince, limits.drainTimeoutMs, now) { return abandon() }
    if isPast(unwritableSince, limits.writeTimeoutMs, now) { return expire() }
    if isPast(bodySince, limits.bodyTimeoutMs, now) || isPast(headSince, limits.headerTimeoutMs, now) {
      loop.metrics.timedOut.add()
      return refuseInput(HTTPAnswer(status: 408, text: "The request did not arrive in time.\n"))
    }
    if slots.isEmpty, headSince == nil, isPast(idleSince, limits.idleTimeoutMs, now) { expire() }
  }

  private func isPast(_ start: Instant?, _ timeoutMs: UInt64, _ now: Instant) -> Bool {
    guard let start else { return false }
    return now.since(start) > .milliseconds(timeoutMs)
  }

  private func expire() {
    loop.metrics.timedOut.add()
    abandon()
  }

  /// Takes no further request, answers those under way, then closes.
  func finishAndClose() {
    guard context != nil, !isDraining else { return }
    if case .body(let partial) = receiving {
      receiving = .finished
      leavesInputUnread = true
      answer(partial.sequence, with: closing(HTTPAnswer(status: 400, text: "The request ended early.\n")))
    } else {
      receiving = .finished
    }
    headSince = nil
    bodySince = nil
    writeReadyAnswers()
  }

  /// Closes at once.
  func abandon() { context?.close(promise: nil) }
}
