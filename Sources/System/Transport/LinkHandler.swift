internal import Environment
internal import Logging
internal import NIOCore
internal import Telemetry

/// Who made the connection: decides about the peer and hears of the end.
protocol LinkHandlerOwner: AnyObject {
  /// A listener's request, or the answer to a dialer's.
  func decide(_ handler: LinkHandler, _ transportClass: TransportClass, peer: Handshake) -> LinkHandler.Decision
  /// The link is made; its delegate hears of it next.
  func isUp(_ handler: LinkHandler, _ link: Link)
  /// Once, on a later step of the loop. `wasUp` where a link had come of it.
  func ended(_ handler: LinkHandler, _ failure: LinkFailure, wasUp: Bool)
}

/// Carries out what ``Exchange`` says on one socket. One turn of the loop: read, deliver, and at its end one write.
final class LinkHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  enum Decision {
    case accept(any LinkDelegate)
    case refuse(status: Int, reason: String)
    /// Leave the peer without an answer.
    case ignore
    case giveUp(LinkFailure)
  }

  enum Phase {
    /// Connecting or in the handshake.
    case opening
    case up(Link, any LinkDelegate)
    /// The answer was a refusal or silence; the peer leaves, or the timer closes.
    case leaving
    case down
  }

  let loop: any EventLoop
  let options: TransportOptions
  let faults: FaultTable?
  var metrics: TransportMetrics.PerClass?
  let exchange: Exchange
  let local: Handshake
  let dialing: (authority: String, peer: String?)?
  var owner: (any LinkHandlerOwner)?
  var context: ChannelHandlerContext?
  var phase = Phase.opening
  var liveness: Liveness
  private var timer: Scheduled<Void>?
  var flushIsScheduled = false
  var isPumping = false
  private var hasBegun = false
  private var lostBehindCut: LinkFailure?
  var deliveredSinceTurn = false
  /// The peer's name in the fault table, once known.
  var faultName: String?

  init(
    loop: any EventLoop, options: TransportOptions, faults: FaultTable?, local: Handshake,
    dialing: (transportClass: TransportClass, authority: String, peer: String?)?, owner: any LinkHandlerOwner
  ) {
    self.loop = loop
    self.options = options
    self.faults = faults
    self.local = local
    self.owner = owner
    self.dialing = dialing.map { ($0.authority, $0.peer) }
    exchange = Exchange(dialing: dialing?.transportClass)
    liveness = Liveness(pingAfter: options.pingAfter, deadAfter: options.deadAfter)
    faultName = dialing?.peer.map { FaultTable.peer(of: $0) }
  }

  var isUp: Bool {
    // The stream may have ended within the read whose frames are still being delivered.
    if case .up = phase { exchange.isOpen } else { false }
  }

  var queuedBytes: Int { exchange.queuedBytes }

  // MARK: The socket's events

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    if context.channel.isActive { begin() }
  }

  func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

  func channelActive(context: ChannelHandlerContext) { begin() }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard case .down = phase else { return receive(unwrapInboundIn(data)) }
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    deliveredAll()
    if exchange.wantsWrite { scheduleFlush() }
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    if context.channel.isWritable { pump() }
  }

  func channelInactive(context: ChannelHandlerContext) { lose(.closedByPeer) }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { lose(LinkFailure(reading: error)) }

  private func begin() {
    // A handler that joins an active channel may still see it become active.
    guard let context, !hasBegun else { return }
    hasBegun = true
    guard case .opening = phase else { return context.close(promise: nil) }
    faults?.add(self)
    guard let dialing else { return arm(options.requestTimeout) { $0.finish(.timedOut) } }
    // A dial to a free port of the ephemeral range can meet itself: nobody listens there.
    guard context.channel.localAddress != context.channel.remoteAddress else { return finish(.refusedAddress) }
    arm(options.handshakeTimeout) { $0.finish(.timedOut) }
    exchange.start(authority: dialing.authority, local: local)
    pump()
  }

  // MARK: Time

  func arm(_ span: Span, _ action: @escaping (LinkHandler) -> Void) {
    timer?.cancel()
    timer = loop.assumeIsolated().scheduleTask(in: span.amount) { [weak self] in
      if let self { action(self) }
    }
  }

  func armLiveness() { arm(liveness.step) { $0.stepLiveness() } }

  private func stepLiveness() {
    switch liveness.advance() {
    case .dead: return finish(.silent)
    case .ping:
      exchange.ping()
      scheduleFlush()
    case .none: break
    }
    armLiveness()
  }

  // MARK: The end

  /// The owner's wish; also right before anything is connected.
  func close() {
    if case .up = phase {
      // The farewell overtakes frames, so these go first.
      pump()
      exchange.shutDown()
      pump()
    }
    finish(.closedLocally)
  }

  /// The peer's side ended. Nobody behind a cut can see that: there the timers speak, or the healing.
  func lose(_ failure: LinkFailure) {
    guard isCut(.receiving) else { return finish(failure) }
    lostBehindCut = failure
  }

  func finish(_ failure: LinkFailure) {
    if case .down = phase { return }
    let last = phase
    phase = .down
    timer?.cancel()
    faults?.remove(self)
    context?.close(promise: nil)
    let owner = owner
    self.owner = nil
    if case .up(let link, _) = last {
      link.wentDown()
      metrics?.linksUp.add(-1)
      metrics?.linkFailures.add()
    }
    logEnd(failure, last)
    loop.assumeIsolated().execute { [self] in
      if case .up(let link, let delegate) = last {
        delegate.linkDown(link, reason: failure)
        owner?.ended(self, failure, wasUp: true)
      } else {
        owner?.ended(self, failure, wasUp: false)
      }
    }
  }

  private func logEnd(_ failure: LinkFailure, _ last: Phase) {
    if case .malformed(let reason) = failure {
      log(.warning, "transport closed a malformed connection", ["reason": "\(reason)"])
    } else if case .up(let link, _) = last {
      let names = ["peer": "\(link.peer.process)", "class": "\(link.transportClass.name)"] as Logger.Metadata
      log(.info, "transport link down", names.merging(["reason": "\(failure)"]) { $1 })
    }
  }

  func logOversized(_ bytes: Int) {
    log(.error, "transport was handed a frame that is too long", ["bytes": "\(bytes)"])
  }

  func log(_ level: Logger.Level, _ message: Logger.Message, _ metadata: Logger.Metadata) {
    options.logger.log(level: level, message, metadata: metadata)
  }

  // MARK: Faults

  func isCut(_ direction: FaultTable.Direction) -> Bool {
    guard let faults, let faultName else { return false }
    return faults.isCut(faultName, direction)
  }
}

extension LinkHandler: FaultObserver {
  func faultsChanged() {
    if let lostBehindCut, !isCut(.receiving) { finish(lostBehindCut) }
    scheduleFlush()
  }
}

extension Exchange {
  func receive(_ buffer: ByteBuffer) throws(ExchangeFault) -> Received {
    let result: Result<Received, ExchangeFault> = buffer.withUnsafeReadableBytes { bytes in
      do throws(ExchangeFault) { return .success(try receive(bytes)) } catch { return .failure(error) }
    }
    return try result.get()
  }
}
