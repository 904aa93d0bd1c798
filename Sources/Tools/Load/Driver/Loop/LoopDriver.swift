internal import Environment
internal import NIOCore

/// The clients of one event loop: begins what is due, sends it, and measures what comes back. Confined to its loop; one
/// synchronous run from an answer to the next request.
final class LoopDriver<W: Wire, Source: OperationSource> {
  let loop: any EventLoop
  let settings: LoadSettings
  let meter: Meter
  let share: Dispatch.Share
  private(set) var wire: W!
  private var source: Source
  var clients: [DriverClient]
  var dispatch: Dispatch
  var window: Dispatch.Window
  var backoff: Backoff
  var tick: RepeatedTask?
  var stoppedAt: Instant?
  var lastAnswerAt = Instant.zero
  /// The first fault of what answers; a load cannot go on with it.
  var fault: LoadError?
  private var wakeAt: Instant?
  var finished: EventLoopPromise<Void>?

  init(
    _ settings: LoadSettings, _ wireSettings: W.Settings, _ source: Source, meter: Meter, share: Dispatch.Share,
    loop: any EventLoop
  ) {
    self.settings = settings
    self.source = source
    self.meter = meter
    self.share = share
    self.loop = loop
    let numbers = Array(stride(from: share.thread, to: settings.clients, by: share.threads))
    clients = numbers.map { DriverClient(number: $0) }
    backoff = Backoff(seed: settings.seed &* 0x9E37_79B9 &+ UInt64(share.thread))
    window = Dispatch.Window(start: .distantFuture, measuredStart: .distantFuture, end: .distantFuture)
    dispatch = Dispatch(nil, clients: 0, window: window)
    wire = W(wireSettings, clients: numbers, on: loop) { [unowned self] client, answer in
      answered(client, answer)
    }
  }

  /// Begins with the window. The future tells when everything that was begun has come to an end.
  func begin(_ window: Dispatch.Window) -> EventLoopFuture<Void> {
    self.window = window
    let operations = settings.operations.map { ($0 - share.thread + share.threads - 1) / share.threads }
    dispatch = Dispatch(
      settings.schedule, clients: clients.count, window: window, share: share, operations: operations)
    wake(at: window.start, LoadClock.now())
    startTicking()
    let finished = loop.makePromise(of: Void.self)
    self.finished = finished
    return finished.futureResult
  }

  /// Begins all that is due and finds a client.
  func pump(_ now: Instant) {
    var hasSent = false
    while let start = dispatch.next(at: now) {
      begin(start)
      hasSent = true
    }
    if hasSent { wire.flush() }
    if let next = dispatch.wakeAt(now) { wake(at: next, now) }
  }

  /// A timer fires some tens of microseconds late, which would be measured as if the service had taken them. So it is
  /// set that much too early, and the rest is waited out with turns of the loop, which go on receiving.
  private func wake(at instant: Instant, _ now: Instant) {
    if let wakeAt, wakeAt <= instant { return }
    wakeAt = instant
    let lead = min(LoadLimits.wakeLeadNanosecondsMax, instant.since(now).nanoseconds / 4)
    loop.assumeIsolated().scheduleTask(deadline: .uptimeNanoseconds(instant.nanoseconds - lead)) { [unowned self] in
      wakeUp()
    }
  }

  private func wakeUp() {
    let now = LoadClock.now()
    if let wakeAt, now < wakeAt {
      loop.assumeIsolated().execute { [unowned self] in wakeUp() }
    } else {
      wakeAt = nil
      pump(now)
    }
  }

  private func begin(_ start: Dispatch.Start) {
    let operation = source.next()
    let now = LoadClock.now()
    clients[start.client].begin(operation, intended: start.intended ?? now, now, isMeasured: start.isMeasured)
    send(start.client, now)
  }

  /// Sends the call that the client is at.
  func send(_ client: Int, _ now: Instant) {
    clients[client].sent = now
    clients[client].deadline = now + settings.timeout
    wire.send(clients[client].call, client: client)
  }
}
