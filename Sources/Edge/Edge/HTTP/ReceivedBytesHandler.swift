internal import NIOCore

/// Sits before the HTTP decoder and tells the connection of the bytes that have not become a request yet.
final class ReceivedBytesHandler: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer

  private let connection: HTTPConnection

  init(_ connection: HTTPConnection) { self.connection = connection }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let count = unwrapInboundIn(data).readableBytes
    connection.willDecode(count)
    context.fireChannelRead(data)
    connection.didDecode()
  }
}
