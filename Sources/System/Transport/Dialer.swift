public import Environment
internal import Logging
public import NIOCore
internal import NIOPosix
internal import Telemetry

/// Keeps one link to an address: connects, and connects again with back-off until it is stopped. Confined to its event
/// loop. It retains its delegate until ``stop()``.
public final class Dialer {
  private enum State {
    case stopped
    case waiting(Scheduled<Void>)
    /// The peer is cut off: as if the address did not answer.
    case unanswered(Scheduled<Void>)
    case dialing(LinkHandler)
    case up(LinkHandler, Link)
  }

  public let loop: any EventLoop
  public let host: String
  public let port: Int
  public let transportClass: TransportClass
  /// The only process that is accepted at the address; nil accepts every one.
  public let expectedProcess: String?
  /// What the next attempt says of this process.
  public var local: Handshake

  private let admit: ((Handshake) -> String?)?
  private let options: TransportOptions
  private let faults: FaultTable?
  private var delegate: (any DialerDelegate)?
  private var backOff: BackOff
  private var state = State.stopped
  /// The refusal that was logged last, so that one is told once and not with every attempt.
  private var toldRefusal: LinkFailure?

  /// - Parameter admit: the owner's word on a peer that answered and whose cluster and protocol fit: nil, or why no link
  ///   is made of it. The delegate then hears ``LinkFailure/notAdmitted(_:)``.
  public init(
    loop: any EventLoop, host: String, port: Int, transportClass: TransportClass, local: Handshake,
    expectedProcess: String? = nil, options: TransportOptions, faults: FaultTable? = nil, random: SeededRandom,
    admit: ((Handshake) -> String?)? = nil, delegate: any DialerDelegate
  ) {
    self.loop = loop
    self.host = host
    self.port = port
    self.transportClass = transportClass
    self.local = local
    self.expectedProcess = expectedProcess
    self.options = options
    self.faults = faults
    self.admit = admit
    self.delegate = delegate
    backOff = BackOff(shortest: options.backOffMin, longest: options.backOffMax, random: random)
  }

  /// The link while it is up.
  public var link: Link? {
    if case .up(_, let link) = state { link } else { nil }
  }

  /// Starts dialing; once.
  public func start() {
    loop.preconditionInEventLoop()
    guard case .stopped = state, delegate != nil else { fatalError("A dialer is started once.") }
    faults?.add(self)
    dial()
  }

  /// Closes the link and dials no more. `linkDown` still comes for a link that was up.
  public func stop() {
    loop.preconditionInEventLoop()
    let last = state
    state = .stopped
    delegate = nil
    faults?.remove(self)
    switch last {
    case .stopped: break
    case .waiting(let timer), .unanswered(let timer): timer.cancel()
    case .dialing(let handler), .up(let handler, _): handler.close()
    }
  }

  /// Ends a pause between attempts now: something says that the peer is back.
  public func hurry() {
    guard case .waiting(let timer) = state else { return }
    timer.cancel()
    backOff.reset()
    dial()
  }

  // MARK: Attempts

  private func dial() {
    if isCutOff {
      state = .unanswered(schedule(options.connectTimeout) { $0.attemptFailed(.timedOut) })
      return
    }
    let handler = LinkHandler(
      loop: loop, options: options, faults: faults, local: local,
      dialing: (transportClass, "\(host):\(port)", expectedProcess), owner: self)
    state = .dialing(handler)
    delegate?.dialBegins(self)
    connect(handler)
  }

  private var isCutOff: Bool {
    guard let faults, let expectedProcess else { return false }
    return faults.isCut(FaultTable.peer(of: expectedProcess))
  }

  private func connect(_ handler: LinkHandler) {
    let bootstrap = ClientBootstrap(group: loop)
      .connectTimeout(options.connectTimeout.amount)
      .transportOptions()
    let attempt: EventLoopFuture<any Channel>
    if let address = try? SocketAddress(ipAddress: host, port: port) {
      attempt = bootstrap.connect(to: address)
    } else {
      attempt = bootstrap.connect(host: host, port: port)
    }
    attempt.hop(to: loop).assumeIsolated().whenComplete { [weak self] result in
      self?.connected(result, handler)
    }
  }

  /// The handler joins only now: a name with several addresses makes several sockets. The listener says nothing first.
  private func connected(_ result: Result<any Channel, any Error>, _ handler: LinkHandler) {
    guard case .dialing(let current) = state, current === handler else {
      if case .success(let channel) = result { channel.close(promise: nil) }
      return
    }
    do {
      try result.get().pipeline.syncOperations.addHandler(handler)
    } catch {
      attemptFailed(LinkFailure(connecting: error))
    }
  }

  private func attemptFailed(_ failure: LinkFailure) {
    options.metrics?[transportClass].linkFailures.add()
    let isNews = failure.isRefusal && failure != toldRefusal
    if isNews { toldRefusal = failure }
    options.logger.log(
      level: isNews ? .warning : .debug, isNews ? "a peer makes no link" : "transport attempt failed",
      metadata: ["host": "\(host)", "port": "\(port)", "class": "\(transportClass.name)", "reason": "\(failure)"])
    pause()
    delegate?.dialFailed(self, reason: failure)
  }

  /// A process that died refuses the next attempt, which proves its death; so that one does not wait for the back-off.
  private func redial() { state = .waiting(schedule(TransportLimits.redialAfter) { $0.dial() }) }

  private func pause() { state = .waiting(schedule(backOff.pause()) { $0.dial() }) }

  private func schedule(_ span: Span, _ action: @escaping (Dialer) -> Void) -> Scheduled<Void> {
    loop.assumeIsolated().scheduleTask(in: span.amount) { [weak self] in
      if let self { action(self) }
    }
  }
}

extension Dialer: LinkHandlerOwner {
  func decide(_ handler: LinkHandler, _ transportClass: TransportClass, peer: Handshake) -> LinkHandler.Decision {
    guard let delegate, case .dialing(let current) = state, current === handler else { return .giveUp(.closedLocally) }
    if let expectedProcess, peer.process != expectedProcess { return .giveUp(.unexpectedPeer(peer.process)) }
    if let conflict = local.conflict(with: peer) {
      return .giveUp(.refused(status: conflict.status, reason: conflict.reason))
    }
    if let reason = admit?(peer) { return .giveUp(.notAdmitted(reason)) }
    return .accept(delegate)
  }

  func isUp(_ handler: LinkHandler, _ link: Link) {
    backOff.reset()
    toldRefusal = nil
    state = .up(handler, link)
  }

  func ended(_ handler: LinkHandler, _ failure: LinkFailure, wasUp: Bool) {
    switch state {
    case .dialing(let current) where current === handler: attemptFailed(failure)
    case .up(let current, _) where current === handler: redial()
    case .stopped, .waiting, .unanswered, .dialing, .up: break
    }
  }
}

extension Dialer: FaultObserver {
  /// A healed peer is tried at once.
  func faultsChanged() {
    guard !isCutOff else { return }
    switch state {
    case .unanswered(let timer), .waiting(let timer):
      timer.cancel()
      backOff.reset()
      dial()
    case .stopped, .dialing, .up: break
    }
  }
}
