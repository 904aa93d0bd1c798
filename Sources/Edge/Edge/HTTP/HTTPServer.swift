internal import Environment
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

/// One listening socket whose connections are spread over several loops.
final class HTTPServer: Sendable {
  /// One loop's part. `@unchecked`: everything in it is touched on its loop only, which every method here goes to first.
  final class Lane: @unchecked Sendable {
    let loop: HTTPLoop
    let responder: any HTTPResponder

    init(loop: HTTPLoop, responder: any HTTPResponder) {
      self.loop = loop
      self.responder = responder
    }
  }

  private let listener: any Channel
  private let lanes: [Lane]
  private let loops: [any EventLoop]
  private let limits: HTTPLimits

  private init(listener: any Channel, lanes: [Lane], loops: [any EventLoop], limits: HTTPLimits) {
    self.listener = listener
    self.lanes = lanes
    self.loops = loops
    self.limits = limits
  }

  var localAddress: SocketAddress? { listener.localAddress }

  /// - Parameters:
  ///   - group: its loops are those of `loops`.
  ///   - makeLane: called on the loop.
  static func start(
    host: String, port: Int, group: any EventLoopGroup, loops: [any EventLoop], limits: HTTPLimits, load: ServerLoad,
    makeLane: @escaping @Sendable (any EventLoop, Int) -> Lane
  ) -> EventLoopFuture<HTTPServer> {
    let made = loops.enumerated().map { index, loop in
      loop.submit {
        let lane = makeLane(loop, index)
        lane.loop.startSweeping()
        return lane
      }
    }
    return EventLoopFuture.whenAllSucceed(made, on: loops[0]).flatMap { lanes in
      bootstrap(group, loops: loops, lanes: lanes, limits: limits, load: load)
        .bind(host: host, port: port)
        .map { HTTPServer(listener: $0, lanes: lanes, loops: loops, limits: limits) }
        .flatMapError { error in
          for (loop, lane) in zip(loops, lanes) { loop.execute { lane.loop.stopSweeping() } }
          return loops[0].makeFailedFuture(error)
        }
    }
  }

  private static func bootstrap(
    _ group: any EventLoopGroup, loops: [any EventLoop], lanes: [Lane], limits: HTTPLimits, load: ServerLoad
  ) -> ServerBootstrap {
    ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: 1_024)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          guard load.openConnections < limits.connectionsMax,
            let index = loops.firstIndex(where: { $0 === channel.eventLoop })
          else {
            channel.close(promise: nil)
            return
          }
          try configure(channel, lanes[index], limits)
        }
      }
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      .childChannelOption(.allowRemoteHalfClosure, value: true)
      .childChannelOption(.maxMessagesPerRead, value: 4)
      .childChannelOption(
        .writeBufferWaterMark, value: ChannelOptions.Types.WriteBufferWaterMark(low: 256 << 10, high: 1 << 20))
  }

  /// The handlers of one connection.
  static func configure(_ channel: any Channel, _ lane: Lane, _ limits: HTTPLimits) throws {
    var bounds = NIOHTTPDecoderLimitConfiguration()
    bounds.maxHeaderFieldSize = limits.headerBlockBytesMax
    bounds.maxHeaderListSize = limits.headerBlockBytesMax
    bounds.maxHeaderFieldCount = limits.headerFieldsMax
    let connection = HTTPConnection(loop: lane.loop, responder: lane.responder)
    let decoder = HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes, limitConfiguration: bounds)
    let received = ReceivedBytesHandler(connection)
    let decoding = ByteToMessageHandler(decoder)
    let detector = ProtocolDetector(connection, others: [received, decoding, connection]) {
      HTTP2Connection(loop: lane.loop, responder: lane.responder)
    }
    let pipeline = channel.pipeline.syncOperations
    try pipeline.addHandler(detector)
    try pipeline.addHandler(received)
    try pipeline.addHandler(decoding)
    try pipeline.addHandler(connection)
  }

  /// Stops accepting, lets every connection answer what it has under way, and closes what is left after
  /// `shutdownTimeoutMs`. Succeeds when all connections are gone.
  func shutDown() -> EventLoopFuture<Void> {
    let closed = zip(loops, lanes).map { loop, lane in Self.drain(lane, on: loop, limits.shutdownTimeoutMs) }
    let stopped = listener.close().flatMapError { _ in self.loops[0].makeSucceededVoidFuture() }
    return stopped.flatMap { EventLoopFuture.andAllSucceed(closed, on: self.loops[0]) }
  }

  private static func drain(_ lane: Lane, on eventLoop: any EventLoop, _ timeoutMs: UInt64) -> EventLoopFuture<Void> {
    let done = eventLoop.makePromise(of: Void.self)
    eventLoop.execute {
      lane.loop.beginShutdown()
      poll(lane, on: eventLoop, deadline: .now() + .milliseconds(Int64(timeoutMs)), done)
    }
    return done.futureResult
  }

  private static func poll(
    _ lane: Lane, on eventLoop: any EventLoop, deadline: NIODeadline, _ done: EventLoopPromise<Void>
  ) {
    if lane.loop.isEmpty {
      lane.loop.stopSweeping()
      return done.succeed()
    }
    if NIODeadline.now() >= deadline { lane.loop.closeAll() }
    eventLoop.scheduleTask(in: .milliseconds(10)) { poll(lane, on: eventLoop, deadline: deadline, done) }
  }
}
