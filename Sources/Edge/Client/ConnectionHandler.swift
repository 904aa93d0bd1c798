internal import NIOCore
internal import NIOHTTP1

/// A request on its way through a connection, and who waits for the response.
struct Exchange: Sendable {
  var request: HTTPRequest
  var endpoint: Endpoint
  var timeout: TimeAmount
  var response: EventLoopPromise<HTTPResponse>
}

/// Sends one exchange at a time over its connection. A connection that failed, timed out or was told to close is closed
/// before the waiting side hears of it, so that a live one may be used again.
final class ConnectionHandler: ChannelDuplexHandler {
  typealias InboundIn = HTTPClientResponsePart
  typealias OutboundIn = Exchange
  typealias OutboundOut = HTTPClientRequestPart

  private struct Current {
    var exchange: Exchange
    var deadline: Scheduled<Void>
    var head: HTTPResponseHead?
    var body: [UInt8] = []
  }

  private var current: Current?

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    let exchange = unwrapOutboundIn(data)
    guard current == nil else { fatalError("A connection was given a second request before its first was answered.") }
    let channel = context.channel
    let deadline = context.eventLoop.scheduleTask(in: exchange.timeout) {
      channel.pipeline.fireUserInboundEventTriggered(DeadlinePassed())
    }
    current = Current(exchange: exchange, deadline: deadline)
    context.write(wrapOutboundOut(.head(Self.head(of: exchange))), promise: nil)
    if !exchange.request.body.isEmpty {
      context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: exchange.request.body)))), promise: nil)
    }
    context.write(wrapOutboundOut(.end(nil)), promise: promise)
  }

  private static func head(of exchange: Exchange) -> HTTPRequestHead {
    let request = exchange.request
    var headers = HTTPHeaders()
    headers.add(name: "Host", value: exchange.endpoint.authority)
    for header in request.headers { headers.add(name: header.name, value: header.value) }
    headers.add(name: "Content-Length", value: "\(request.body.count)")
    return HTTPRequestHead(
      version: .http1_1, method: HTTPMethod(rawValue: request.method), uri: request.path, headers: headers)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard current != nil else {
      context.close(promise: nil)
      return
    }
    switch unwrapInboundIn(data) {
    case .head(let head):
      current?.head = head
    case .body(let buffer):
      current?.body.append(contentsOf: buffer.readableBytesView)
      if current!.body.count > ClientLimits.responseBytesMax {
        fail(context, .malformed, "the response is larger than \(ClientLimits.responseBytesMax) bytes")
      }
    case .end:
      finish(context)
    }
  }

  private func finish(_ context: ChannelHandlerContext) {
    guard let done = current, let head = done.head else { return }
    current = nil
    done.deadline.cancel()
    let response = HTTPResponse(
      status: Int(head.status.code), headers: head.headers.map { (name: $0.name, value: $0.value) }, body: done.body)
    if head.isKeepAlive {
      done.exchange.response.succeed(response)
    } else {
      context.close().whenComplete { _ in done.exchange.response.succeed(response) }
    }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if event is DeadlinePassed {
      fail(context, .timeout, "no answer within the time allowed")
    } else {
      context.fireUserInboundEventTriggered(event)
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    fail(context, error is HTTPParserError ? .malformed : .closed, "the connection failed: \(error)")
  }

  func channelInactive(context: ChannelHandlerContext) {
    fail(context, .closed, "the connection closed before the answer")
    context.fireChannelInactive()
  }

  private func fail(_ context: ChannelHandlerContext, _ code: TransportFailure.Code, _ reason: String) {
    context.close(promise: nil)
    guard let failed = current else { return }
    current = nil
    failed.deadline.cancel()
    failed.exchange.response.fail(TransportFailure(code, "\(failed.exchange.endpoint): \(reason)"))
  }

  private struct DeadlinePassed: Sendable {}
}
