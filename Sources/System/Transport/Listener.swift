internal import Logging
public import NIOCore
internal import NIOPosix

/// Takes connections of other processes on one address. The listener and all its links are confined to one event loop.
public final class Listener {
  /// The owner's word on a peer whose cluster and protocol fit.
  public enum Acceptance {
    case accept(any LinkDelegate)
    /// What the dialer's owner sees as ``LinkFailure/refused(status:reason:)``: a status of ``HandshakeStatus``, and one line
    /// of visible ASCII and blanks.
    case refuse(status: Int = HandshakeStatus.owner, reason: String)
  }

  public let loop: any EventLoop
  /// What the next connection is told of this process.
  public var local: Handshake
  /// The port in use, from the end of ``bind(host:port:)`` on.
  public private(set) var localPort: Int?

  private let options: TransportOptions
  private let faults: FaultTable?
  private let accept: (TransportClass, Handshake) -> Acceptance
  private var channel: (any Channel)?
  private var isClosed = false
  private var handlers: [ObjectIdentifier: LinkHandler] = [:]

  public init(
    loop: any EventLoop, local: Handshake, options: TransportOptions, faults: FaultTable? = nil,
    accept: @escaping (TransportClass, Handshake) -> Acceptance
  ) {
    self.loop = loop
    self.local = local
    self.options = options
    self.faults = faults
    self.accept = accept
  }

  /// Listens; the result is the port, which the system picks for port 0. Fails with the system's error.
  public func bind(host: String, port: Int) -> EventLoopFuture<Int> {
    loop.preconditionInEventLoop()
    let boundListener = NIOLoopBound(self, eventLoop: loop)
    return ServerBootstrap(group: loop)
      .transportOptions()
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture { try boundListener.value.adopt(channel) }
      }
      .bind(host: host, port: port)
      .hop(to: loop)
      .assumeIsolated()
      .map { [self] channel in bound(channel) }
      .nonisolated()
  }

  /// Takes no more connections and closes those that there are; each link's delegate hears `linkDown`.
  public func close() -> EventLoopFuture<Void> {
    loop.preconditionInEventLoop()
    isClosed = true
    for handler in Array(handlers.values) { handler.close() }
    guard let channel else { return loop.makeSucceededVoidFuture() }
    self.channel = nil
    channel.close(promise: nil)
    return channel.closeFuture
  }

  private func bound(_ channel: any Channel) -> Int {
    guard let port = channel.localAddress?.port else { fatalError("A bound socket has a port.") }
    localPort = port
    if isClosed { channel.close(promise: nil) } else { self.channel = channel }
    return port
  }

  private func adopt(_ channel: any Channel) throws {
    guard !isClosed, handlers.count < TransportLimits.connectionsMax else {
      options.logger.warning("transport turned a connection away", metadata: ["open": "\(handlers.count)"])
      channel.close(promise: nil)
      return
    }
    let handler = LinkHandler(
      loop: loop, options: options, faults: faults, local: local, dialing: nil, owner: self)
    handlers[ObjectIdentifier(handler)] = handler
    try channel.pipeline.syncOperations.addHandler(handler)
  }
}

extension Listener: LinkHandlerOwner {
  func decide(_ handler: LinkHandler, _ transportClass: TransportClass, peer: Handshake) -> LinkHandler.Decision {
    if let conflict = local.conflict(with: peer) { return .refuse(status: conflict.status, reason: conflict.reason) }
    switch accept(transportClass, peer) {
    case .accept(let delegate): return .accept(delegate)
    case .refuse(let status, let reason): return .refuse(status: status, reason: reason)
    }
  }

  func isUp(_ handler: LinkHandler, _ link: Link) {}

  func ended(_ handler: LinkHandler, _ failure: LinkFailure, wasUp: Bool) {
    handlers[ObjectIdentifier(handler)] = nil
  }
}
