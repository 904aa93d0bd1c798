import Environment
import Logging
import NIOCore
import NIOPosix
import Synchronization
import Telemetry
import Transport

/// Records what one process's links report. Confined to its loop.
final class Recorder: DialerDelegate {
  private let changed: () -> Void
  private(set) var links: [Link] = []
  private(set) var peers: [Handshake] = []
  private(set) var downs: [LinkFailure] = []
  private(set) var failures: [LinkFailure] = []
  private(set) var frames: [[UInt8]] = []
  /// How many frames came before each end of a batch.
  private(set) var batches: [Int] = []
  private(set) var writableCount = 0
  var onFrame: ((Link, [UInt8]) -> Void)?
  private var inBatch = 0

  init(changed: @escaping () -> Void) { self.changed = changed }

  var link: Link {
    guard let link = links.last else { fatalError("The link is not up yet.") }
    return link
  }

  func linkUp(_ link: Link, peer: Handshake) {
    links.append(link)
    peers.append(peer)
    changed()
  }

  func linkDown(_ link: Link, reason: LinkFailure) {
    downs.append(reason)
    changed()
  }

  func received(_ link: Link, frame: [UInt8]) {
    frames.append(frame)
    inBatch += 1
    onFrame?(link, frame)
    changed()
  }

  func receivedAll(_ link: Link) {
    batches.append(inBatch)
    inBatch = 0
    changed()
  }

  func linkWritable(_ link: Link) {
    writableCount += 1
    changed()
  }

  func dialFailed(_ dialer: Dialer, reason: LinkFailure) {
    failures.append(reason)
    changed()
  }
}

/// Keeps warnings, with their reason.
final class WarningLog: LogHandler, Sendable {
  private let lines = Mutex<[String]>([])

  var all: [String] { lines.withLock { $0 } }

  var logLevel: Logger.Level {
    get { .warning }
    set {}
  }
  var metadata: Logger.Metadata {
    get { [:] }
    set {}
  }

  subscript(metadataKey _: String) -> Logger.Metadata.Value? {
    get { nil }
    set {}
  }

  func log(event: LogEvent) {
    let reason = event.metadata?["reason"].map { "\($0)" } ?? ""
    lines.withLock { $0.append("\(event.message): \(reason)") }
  }
}

/// The processes of one loop, and conditions that wait for their reports.
final class World {
  struct Missed: Error { var what: String }

  private struct Waiter {
    var condition: (World) -> Bool
    var promise: EventLoopPromise<Void>
  }

  let loop: any EventLoop
  var options: TransportOptions
  /// What an operator sees of the transport.
  let warnings: WarningLog
  let faults = FaultTable(seed: 7)
  let listenerFaults = FaultTable(seed: 8)
  private(set) var dialed: Recorder!
  private(set) var accepted: Recorder!
  private(set) var listener: Listener?
  private(set) var dialer: Dialer?
  private var waiters: [Waiter] = []

  init(loop: any EventLoop) {
    self.loop = loop
    warnings = WarningLog()
    options = TransportOptions(logger: Logger(label: "test", factory: { [warnings] _ in warnings }))
    dialed = Recorder { [unowned self] in check() }
    accepted = Recorder { [unowned self] in check() }
  }

  static func handshake(
    _ process: String, cluster: String = "cluster-1", start: UInt64 = 7,
    version: UInt16 = TransportLimits.protocolVersion, oldest: UInt16 = TransportLimits.oldestProtocolVersion
  ) -> Handshake {
    Handshake(
      cluster: cluster, process: process, role: "node", incarnation: 3, start: start, protocolVersion: version,
      oldestProtocolVersion: oldest)
  }

  func listen(
    port: Int = 0, local: Handshake = handshake("server"), faults: FaultTable? = nil,
    refusing refusal: Listener.Acceptance? = nil
  ) -> EventLoopFuture<Int> {
    let listener = Listener(loop: loop, local: local, options: options, faults: faults) { [unowned self] _, _ in
      refusal ?? .accept(accepted)
    }
    self.listener = listener
    return listener.bind(host: "127.0.0.1", port: port)
  }

  func dial(
    _ port: Int, host: String = "127.0.0.1", local: Handshake = handshake("client"), expecting: String? = "server",
    faults: FaultTable? = nil, transportClass: TransportClass = .operations, admit: ((Handshake) -> String?)? = nil
  ) {
    let dialer = Dialer(
      loop: loop, host: host, port: port, transportClass: transportClass, local: local, expectedProcess: expecting,
      options: options, faults: faults, random: SeededRandom(seed: 1), admit: admit, delegate: dialed)
    self.dialer = dialer
    dialer.start()
  }

  func wait(_ what: String, _ condition: @escaping (World) -> Bool) -> EventLoopFuture<Void> {
    if condition(self) { return loop.makeSucceededVoidFuture() }
    let promise = loop.makePromise(of: Void.self)
    waiters.append(Waiter(condition: condition, promise: promise))
    let deadline = loop.scheduleTask(in: .seconds(20)) { promise.fail(Missed(what: what)) }
    return promise.futureResult.always { _ in deadline.cancel() }
  }

  func stop() -> EventLoopFuture<Void> {
    dialer?.stop()
    return listener?.close() ?? loop.makeSucceededVoidFuture()
  }

  private func check() {
    let met = waiters.filter { $0.condition(self) }
    waiters.removeAll { waiter in met.contains { $0.promise.futureResult === waiter.promise.futureResult } }
    for waiter in met { waiter.promise.succeed() }
  }
}

/// A world and the way onto its loop.
struct Fixture: Sendable {
  let loop: any EventLoop
  private let world: NIOLoopBound<World>

  init(loop: any EventLoop = MultiThreadedEventLoopGroup.singleton.next()) async throws {
    self.loop = loop
    world = try await loop.submit { NIOLoopBound(World(loop: loop), eventLoop: loop) }.get()
  }

  @discardableResult
  func run<Value: Sendable>(_ body: @escaping @Sendable (World) throws -> Value) async throws -> Value {
    try await loop.submit { try body(world.value) }.get()
  }

  func until(_ what: String, _ condition: @escaping @Sendable (World) -> Bool) async throws {
    try await loop.flatSubmit { world.value.wait(what, condition) }.get()
  }

  func listen(_ body: @escaping @Sendable (World) -> EventLoopFuture<Int> = { $0.listen() }) async throws -> Int {
    try await loop.flatSubmit { body(world.value) }.get()
  }

  /// Both ends in this world, up.
  func connect(
    transportClass: TransportClass = .operations, faults: Bool = false
  ) async throws {
    let port = try await listen { $0.listen(faults: faults ? $0.listenerFaults : nil) }
    try await run { $0.dial(port, faults: faults ? $0.faults : nil, transportClass: transportClass) }
    try await until("both ends up") { $0.dialed.links.count == 1 && $0.accepted.links.count == 1 }
  }

  /// For closures that run on the loop already.
  func onLoop<Value>(_ body: (World) -> Value) -> Value { body(world.value) }

  func stop() async throws { try await loop.flatSubmit { world.value.stop() }.get() }
}
