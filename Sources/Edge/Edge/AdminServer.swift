public import Environment
public import NIOCore
internal import NIOHTTP1
internal import NIOPosix
public import Telemetry

/// The small HTTP server of a process for its operators: `/healthz`, `/readyz`, `/metrics`, and what its role adds.
public final class AdminServer: Sendable {
  public struct Answer: Sendable {
    /// 200, 400, 404, 405, 500 or 503.
    public var status: Int
    public var contentType: String
    public var body: [UInt8]

    public init(status: Int = 200, contentType: String = "text/plain; charset=utf-8", body: [UInt8]) {
      self.status = status
      self.contentType = contentType
      self.body = body
    }

    public static func json(_ body: [UInt8]) -> Answer { Answer(contentType: "application/json", body: body) }

    public static func text(_ text: String, status: Int = 200) -> Answer {
      Answer(status: status, body: Array(text.utf8))
    }
  }

  public struct Route: Sendable {
    public enum Method: String, Sendable {
      case get = "GET"
      case post = "POST"
    }

    /// Gets the request's body. Must call the completion once, on any thread.
    public typealias Handler = @Sendable (_ body: [UInt8], _ completion: @escaping @Sendable (Answer) -> Void) -> Void

    var method: Method
    var path: String
    var handler: Handler

    /// - Parameter path: exact, without a query.
    public init(_ method: Method, _ path: String, handler: @escaping Handler) {
      self.method = method
      self.path = path
      self.handler = handler
    }
  }

  /// Fewer and smaller than the API's.
  public static let limits: HTTPLimits = {
    var limits = HTTPLimits()
    limits.bodyBytesMax = 1 << 20
    limits.bodyBytesInFlightMax = 8 << 20
    limits.inFlightPerConnectionMax = 8
    limits.queuedPerConnectionMax = 16
    limits.inFlightPerProcessMax = 128
    limits.connectionsMax = 256
    limits.shutdownTimeoutMs = 1_000
    return limits
  }()

  private let server: HTTPServer

  private init(_ server: HTTPServer) { self.server = server }

  public var localAddress: SocketAddress? { server.localAddress }

  /// Binds and serves on one loop; fails where the address cannot be bound.
  ///
  /// - Parameters:
  ///   - registry: gets this server's own metrics. `metrics` reads the registry later, when it is complete.
  ///   - isReady: asked on any thread; decides the status of `/readyz`.
  ///   - metrics: the page of `/metrics`.
  public static func start(
    host: String, port: Int, allowedHosts: [String] = [], eventLoop: any EventLoop, clock: any Clock,
    registry: inout MetricRegistry, isReady: @escaping @Sendable () -> Bool,
    metrics: @escaping @Sendable () -> [UInt8], routes: [Route]
  ) -> EventLoopFuture<AdminServer> {
    let load = ServerLoad()
    let httpMetrics = HTTPMetrics(server: "admin", load: load, in: &registry)
    let all = routes + standardRoutes(isReady: isReady, metrics: metrics)
    let started = HTTPServer.start(
      host: host, port: port, group: eventLoop, loops: [eventLoop], limits: limits, load: load
    ) { eventLoop, _ in
      let loop = HTTPLoop(
        eventLoop: eventLoop, clock: clock, limits: limits, hosts: HostPolicy(allowedHosts: allowedHosts + [host]),
        cors: CORSPolicy(), load: load, metrics: httpMetrics, seed: UInt64.random(in: .min ... .max))
      return HTTPServer.Lane(loop: loop, responder: AdminResponder(routes: all, eventLoop: eventLoop))
    }
    return started.map { AdminServer($0) }
  }

  private static func standardRoutes(
    isReady: @escaping @Sendable () -> Bool, metrics: @escaping @Sendable () -> [UInt8]
  ) -> [Route] {
    [
      Route(.get, "/healthz") { _, completion in completion(.text("ok\n")) },
      Route(.get, "/readyz") { _, completion in
        completion(isReady() ? .text("ready\n") : .text("not ready\n", status: 503))
      },
      Route(.get, "/metrics") { _, completion in
        completion(Answer(contentType: PrometheusText.contentType, body: metrics()))
      },
    ]
  }

  public func shutDown() -> EventLoopFuture<Void> { server.shutDown() }
}

/// Answers by the routes; a completion on another thread comes back to the loop.
final class AdminResponder: HTTPResponder {
  private let routes: [AdminServer.Route]
  private let eventLoop: any EventLoop

  init(routes: [AdminServer.Route], eventLoop: any EventLoop) {
    self.routes = routes
    self.eventLoop = eventLoop
  }

  func respond(to request: HTTPRequest, reply: HTTPReply) {
    let method = request.method == .HEAD ? "GET" : request.method.rawValue
    let onPath = routes.filter { $0.path == request.path }
    guard let route = onPath.first(where: { $0.method.rawValue == method }) else {
      return reply.send(
        onPath.isEmpty
          ? HTTPAnswer(status: 404, text: "There is nothing here.\n")
          : HTTPAnswer(status: 405, text: "This path has another method.\n"))
    }
    // A browser names the page that asks; any page may send a plain POST to a port of the user's machine.
    guard route.method == .get || !request.head.headers.contains(name: "origin") else {
      return reply.send(HTTPAnswer(status: 403, text: "Web pages may not ask for this.\n"))
    }
    let bound = NIOLoopBound(reply, eventLoop: eventLoop)
    let eventLoop = eventLoop
    route.handler(Array(request.body.readableBytesView)) { answer in
      eventLoop.execute {
        bound.value.send(
          HTTPAnswer(status: answer.status, contentType: answer.contentType, body: answer.body))
      }
    }
  }

  func overloadAnswer(to head: HTTPRequestHead) -> HTTPAnswer {
    HTTPAnswer(status: 503, text: "Too many requests are under way.\n")
  }

  func tooLargeAnswer() -> HTTPAnswer { HTTPAnswer(status: 413, text: "The body is too large.\n") }
}
