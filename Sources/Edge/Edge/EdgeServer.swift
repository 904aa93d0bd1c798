internal import Catalog
public import Environment
public import NIOCore
internal import NIOPosix
public import Telemetry

/// The DynamoDB API of a process: one listening socket, its connections spread over the loops, a coordinator host on
/// each loop.
public final class EdgeServer: Sendable {
  private let server: HTTPServer

  private init(_ server: HTTPServer) { self.server = server }

  /// What the socket is bound to, with the port that was picked.
  public var localAddress: SocketAddress? { server.localAddress }

  /// Binds and serves; fails where the address cannot be bound.
  ///
  /// - Parameters:
  ///   - group: all of its loops are used.
  ///   - registry: the API's metrics are declared in it before this returns.
  ///   - regions: where the topology has several.
  ///   - makeHost: called once on each loop, with the loop and its number; the host must be started by its maker.
  public static func start(
    _ configuration: EdgeConfiguration, group: any EventLoopGroup, clock: any Clock,
    registry: inout MetricRegistry, regions: OtherRegions? = nil,
    makeHost: @escaping @Sendable (any EventLoop, Int) -> CoordinatorHost
  ) -> EventLoopFuture<EdgeServer> {
    let load = ServerLoad()
    let bodyBytesMax = configuration.limits.bodyBytesMax
    let httpMetrics = HTTPMetrics(server: "api", load: load, in: &registry)
    let metrics = EdgeMetrics(in: &registry)
    var loops: [any EventLoop] = []
    for loop in group.makeIterator() { loops.append(loop) }
    let started = HTTPServer.start(
      host: configuration.host, port: configuration.port, group: group, loops: loops, limits: configuration.limits,
      load: load
    ) { eventLoop, index in
      let loop = HTTPLoop(
        eventLoop: eventLoop, clock: clock, limits: configuration.limits,
        hosts: HostPolicy(allowedHosts: configuration.allowedHosts + [configuration.host]),
        cors: CORSPolicy(origins: configuration.corsOrigins), load: load, metrics: httpMetrics,
        seed: UInt64.random(in: .min ... .max))
      let service = Service(
        target: makeHost(eventLoop, index), clock: clock, region: configuration.region, metrics: metrics)
      // The lane owns both, and both live as long as the server.
      return HTTPServer.Lane(
        loop: loop,
        responder: Dispatcher(
          service: service, bodyBytesMax: bodyBytesMax, regions: regions.map { ($0, eventLoop) },
          requestID: { [unowned loop] in loop.requestID() }))
    }
    return started.map { EdgeServer($0) }
  }

  /// Stops accepting, finishes what is under way within the bound of the limits, closes the connections.
  public func shutDown() -> EventLoopFuture<Void> { server.shutDown() }
}
