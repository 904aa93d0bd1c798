internal import CNGHTTP2
internal import Environment
internal import NIOCore
internal import NIOHTTP1
internal import Telemetry

/// One client connection that speaks HTTP/2 with prior knowledge (RFC 9113, section 3.3): many requests at once, answered
/// in any order.
///
/// The library keeps the protocol; here are the requests, their bounds and their answers. A request that the client gave up
/// counts until its answer is there, so that giving up is no way around the bounds.
final class HTTP2Connection: ChannelDuplexHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  let loop: HTTPLoop
  let responder: any HTTPResponder
  private(set) var context: ChannelHandlerContext?
  private(set) var session: OpaquePointer?
  var streams: [Int32: HTTP2Stream] = [:]
  /// Requests that the responder has; of streams that are closed too.
  var askedCount = 0
  private var isFinishing = false
  private var needsFlush = false
  private var readIsHeld = false

  private var idleSince = Instant.zero
  var headSince: Instant?
  private var unwritableSince: Instant?

  init(loop: HTTPLoop, responder: any HTTPResponder) {
    self.loop = loop
    self.responder = responder
  }

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    idleSince = loop.clock.now
    loop.opened(self)
    loop.load.addConnection()
    let session = HTTP2Session.make(for: self)
    self.session = session
    let limits = loop.limits
    let settings = [
      nghttp2_settings_entry(
        settings_id: Int32(NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS.rawValue),
        value: UInt32(limits.inFlightPerConnectionMax)),
      nghttp2_settings_entry(
        settings_id: Int32(NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE.rawValue), value: UInt32(limits.headerBlockBytesMax)),
      nghttp2_settings_entry(
        settings_id: Int32(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE.rawValue), value: UInt32(limits.windowBytes)),
    ]
    HTTP2Session.check(
      nghttp2_submit_settings(session, UInt8(NGHTTP2_FLAG_NONE.rawValue), settings, settings.count), "send settings")
  }

  func handlerRemoved(context: ChannelHandlerContext) { end() }

  func channelInactive(context: ChannelHandlerContext) {
    end()
    context.fireChannelInactive()
  }

  private func end() {
    guard context != nil else { return }
    context = nil
    loop.closed(self)
    loop.load.removeConnection()
    for stream in streams.values { loop.load.remove(bodyBytes: stream.bodyBytes) }
    streams.removeAll()
    // No callback of the session is running: what arrives and what is sent happens below only.
    if isInSession { sessionEnds = true } else { deleteSession() }
  }

  private var isInSession = false
  private var sessionEnds = false

  private func deleteSession() {
    nghttp2_session_del(session)
    session = nil
  }

  private func inSession(_ body: (OpaquePointer) -> Void) {
    guard let session, !isInSession else { return }
    isInSession = true
    body(session)
    isInSession = false
    if sessionEnds { deleteSession() }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let bytes = unwrapInboundIn(data)
    loop.metrics.bytesReceived.add(UInt64(bytes.readableBytes))
    var isBroken = false
    inSession { session in
      bytes.withUnsafeReadableBytes { raw in
        let taken = nghttp2_session_mem_recv(session, raw.baseAddress?.assumingMemoryBound(to: UInt8.self), raw.count)
        isBroken = taken < 0
      }
    }
    if isBroken {
      loop.metrics.malformedRequests.add()
      send()
      return abandon()
    }
    if askedCount > loop.limits.queuedPerConnectionMax { return abandon() }
    scheduleFlush()
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    flushNow()
    context.fireChannelReadComplete()
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if case .some(.inputClosed) = event as? ChannelEvent { finishAndClose() }
    context.fireUserInboundEventTriggered(event)
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    unwritableSince = context.channel.isWritable ? nil : loop.clock.now
    if context.channel.isWritable {
      send()
      if readIsHeld {
        readIsHeld = false
        context.read()
      }
    }
    context.fireChannelWritabilityChanged()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { abandon() }

  func read(context: ChannelHandlerContext) {
    if context.channel.isWritable { context.read() } else { readIsHeld = true }
  }

  // MARK: Output

  func scheduleFlush() {
    guard !needsFlush else { return }
    needsFlush = true
    loop.flushLater(self)
  }

  func flushNow() {
    guard needsFlush else { return }
    needsFlush = false
    send()
  }

  /// Everything that the library wants sent, as long as the client takes it.
  private func send() {
    guard let context else { return }
    var output = context.channel.allocator.buffer(capacity: 4_096)
    inSession { session in
      while context.channel.isWritable, output.readableBytes < 1 << 20 {
        var bytes: UnsafePointer<UInt8>?
        let count = nghttp2_session_mem_send(session, &bytes)
        guard count > 0, let bytes else { break }
        output.writeBytes(UnsafeBufferPointer(start: bytes, count: count))
      }
    }
    if output.readableBytes > 0 {
      let isFull = output.readableBytes >= 1 << 20
      loop.metrics.bytesSent.add(UInt64(output.readableBytes))
      context.writeAndFlush(wrapOutboundOut(output), promise: nil)
      if isFull { scheduleFlush() }
    }
    closeIfDone()
  }

  private func closeIfDone() {
    guard let session, let context, !isInSession else { return }
    let isSilent = nghttp2_session_want_read(session) == 0 && nghttp2_session_want_write(session) == 0
    if isSilent || (isFinishing && streams.isEmpty && nghttp2_session_want_write(session) == 0) {
      context.close(promise: nil)
    }
  }

  // MARK: Deadlines and the end

  func sweep(_ now: Instant) {
    let limits = loop.limits
    if isPast(unwritableSince, limits.writeTimeoutMs, now) || isPast(headSince, limits.headerTimeoutMs, now) {
      return expire()
    }
    if streams.isEmpty {
      if isPast(idleSince, limits.idleTimeoutMs, now) { expire() }
    } else {
      idleSince = now
      let isLate = streams.values.contains { $0.state == .receiving && isPast($0.since, limits.bodyTimeoutMs, now) }
      if isLate { expire() }
    }
  }

  private func isPast(_ start: Instant?, _ timeoutMs: UInt64, _ now: Instant) -> Bool {
    guard let start else { return false }
    return now.since(start) > .milliseconds(timeoutMs)
  }

  private func expire() {
    loop.metrics.timedOut.add()
    abandon()
  }

  /// Takes no further request, answers those under way, then closes.
  func finishAndClose() {
    guard let session, !isFinishing else { return }
    isFinishing = true
    let last = nghttp2_session_get_last_proc_stream_id(session)
    HTTP2Session.check(
      nghttp2_submit_goaway(
        session, UInt8(NGHTTP2_FLAG_NONE.rawValue), last, UInt32(NGHTTP2_NO_ERROR.rawValue), nil, 0), "say goodbye")
    send()
  }

  /// Closes at once.
  func abandon() { context?.close(promise: nil) }
}
