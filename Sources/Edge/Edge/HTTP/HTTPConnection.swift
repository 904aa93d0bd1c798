internal import Environment
internal import NIOCore
internal import NIOHTTP1
internal import Telemetry

/// One client connection: collects requests, keeps their order, bounds what is under way, and writes the answers.
///
/// Requests are handed to the responder as they arrive, several at a time when the client pipelines; an answer waits in
/// its slot until all before it are written.
final class HTTPConnection: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  /// What the next part of the input belongs to.
  enum Receiving {
    /// Between requests, or within a header block.
    case head
    case body(PartialRequest)
    /// The rest of a body whose request is answered already.
    case skippedBody
    /// Nothing more is taken: the input is read and dropped until the connection is closed.
    case finished
  }

  struct PartialRequest {
    var head: HTTPRequestHead
    var body: ByteBuffer?
    var sequence: UInt64
  }

  /// The place of one request in the order of answers.
  struct Slot {
    var options: AnswerEncoder
    var bodyBytes: Int
    /// Written before the answer, once the slot is the first.
    var wantsContinue = false
    var answer: ByteBuffer?
  }

  let loop: HTTPLoop
  let responder: any HTTPResponder
  var context: ChannelHandlerContext?
  var receiving = Receiving.head
  var slots = CircularBuffer<Slot>(initialCapacity: 8)
  var firstSequence: UInt64 = 0
  var localAddress: String?

  var isReading = false
  var readIsHeld = false
  var needsFlush = false
  /// The last answer was written; what remains is the closing handshake.
  var isDraining = false
  /// The client may still be sending what nobody will read. Closing at once would then reset the connection, and the
  /// client might never see its answer.
  var leavesInputUnread = false

  var undecodedBytes = 0
  /// Everything on the connection ends when one of these passes.
  var idleSince = Instant.zero
  var headSince: Instant?
  var bodySince: Instant?
  var unwritableSince: Instant?
  var drainingSince: Instant?

  init(loop: HTTPLoop, responder: any HTTPResponder) {
    self.loop = loop
    self.responder = responder
  }

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    idleSince = loop.clock.now
    loop.opened(self)
    loop.load.addConnection()
    loop.metrics.connectionsOpened.add()
    if context.channel.isActive { localAddress = context.localAddress?.ipAddress }
  }

  func channelActive(context: ChannelHandlerContext) {
    localAddress = context.localAddress?.ipAddress
    context.fireChannelActive()
  }

  func handlerRemoved(context: ChannelHandlerContext) { end() }

  func channelInactive(context: ChannelHandlerContext) {
    end()
    context.fireChannelInactive()
  }

  private func end() {
    guard self.context != nil else { return }
    self.context = nil
    receiving = .finished
    loop.closed(self)
    loop.load.removeConnection()
    for slot in slots { release(slot) }
    slots.removeAll()
  }

  /// A slot's share of the process's bounds; only a slot without an answer holds one.
  func release(_ slot: Slot) {
    guard slot.answer == nil else { return }
    loop.load.removeRequest()
    loop.load.remove(bodyBytes: slot.bodyBytes)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head): receive(head)
    case .body(let bytes): receive(bytes)
    case .end: receiveEnd()
    }
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    flushNow()
    context.fireChannelReadComplete()
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if case .some(.inputClosed) = event as? ChannelEvent {
      finishAndClose()
    }
    context.fireUserInboundEventTriggered(event)
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    unwritableSince = context.channel.isWritable ? nil : loop.clock.now
    resumeReading()
    context.fireChannelWritabilityChanged()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    switch error {
    case is HTTPParserError: refuseInput(HTTPAnswer(status: 400, text: "Bad request.\n"))
    default: abandon()
    }
  }

  func read(context: ChannelHandlerContext) {
    if mustHoldReads { readIsHeld = true } else { context.read() }
  }
}
