internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import Synchronization

/// A small HTTP/1.1 client with kept connections, for control paths. Every call is bounded by its timeout.
public final class HTTPClient: Sendable {
  private let group: MultiThreadedEventLoopGroup
  /// Connections that wait for a request, the one used last at the end.
  private let idle = Mutex<[Endpoint: [any Channel]]>([:])
  /// Made with the first endpoint that needs it.
  private let secure = Mutex<SecureConnection?>(nil)

  private let authorities: String?

  /// - Parameters:
  ///   - threads: event loops of its own; they end with ``shutDown()``.
  ///   - authorities: a PEM file of those whose certificates are accepted; nil: the system's. By default what
  ///     `AWS_CA_BUNDLE` says, as with AWS's own clients.
  public init(threads: Int = 1, authorities: String? = AWSCredentials.variable("AWS_CA_BUNDLE")) {
    self.authorities = authorities
    group = MultiThreadedEventLoopGroup(numberOfThreads: threads)
  }

  /// Sends one request and returns its response, whatever its status.
  public func send(
    _ request: HTTPRequest, to endpoint: Endpoint, timeoutMs: Int = 5_000
  ) async throws(TransportFailure) -> HTTPResponse {
    let (channel, isKept) = try await connection(to: endpoint)
    do {
      return try await exchange(request, over: channel, endpoint, timeoutMs)
    } catch {
      // The server may have closed a kept connection while it was idle. Only requests that change nothing go again.
      guard isKept, error.code == .closed, request.method == "GET" else { throw error }
    }
    let fresh = try await connect(to: endpoint)
    return try await exchange(request, over: fresh, endpoint, timeoutMs)
  }

  public func get(_ path: String, from endpoint: Endpoint, timeoutMs: Int = 5_000) async throws(TransportFailure)
    -> HTTPResponse
  {
    try await send(HTTPRequest("GET", path), to: endpoint, timeoutMs: timeoutMs)
  }

  public func post(
    _ path: String, body: [UInt8] = [], to endpoint: Endpoint, timeoutMs: Int = 5_000
  ) async throws(TransportFailure) -> HTTPResponse {
    try await send(HTTPRequest("POST", path, body: body), to: endpoint, timeoutMs: timeoutMs)
  }

  /// Closes every connection; the client is of no more use.
  public func shutDown() async {
    idle.withLock { $0 = [:] }
    try? await group.shutdownGracefully()
  }

  private func exchange(
    _ request: HTTPRequest, over channel: any Channel, _ endpoint: Endpoint, _ timeoutMs: Int
  ) async throws(TransportFailure) -> HTTPResponse {
    let promise = channel.eventLoop.makePromise(of: HTTPResponse.self)
    let exchange = Exchange(
      request: request, endpoint: endpoint, timeout: .milliseconds(Int64(timeoutMs)), response: promise)
    channel.writeAndFlush(exchange).whenFailure { error in
      promise.fail(TransportFailure(.closed, "\(endpoint): the request could not be sent: \(error)"))
    }
    let response: HTTPResponse
    do {
      response = try await promise.futureResult.get()
    } catch {
      throw error as? TransportFailure ?? TransportFailure(.closed, "\(endpoint): \(error)")
    }
    if channel.isActive { keep(channel, for: endpoint) }
    return response
  }

  private func connection(
    to endpoint: Endpoint
  ) async throws(TransportFailure) -> (channel: any Channel, isKept: Bool) {
    let kept = idle.withLock { idle -> (any Channel)? in
      while let channel = idle[endpoint]?.popLast() {
        if channel.isActive { return channel }
      }
      return nil
    }
    if let kept { return (kept, true) }
    return (try await connect(to: endpoint), false)
  }

  private func keep(_ channel: any Channel, for endpoint: Endpoint) {
    let isKept = idle.withLock { idle in
      guard idle[endpoint, default: []].count < ClientLimits.idleConnectionsPerHostMax else { return false }
      idle[endpoint, default: []].append(channel)
      return true
    }
    if !isKept { channel.close(promise: nil) }
  }

  private func connect(to endpoint: Endpoint) async throws(TransportFailure) -> any Channel {
    let tls = endpoint.isSecure ? try secureConnection(endpoint) : nil
    let loop = group.next()
    let isOpen = loop.makePromise(of: Void.self)
    if tls == nil { isOpen.succeed() }
    let channel: any Channel
    do {
      channel = try await ClientBootstrap(group: loop)
        .connectTimeout(.milliseconds(ClientLimits.connectTimeoutMs))
        .channelOption(.tcpOption(.tcp_nodelay), value: 1)
        .channelInitializer { channel in
          channel.eventLoop.makeCompletedFuture {
            try tls?.install(on: channel, to: endpoint.host, isOpen)
            try channel.pipeline.syncOperations.addHTTPClientHandlers()
            try channel.pipeline.syncOperations.addHandler(ConnectionHandler())
          }
        }
        .connect(host: endpoint.host, port: endpoint.port).get()
    } catch {
      isOpen.fail(error)
      throw TransportFailure(.connect, "\(endpoint): nothing answers there")
    }
    do {
      try await isOpen.futureResult.get()
    } catch {
      channel.close(promise: nil)
      throw TransportFailure(.connect, "\(endpoint): \(HandshakeFailure.text(error))")
    }
    return channel
  }

  private func secureConnection(_ endpoint: Endpoint) throws(TransportFailure) -> SecureConnection {
    do {
      return try secure.withLock { kept in
        if let kept { return kept }
        let made = try SecureConnection(authorities: authorities)
        kept = made
        return made
      }
    } catch {
      throw TransportFailure(.connect, "\(endpoint): TLS cannot be used: \(error); is AWS_CA_BUNDLE a readable file?")
    }
  }
}
