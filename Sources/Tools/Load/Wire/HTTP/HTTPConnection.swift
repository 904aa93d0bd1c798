internal import NIOCore

/// One connection of one client: a request at a time, written in one piece. Confined to its wire's loop.
final class HTTPConnection: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  let client: Int
  let endpoint: Int
  /// Nil once the connection is of no more use: nothing is told afterwards.
  private var wire: HTTPWire?
  private var context: ChannelHandlerContext?
  private var parser = ResponseParser()
  /// Used again for each request: nothing holds it once it is written.
  private var output = ByteBuffer()
  private(set) var isBusy = false

  init(client: Int, endpoint: Int, wire: HTTPWire) {
    self.client = client
    self.endpoint = endpoint
    self.wire = wire
  }

  func handlerAdded(context: ChannelHandlerContext) { self.context = context }

  func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

  func send(_ call: Call, _ writer: inout RequestWriter) {
    guard !isBusy, let context else { fatalError("A connection is given one request at a time, while it lives.") }
    isBusy = true
    output.clear()
    writer.write(call, endpoint: endpoint, into: &output)
    context.writeAndFlush(wrapOutboundOut(output), promise: nil)
  }

  /// Closes without a word to the wire.
  func abandon() {
    wire = nil
    context?.close(promise: nil)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard isBusy else { return lose(.connection) }
    take(parser.receive(unwrapInboundIn(data)))
  }

  func channelInactive(context: ChannelHandlerContext) {
    take(parser.finish())
    lose(.connection)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { lose(.connection) }

  private func take(_ progress: ResponseParser.Progress) {
    switch progress {
    case .incomplete: return
    case .malformed: lose(.malformed)
    case .complete(let response):
      isBusy = false
      guard let wire else { return }
      if !response.keepsAlive { abandon() }
      wire.answered(self, response)
    }
  }

  /// - Parameter failure: what became of the request, where there is one under way.
  private func lose(_ failure: CallFailure) {
    guard let wire else { return }
    abandon()
    wire.lost(self, isBusy ? failure : nil)
  }
}
