import Dispatch
import NIOCore
import NIOPosix
import Synchronization

@testable import Client
@testable import Load

/// A small HTTP server on loopback that answers as a test says, and remembers what it was asked.
final class LoadServer: Sendable {
  struct Request: Sendable, Equatable {
    var head: String
    var body: String
    /// From 0, over all connections.
    var number: Int

    var operation: String {
      let line = head.split(separator: "\r\n").first { $0.hasPrefix("X-Amz-Target: ") }
      return line?.split(separator: ".").last.map(String.init) ?? ""
    }
  }

  struct Reply: Sendable {
    var status = 200
    var body = "{}"
    var delayMs: Int64 = 0
    /// Says that the connection closes, and closes it.
    var closes = false

    static let ok = Reply()
    static func failure(_ status: Int, _ code: String) -> Reply {
      Reply(status: status, body: #"{"__type":"com.amazonaws.dynamodb.v20120810#\#(code)","message":"m"}"#)
    }
  }

  enum Action: Sendable {
    case reply(Reply)
    /// Closes without a word.
    case hangUp
    /// Never answers.
    case ignore
  }

  fileprivate struct State {
    var requests: [Request] = []
    /// Nanoseconds from a request to its answer, as the server has measured them.
    var delays: [UInt64] = []
    var connections: [any Channel] = []
  }

  private let group: MultiThreadedEventLoopGroup
  private let listener: any Channel
  private let state: Shared

  /// What connections write down.
  final class Shared: Sendable {
    fileprivate let state = Mutex(State())
    let script: @Sendable (Request) -> Action

    init(_ script: @escaping @Sendable (Request) -> Action) { self.script = script }
  }

  init(_ script: @escaping @Sendable (Request) -> Action) throws {
    group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let shared = Shared(script)
    state = shared
    listener = try ServerBootstrap(group: group)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { channel in
        shared.state.withLock { $0.connections.append(channel) }
        return channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(ServerConnection(shared))
        }
      }
      .bind(host: "127.0.0.1", port: 0).wait()
    endpoint = Endpoint(host: "127.0.0.1", port: listener.localAddress!.port!)
  }

  /// Stays known when the server has stopped.
  let endpoint: Endpoint

  var requests: [Request] { state.state.withLock { $0.requests } }

  var delays: [UInt64] { state.state.withLock { $0.delays } }

  var connectionCount: Int { state.state.withLock { $0.connections.count } }

  /// Refuses connections from now on and drops those that there are.
  func stop() {
    try? listener.close().wait()
    for connection in state.state.withLock({ $0.connections }) { try? connection.close().wait() }
    try? group.syncShutdownGracefully()
  }

  /// As ``stop()``, from a script.
  func stopSoon() { DispatchQueue.global().async { self.stop() } }

  fileprivate final class ServerConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let shared: Shared
    private var input = ByteBuffer()

    init(_ shared: Shared) { self.shared = shared }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      var bytes = unwrapInboundIn(data)
      input.writeBuffer(&bytes)
      while let request = takeRequest() { act(on: request, context) }
    }

    private func takeRequest() -> Request? {
      let text = String(buffer: input)
      guard let end = text.firstRange(of: "\r\n\r\n") else { return nil }
      let head = String(text[..<end.lowerBound])
      let length = head.split(separator: "\r\n").first { $0.hasPrefix("Content-Length: ") }
        .flatMap { Int($0.dropFirst("Content-Length: ".count)) }
      let body = text[end.upperBound...]
      guard let length, body.utf8.count >= length else { return nil }
      input.moveReaderIndex(forwardBy: head.utf8.count + 4 + length)
      return shared.state.withLock { state in
        let request = Request(head: head, body: String(body.utf8.prefix(length))!, number: state.requests.count)
        state.requests.append(request)
        return request
      }
    }

    private func act(on request: Request, _ context: ChannelHandlerContext) {
      let received = NIODeadline.now()
      switch shared.script(request) {
      case .ignore: return
      case .hangUp: context.close(promise: nil)
      case .reply(let reply):
        let connection = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(deadline: received + .milliseconds(reply.delayMs)) {
          connection.value.0.write(reply, received, connection.value.1)
        }
      }
    }

    private func write(_ reply: Reply, _ received: NIODeadline, _ context: ChannelHandlerContext) {
      let text =
        "HTTP/1.1 \(reply.status) X\r\n" + (reply.closes ? "Connection: close\r\n" : "")
        + "Content-Length: \(reply.body.utf8.count)\r\n\r\n\(reply.body)"
      shared.state.withLock {
        $0.delays.append(NIODeadline.now().uptimeNanoseconds - received.uptimeNanoseconds)
      }
      context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
      if reply.closes { context.close(promise: nil) }
    }
  }
}
