import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

@testable import Client

/// An HTTP server on loopback that gives one answer to everything, and counts the requests.
final class StubServer: Sendable {
  private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
  private let channel: any Channel
  private let state: State

  final class State: Sendable {
    let status: Mutex<HTTPResponseStatus>
    let requests = Atomic(0)

    init(_ status: HTTPResponseStatus) { self.status = Mutex(status) }
  }

  /// - Parameter tls: nil: plain HTTP.
  init(_ status: HTTPResponseStatus = .ok, tls: NIOSSLContext? = nil) throws {
    let state = State(status)
    self.state = state
    channel = try ServerBootstrap(group: group)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          if let tls { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls)) }
          try channel.pipeline.syncOperations.configureHTTPServerPipeline(withErrorHandling: true)
          try channel.pipeline.syncOperations.addHandler(Answer(state))
        }
      }
      .bind(host: "127.0.0.1", port: 0).wait()
  }

  var endpoint: Endpoint { Endpoint(host: "127.0.0.1", port: channel.localAddress!.port!) }

  var requests: Int { state.requests.load(ordering: .relaxed) }

  func answer(_ status: HTTPResponseStatus) { state.status.withLock { $0 = status } }

  func stop() async { try? await group.shutdownGracefully() }

  private final class Answer: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let state: State

    init(_ state: State) { self.state = state }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      guard case .end = unwrapInboundIn(data) else { return }
      state.requests.add(1, ordering: .relaxed)
      let head = HTTPResponseHead(
        version: .http1_1, status: state.status.withLock { $0 }, headers: ["Content-Length": "2"])
      context.write(wrapOutboundOut(.head(head)), promise: nil)
      context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: "{}")))), promise: nil)
      context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }
  }
}
