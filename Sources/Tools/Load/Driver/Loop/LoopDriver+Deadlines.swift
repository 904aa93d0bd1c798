internal import Environment
internal import NIOCore

extension LoopDriver {
  /// One look at all deadlines now and then costs less than a timer for each request.
  func startTicking() {
    let interval = TimeAmount.milliseconds(LoadLimits.tickMs)
    let driver = NIOLoopBound(self, eventLoop: loop)
    tick = loop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { _ in
      driver.value.lookAtDeadlines(LoadClock.now())
    }
  }

  private func lookAtDeadlines(_ now: Instant) {
    for client in clients.indices where clients[client].deadline <= now {
      wire.abandon(client: client)
      answered(client, Answer(.timeout))
    }
    if let stoppedAt, now.since(stoppedAt) > .milliseconds(LoadLimits.interruptedWaitMs) { giveUp(now) }
    if dispatch.isIdle, dispatch.isSpent(at: now) {
      tick?.cancel()
      finished?.succeed()
    }
  }

  /// Begins nothing more; what is under way has a little time left.
  func stop() {
    guard stoppedAt == nil else { return }
    let now = LoadClock.now()
    stoppedAt = now
    dispatch.stop(at: now)
  }

  /// Leaves what has not been answered uncounted.
  private func giveUp(_ now: Instant) {
    for client in clients.indices where clients[client].operation != nil {
      if clients[client].deadline < .distantFuture {
        wire.abandon(client: client)
        if settings.keepsHistory { record(client, Answer(.timeout), now) }
      }
      release(client)
    }
  }

  /// What is known when everything has ended.
  func end() -> DriverEnd {
    let end = dispatch.hasBegunAll ? lastAnswerAt : min(window.end, stoppedAt ?? .distantFuture)
    return DriverEnd(missed: dispatch.takeMissed(at: LoadClock.now()), at: end, fault: fault)
  }
}

struct DriverEnd: Sendable {
  var missed: Int
  /// Where the measured time ended.
  var at: Instant
  var fault: LoadError?
}
