internal import Environment
internal import NIOCore

extension LoopDriver {
  func answered(_ client: Int, _ answer: borrowing Answer) {
    let now = LoadClock.now()
    clients[client].deadline = .distantFuture
    if settings.keepsHistory { record(client, answer, now) }
    if let failure = answer.failure { return failed(client, failure, now) }
    if answer.capacityUnits > 0, clients[client].isMeasured { meter.count(capacityUnits: answer.capacityUnits) }
    if clients[client].beginSecond() {
      send(client, LoadClock.now())
      wire.flush()
    } else {
      finish(client, .done, now)
    }
  }

  private func failed(_ client: Int, _ failure: CallFailure, _ now: Instant) {
    if failure.type == CallFailure.conditionFailedType, clients[client].call.mayFailCondition {
      finish(client, .foreseen(failure.type), now)
    } else if failure.isTransient, clients[client].attempt <= settings.retries, stoppedAt == nil {
      retry(client, now)
    } else {
      finish(client, .failed(failure.type), now)
    }
  }

  private func retry(_ client: Int, _ now: Instant) {
    if clients[client].isMeasured { meter.countRetry() }
    let delay = backoff.delay(after: clients[client].attempt)
    clients[client].attempt += 1
    loop.assumeIsolated().scheduleTask(deadline: .uptimeNanoseconds((now + delay).nanoseconds)) { [unowned self] in
      // An interrupted load has given it up meanwhile.
      guard clients[client].operation != nil else { return }
      send(client, LoadClock.now())
      wire.flush()
    }
  }

  private func finish(_ client: Int, _ ending: Tally.Ending, _ now: Instant) {
    let done = clients[client]
    guard let kind = done.operation?.kind else { fatalError("Only an operation that has begun ends.") }
    meter.record(
      kind: kind, ending, latency: now.since(done.intended).nanoseconds,
      // A closed loop's is its latency.
      serviceTime: settings.isOpenLoop ? now.since(done.began).nanoseconds : nil, isMeasured: done.isMeasured)
    if done.isMeasured { lastAnswerAt = now }
    release(client)
    pump(now)
  }

  func release(_ client: Int) {
    clients[client].end()
    dispatch.release(client)
  }
}
