internal import Environment
internal import NIOCore
internal import Telemetry

/// What the connections of one event loop share. Confined to that loop.
final class HTTPLoop {
  let eventLoop: any EventLoop
  let clock: any Clock
  let limits: HTTPLimits
  let hosts: HostPolicy
  let cors: CORSPolicy
  let load: ServerLoad
  let metrics: HTTPMetrics
  private(set) var isShuttingDown = false

  private var date = HTTPDate()
  private var random: SeededRandom
  private var connections: [ObjectIdentifier: HTTPConnection] = [:]
  private var dirty: [HTTPConnection] = []
  /// Those that speak HTTP/2.
  private var connections2: [ObjectIdentifier: HTTP2Connection] = [:]
  private var dirty2: [HTTP2Connection] = []
  private var flushIsScheduled = false
  private var sweeper: RepeatedTask?

  init(
    eventLoop: any EventLoop, clock: any Clock, limits: HTTPLimits, hosts: HostPolicy, cors: CORSPolicy,
    load: ServerLoad, metrics: HTTPMetrics, seed: UInt64
  ) {
    self.eventLoop = eventLoop
    self.clock = clock
    self.limits = limits
    self.hosts = hosts
    self.cors = cors
    self.load = load
    self.metrics = metrics
    random = SeededRandom(seed: seed)
  }

  func startSweeping() {
    let interval = TimeAmount.milliseconds(Int64(limits.sweepIntervalMs))
    let bound = NIOLoopBound(self, eventLoop: eventLoop)
    sweeper = eventLoop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { _ in bound.value.sweep() }
  }

  func stopSweeping() { sweeper?.cancel() }

  /// Closes what is past its deadline.
  func sweep() {
    let now = clock.now
    for connection in Array(connections.values) { connection.sweep(now) }
    for connection in Array(connections2.values) { connection.sweep(now) }
  }

  /// Lets every connection finish what it has under way and close.
  func beginShutdown() {
    isShuttingDown = true
    for connection in Array(connections.values) { connection.finishAndClose() }
    for connection in Array(connections2.values) { connection.finishAndClose() }
  }

  func closeAll() {
    for connection in Array(connections.values) { connection.abandon() }
    for connection in Array(connections2.values) { connection.abandon() }
  }

  var isEmpty: Bool { connections.isEmpty && connections2.isEmpty }

  func opened(_ connection: HTTPConnection) { connections[ObjectIdentifier(connection)] = connection }

  func closed(_ connection: HTTPConnection) { connections[ObjectIdentifier(connection)] = nil }

  func opened(_ connection: HTTP2Connection) { connections2[ObjectIdentifier(connection)] = connection }

  func closed(_ connection: HTTP2Connection) { connections2[ObjectIdentifier(connection)] = nil }

  /// Flushes `connection` at the end of this turn, together with all others that got answers in it.
  func flushLater(_ connection: HTTPConnection) {
    dirty.append(connection)
    scheduleFlush()
  }

  func flushLater(_ connection: HTTP2Connection) {
    dirty2.append(connection)
    scheduleFlush()
  }

  private func scheduleFlush() {
    guard !flushIsScheduled else { return }
    flushIsScheduled = true
    eventLoop.assumeIsolated().execute { [self] in flushDirty() }
  }

  private func flushDirty() {
    flushIsScheduled = false
    let waiting = dirty
    dirty.removeAll(keepingCapacity: true)
    for connection in waiting { connection.flushNow() }
    guard !dirty2.isEmpty else { return }
    let waiting2 = dirty2
    dirty2.removeAll(keepingCapacity: true)
    for connection in waiting2 { connection.flushNow() }
  }

  func dateBytes() -> [UInt8] { date.bytes(at: clock.wallTimeMs) }

  private static let alphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUV".utf8)

  /// 52 upper-case letters and digits, like those of DynamoDB.
  func requestID() -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: 52) { text, count in
      for word in 0..<4 {
        var bits = random.next()
        for position in 0..<13 {
          text[word * 13 + position] = Self.alphabet[Int(bits & 31)]
          bits >>= 5
        }
      }
      count = 52
    }
  }
}
