internal import Client
public import NIOCore
internal import NIOPosix

/// The DynamoDB API over HTTP/1.1, one connection a client, written by hand: a load generator should cost little beside
/// what it loads.
public final class HTTPWire: Wire {
  private struct Slot {
    var endpoint: Int
    var connection: HTTPConnection?
    /// What is sent once there is a connection.
    var waiting: Call?
    /// A connection that comes for an older number is not wanted any more.
    var number = 0
  }

  private let settings: HTTPWireSettings
  private let loop: any EventLoop
  private let answered: (Int, borrowing Answer) -> Void
  private var slots: [Slot]
  private var writer: RequestWriter
  private var isClosed = false

  public init(
    _ settings: HTTPWireSettings, clients: [Int], on loop: any EventLoop,
    answered: @escaping (_ client: Int, _ answer: borrowing Answer) -> Void
  ) {
    self.settings = settings
    self.loop = loop
    self.answered = answered
    slots = clients.map { Slot(endpoint: settings.home(of: $0)) }
    writer = RequestWriter(settings)
  }

  public func open() -> EventLoopFuture<Void> {
    let opening = Opening(clients: slots.count, loop.makePromise(of: Void.self))
    for _ in 0..<min(LoadLimits.connectsAtOnce, slots.count) { openNext(opening) }
    return opening.promise.futureResult
  }

  public func send(_ call: Call, client: Int) {
    if let connection = slots[client].connection {
      connection.send(call, &writer)
    } else {
      slots[client].waiting = call
      slots[client].number += 1
      connect(client, tries: settings.targets.count) { [self] isConnected in
        guard let call = slots[client].waiting else { return }
        slots[client].waiting = nil
        if isConnected, let connection = slots[client].connection {
          connection.send(call, &writer)
        } else {
          answered(client, Answer(.noConnection))
        }
      }
    }
  }

  /// Each request has left already.
  public func flush() {}

  public func abandon(client: Int) {
    slots[client].waiting = nil
    slots[client].number += 1
    guard let connection = slots[client].connection else { return }
    drop(connection, goingOn: true)
    connection.abandon()
  }

  public func close() -> EventLoopFuture<Void> {
    isClosed = true
    for client in slots.indices {
      slots[client].number += 1
      slots[client].waiting = nil
      slots[client].connection?.abandon()
      slots[client].connection = nil
    }
    return loop.makeSucceededVoidFuture()
  }

  // MARK: From connections

  func answered(_ connection: HTTPConnection, _ response: ResponseParser.Response) {
    // Whoever cannot do it may be cut off from those that can; another one may not be.
    let goesOn = response.status >= 500 && settings.targets.count > 1
    if goesOn || !response.keepsAlive { drop(connection, goingOn: goesOn) }
    if goesOn { connection.abandon() }
    answered(connection.client, Answer(response, asksForCapacity: settings.asksForCapacity))
  }

  /// - Parameter failure: of the call under way; nil where there was none, so that the server has only tidied up.
  func lost(_ connection: HTTPConnection, _ failure: CallFailure?) {
    drop(connection, goingOn: failure != nil)
    if let failure { answered(connection.client, Answer(failure)) }
  }

  private func drop(_ connection: HTTPConnection, goingOn: Bool) {
    guard slots[connection.client].connection === connection else { return }
    slots[connection.client].connection = nil
    if goingOn { slots[connection.client].endpoint = next(after: connection.endpoint) }
  }

  private func next(after endpoint: Int) -> Int { (endpoint + 1) % settings.targets.count }

  // MARK: Connecting

  /// How far the first connections have come.
  private final class Opening {
    var next = 0
    var left: Int
    let promise: EventLoopPromise<Void>

    init(clients: Int, _ promise: EventLoopPromise<Void>) {
      left = clients
      self.promise = promise
    }
  }

  private func openNext(_ opening: Opening) {
    guard opening.next < slots.count, !isClosed else { return }
    let client = opening.next
    opening.next += 1
    connect(client, tries: settings.targets.count) { [self] isConnected in
      guard isConnected else {
        let names = settings.names.joined(separator: ", ")
        return opening.promise.fail(LoadError("nothing answers at \(names)"))
      }
      opening.left -= 1
      if opening.left == 0 { opening.promise.succeed() } else { openNext(opening) }
    }
  }

  /// Tries the client's endpoint and those behind it, each once. `done` is called later, unless the client was abandoned.
  private func connect(_ client: Int, tries: Int, _ done: @escaping (_ isConnected: Bool) -> Void) {
    let number = slots[client].number
    let endpoint = settings.targets[slots[client].endpoint].endpoint
    ClientBootstrap(group: loop)
      .connectTimeout(.milliseconds(LoadLimits.connectTimeoutMs))
      .channelOption(.tcpOption(.tcp_nodelay), value: 1)
      .connect(host: endpoint.host, port: endpoint.port)
      .assumeIsolated()
      .whenComplete { [self] result in
        let channel = try? result.get()
        // A refusal may be known at once; callers count on hearing of it later.
        loop.assumeIsolated().execute { [self] in
          connected(client, number, channel, tries: tries, done)
        }
      }
  }

  private func connected(
    _ client: Int, _ number: Int, _ channel: (any Channel)?, tries: Int, _ done: @escaping (Bool) -> Void
  ) {
    guard slots[client].number == number else {
      channel?.close(promise: nil)
      return
    }
    if let channel, channel.isActive, adopt(channel, client) { return done(true) }
    channel?.close(promise: nil)
    slots[client].endpoint = next(after: slots[client].endpoint)
    if tries > 1 { connect(client, tries: tries - 1, done) } else { done(false) }
  }

  private func adopt(_ channel: any Channel, _ client: Int) -> Bool {
    let connection = HTTPConnection(client: client, endpoint: slots[client].endpoint, wire: self)
    guard (try? channel.pipeline.syncOperations.addHandler(connection)) != nil else { return false }
    slots[client].connection = connection
    return true
  }
}
