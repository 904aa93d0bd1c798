internal import NIOCore

/// Sits first on a new connection and finds out what it speaks: HTTP/2 begins with a preface (RFC 9113, section 3.4) that
/// is no beginning of an HTTP/1 request that anybody serves. It holds back no more than those 24 bytes.
final class ProtocolDetector: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer

  static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

  private var held = ByteBuffer()
  private let connection: HTTPConnection
  private let others: [any RemovableChannelHandler]
  private let makeHTTP2: () -> HTTP2Connection

  /// - Parameters:
  ///   - connection: the HTTP/1 connection, whose deadline counts meanwhile.
  ///   - others: what leaves with it when the client speaks HTTP/2.
  init(
    _ connection: HTTPConnection, others: [any RemovableChannelHandler], makeHTTP2: @escaping () -> HTTP2Connection
  ) {
    self.connection = connection
    self.others = others
    self.makeHTTP2 = makeHTTP2
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var bytes = unwrapInboundIn(data)
    held.writeBuffer(&bytes)
    let known = min(held.readableBytes, Self.preface.count)
    guard held.readableBytesView.prefix(known).elementsEqual(Self.preface.prefix(known)) else {
      return goOn(context, speaksHTTP2: false)
    }
    if known == Self.preface.count { goOn(context, speaksHTTP2: true) } else { connection.headBegins() }
  }

  private func goOn(_ context: ChannelHandlerContext, speaksHTTP2: Bool) {
    let pipeline = context.pipeline.syncOperations
    let input = held
    held = ByteBuffer()
    if speaksHTTP2 {
      do { try pipeline.addHandler(makeHTTP2(), position: .after(self)) } catch { return context.close(promise: nil) }
      for handler in others { pipeline.removeHandler(handler, promise: nil) }
    }
    context.fireChannelRead(wrapInboundOut(input))
    pipeline.removeHandler(self, promise: nil)
  }
}
