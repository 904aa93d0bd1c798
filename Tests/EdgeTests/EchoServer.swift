import Glibc
import NIOCore
import NIOPosix
import Telemetry
import Testing

@testable import Edge

/// The HTTP server of the target on a real socket, with a responder that answers with what it was asked.
final class EchoServer {
  let clock = ManualClock()
  private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
  private let metrics: HTTPMetrics
  private let load = ServerLoad()
  private let server: HTTPServer
  private let responder: NIOLoopBound<EchoResponder>
  private var expected: UInt64 = 0

  init(_ limits: HTTPLimits) throws {
    var registry = MetricRegistry()
    metrics = HTTPMetrics(server: "test", load: load, in: &registry)
    let loop = group.next()
    let (clock, load, metrics) = (clock, load, metrics)
    let responder = try loop.submit { NIOLoopBound(EchoResponder(), eventLoop: loop) }.wait()
    self.responder = responder
    server = try HTTPServer.start(
      host: "127.0.0.1", port: 0, group: group, loops: [loop], limits: limits, load: load
    ) { loop, _ in
      HTTPServer.Lane(
        loop: HTTPLoop(
          eventLoop: loop, clock: clock, limits: limits, hosts: HostPolicy(), cors: CORSPolicy(), load: load,
          metrics: metrics, seed: 7),
        responder: responder.value)
    }.wait()
  }

  func connect() throws -> RawClient { try RawClient(port: #require(server.localAddress?.port)) }

  /// Waits until the server has read `count` bytes more; a turn later they are also handled.
  func waitUntilReceived(after count: Int) {
    expected += UInt64(count)
    while metrics.bytesReceived.current < expected { sched_yield() }
    try? group.next().submit {}.wait()
    expected = metrics.bytesReceived.current
  }

  func release() {
    let responder = responder
    try? group.next().submit {
      for (reply, answer) in responder.value.held { reply.send(answer) }
      responder.value.held = []
    }.wait()
  }

  func shutDown() -> EventLoopFuture<Void> { server.shutDown() }

  func stop() {
    try? shutDown().wait()
    stopGroup()
  }

  func stopGroup() { try? group.syncShutdownGracefully() }
}
