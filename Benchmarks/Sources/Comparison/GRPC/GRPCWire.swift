public import Client
public import Load
public import NIOCore
internal import NIOPosix

/// Where a gRPC service without TLS is reached.
public struct GRPCWireSettings: Sendable {
  public var endpoint: Endpoint
  /// Connections of each event loop; its clients share them evenly, each with a stream of its own.
  public var connections: Int

  public init(endpoint: Endpoint, connections: Int) {
    precondition(connections > 0, "A wire has a connection.")
    self.endpoint = endpoint
    self.connections = connections
  }
}

/// Unary gRPC calls over HTTP/2: client `n` has slot `n / connections` of connection `n % connections`.
public final class GRPCWire: Wire {
  private enum Link {
    case none
    case connecting
    case up(GRPCConnection)
  }

  private static let connectTimeoutMs: Int64 = 2_000

  private let settings: GRPCWireSettings
  private let loop: any EventLoop
  private let answered: (Int, borrowing Answer) -> Void
  private let clientCount: Int
  private let connectionCount: Int
  private var links: [Link]
  /// Calls of clients whose connection is being made.
  private var waiting: [Call?]
  /// While the answers of one read are told, what they lead to is gathered.
  private var isTelling = false

  public init(
    _ settings: GRPCWireSettings, clients: [Int], on loop: any EventLoop,
    answered: @escaping (_ client: Int, _ answer: borrowing Answer) -> Void
  ) {
    self.settings = settings
    self.loop = loop
    self.answered = answered
    clientCount = clients.count
    connectionCount = min(settings.connections, clients.count)
    links = Array(repeating: .none, count: connectionCount)
    waiting = Array(repeating: nil, count: clients.count)
  }

  public func open() -> EventLoopFuture<Void> {
    let opened = (0..<connectionCount).map { number in
      links[number] = .connecting
      return connect(number)
    }
    let endpoint = settings.endpoint
    return EventLoopFuture.andAllSucceed(opened, on: loop)
      .flatMapErrorThrowing { _ in throw LoadError("nothing answers at \(endpoint)") }
  }

  public func send(_ call: Call, client: Int) {
    let number = client % connectionCount
    switch links[number] {
    case .up(let connection):
      connection.session.submit(call.method, call.body, slot: client / connectionCount)
      connection.isDirty = true
    case .connecting: waiting[client] = call
    case .none:
      waiting[client] = call
      links[number] = .connecting
      connect(number).assumeIsolated().whenFailure { [self] _ in refuse(number) }
    }
  }

  public func flush() {
    guard !isTelling else { return }
    for case .up(let connection) in links where connection.isDirty { connection.flush() }
  }

  public func abandon(client: Int) {
    waiting[client] = nil
    guard case .up(let connection) = links[client % connectionCount] else { return }
    connection.session.cancel(slot: client / connectionCount)
    connection.flush()
  }

  public func close() -> EventLoopFuture<Void> {
    for number in links.indices {
      if case .up(let connection) = links[number] { connection.abandon() }
      links[number] = .none
    }
    return loop.makeSucceededVoidFuture()
  }

  // MARK: From connections

  func completed(_ connection: GRPCConnection, _ completions: [GRPCSession.Completion]) {
    isTelling = true
    for completion in completions {
      let method = connection.session.method(of: completion.slot)
      let client = completion.slot * connectionCount + connection.number
      answered(client, completion.reply.answer(to: method, isReset: completion.isReset))
    }
    isTelling = false
    flush()
  }

  /// Its calls may have been carried out or not.
  func lost(_ connection: GRPCConnection) {
    guard case .up(let current) = links[connection.number], current === connection else { return }
    links[connection.number] = .none
    for slot in connection.session.slots.indices where connection.session.isBusy(slot) {
      answered(slot * connectionCount + connection.number, Answer(.connection))
    }
  }

  // MARK: Connecting

  private func connect(_ number: Int) -> EventLoopFuture<Void> {
    let endpoint = settings.endpoint
    let slots = (clientCount - number + connectionCount - 1) / connectionCount
    let connection = GRPCConnection(
      number: number, session: GRPCSession(slots: slots, authority: "\(endpoint.host):\(endpoint.port)"), wire: self)
    return ClientBootstrap(group: loop)
      .connectTimeout(.milliseconds(Self.connectTimeoutMs))
      .channelOption(.tcpOption(.tcp_nodelay), value: 1)
      .connect(host: endpoint.host, port: endpoint.port)
      .assumeIsolated()
      .flatMapThrowing { [self] channel in
        try channel.pipeline.syncOperations.addHandler(connection)
        links[number] = .up(connection)
        connection.flush()
        sendWaiting(number)
      }
      .nonisolated()
  }

  private func sendWaiting(_ number: Int) {
    for client in stride(from: number, to: clientCount, by: connectionCount) {
      guard let call = waiting[client] else { continue }
      waiting[client] = nil
      send(call, client: client)
    }
    flush()
  }

  private func refuse(_ number: Int) {
    links[number] = .none
    for client in stride(from: number, to: clientCount, by: connectionCount) where waiting[client] != nil {
      waiting[client] = nil
      answered(client, Answer(.noConnection))
    }
  }
}
