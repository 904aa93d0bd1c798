internal import NIOCore

/// Carries out on one socket what ``GRPCSession`` says. Confined to its wire's loop.
final class GRPCConnection: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  /// Its place in the wire.
  let number: Int
  let session: GRPCSession
  /// Nil once the connection is of no more use: nothing is told afterwards.
  private var wire: GRPCWire?
  private var context: ChannelHandlerContext?
  private var output = ByteBuffer()
  /// Calls wait to leave with the next ``flush()``.
  var isDirty = false

  init(number: Int, session: GRPCSession, wire: GRPCWire) {
    self.number = number
    self.session = session
    self.wire = wire
  }

  func handlerAdded(context: ChannelHandlerContext) { self.context = context }

  func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

  /// Closes without a word to the wire.
  func abandon() {
    wire = nil
    context?.close(promise: nil)
  }

  /// Everything that waits leaves in one write.
  func flush() {
    isDirty = false
    guard let context else { return }
    output.clear()
    guard session.produce(into: &output) else { return lose() }
    if output.readableBytes > 0 { context.writeAndFlush(wrapOutboundOut(output), promise: nil) }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard let wire else { return }
    let isSound = unwrapInboundIn(data).withUnsafeReadableBytes { session.receive($0) }
    wire.completed(self, session.takeCompletions())
    if isSound { flush() } else { lose() }
  }

  func channelInactive(context: ChannelHandlerContext) { lose() }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { lose() }

  private func lose() {
    guard let wire else { return }
    abandon()
    wire.lost(self)
  }
}
