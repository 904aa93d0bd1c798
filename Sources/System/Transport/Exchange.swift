internal import Bytes
internal import CNGHTTP2
internal import NIOCore

/// Why a connection's bytes cannot be understood.
struct ExchangeFault: Error {
  var reason: String
}

/// One HTTP/2 connection that carries one long-lived stream of frames each way: bytes in, events and bytes out.
///
/// A synchronous state machine over one libnghttp2 session: no sockets, no clock. It belongs to one thread.
///
///     dialer                                 listener
///     start() → POST /gantry/CLASS  ──────▶  .requested, then accept(_:) or refuse(…)
///     .accepted or .refused         ◀──────  :status 200 or an error
///     send(_:) → DATA               ◀─────▶  DATA ← send(_:)
///     shutDown() → GOAWAY           ◀─────▶  .ended
final class Exchange {
  enum Opening {
    case requested(TransportClass, Handshake)
    /// The request is none of ours; the answer is already queued.
    case unacceptable(reason: String)
    case accepted(Handshake)
    case refused(status: Int, reason: String)
  }

  /// What one piece of input led to, in the order of the fields.
  struct Received {
    var opening: Opening?
    var frames: [[UInt8]] = []
    /// Signs of life that the peer asks for, to be answered with ``Exchange/answer(ping:)``.
    var pings: [UInt64] = []
    var ended = false
  }

  enum Phase {
    case fresh
    /// The dialer's request is under way.
    case awaitingResponse
    /// The listener has the request and owes an answer.
    case requested(TransportClass)
    case open
    case over
  }

  var phase = Phase.fresh
  let isDialer: Bool
  var streamID: Int32 = -1
  var headers = HeaderBlock()
  var received = Received()
  var fault: String?
  var transportClass: TransportClass
  var outbound: OutboundQueue
  var decoder: FrameDecoder?
  var output = ByteBuffer()
  /// DATA bytes that the current `produce` may still add.
  var budget = 0
  private(set) var session: OpaquePointer

  /// - Parameter transportClass: what a dialer asks for; nil for a listener, which is told.
  init(dialing transportClass: TransportClass?) {
    isDialer = transportClass != nil
    self.transportClass = transportClass ?? .operations
    outbound = OutboundQueue(seed: 0)
    session = NGHTTP2.makeSession(isClient: isDialer)
    NGHTTP2.attach(self, to: session)
    submitSettings()
  }

  deinit { nghttp2_session_del(session) }

  /// Whether frames may be sent.
  var isOpen: Bool {
    if case .open = phase { true } else { false }
  }

  /// Bytes of frames that wait to be produced.
  var queuedBytes: Int { outbound.byteCount }

  /// Whether `produce` would give bytes, flow control permitting.
  var wantsWrite: Bool { outbound.byteCount > 0 || nghttp2_session_want_write(session) != 0 }

  // MARK: Input

  /// Takes what arrived. After a throw only `produce` (the farewell to the peer) makes sense.
  func receive(_ bytes: UnsafeRawBufferPointer) throws(ExchangeFault) -> Received {
    received = Received()
    let count = nghttp2_session_mem_recv(session, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count)
    if let fault { throw ExchangeFault(reason: fault) }
    guard count == bytes.count else { throw ExchangeFault(reason: NGHTTP2.reason(count)) }
    if nghttp2_session_want_read(session) == 0 { received.ended = true }
    defer { received = Received() }
    return received
  }

  // MARK: Orders

  /// The dialer's request.
  func start(authority: String, local: Handshake) {
    guard case .fresh = phase, isDialer else { fatalError("Only a fresh dialer starts an exchange.") }
    let pseudo = [
      HeaderField(":method", "POST"), HeaderField(":scheme", "http"), HeaderField(":authority", authority),
      HeaderField(":path", transportClass.path),
    ]
    outbound = OutboundQueue(seed: FrameFormat.seed(transportClass, .fromDialer))
    var provider = NGHTTP2.provider
    streamID = HeaderBlock.lend(pseudo + local.fields) { fields, count in
      nghttp2_submit_request(session, nil, fields, count, &provider, nil)
    }
    NGHTTP2.check(streamID, "submit a request")
    phase = .awaitingResponse
  }

  /// The listener's consent; frames may go from here on.
  func accept(_ local: Handshake) {
    guard case .requested(let asked) = phase else { fatalError("Only a request can be accepted, once.") }
    transportClass = asked
    outbound = OutboundQueue(seed: FrameFormat.seed(asked, .fromListener))
    open(from: .fromDialer)
    var provider = NGHTTP2.provider
    let status = [HeaderField(":status", "200")]
    let code = HeaderBlock.lend(status + local.fields) { fields, count in
      nghttp2_submit_response(session, streamID, fields, count, &provider)
    }
    NGHTTP2.check(code, "submit a response")
  }

  /// The listener's refusal. `reason` is one line of visible ASCII and blanks.
  func refuse(status: Int, reason: String) {
    guard case .requested = phase else { fatalError("Only a request can be refused, once.") }
    phase = .over
    let fields = [HeaderField(":status", "\(status)"), HeaderField("gantry-reason", reason)]
    let code = HeaderBlock.lend(fields) { fields, count in
      nghttp2_submit_response(session, streamID, fields, count, nil)
    }
    NGHTTP2.check(code, "submit a refusal")
  }

  /// Queues a frame; legal once the exchange is open.
  func send(_ frame: [UInt8]) {
    guard isOpen else { fatalError("Frames are sent on an open exchange only.") }
    outbound.append(frame)
  }

  func ping() {
    NGHTTP2.check(nghttp2_submit_ping(session, UInt8(NGHTTP2_FLAG_NONE.rawValue), nil), "submit a ping")
  }

  func answer(ping: UInt64) {
    let code = withUnsafeBytes(of: ping) { bytes in
      nghttp2_submit_ping(
        session, UInt8(NGHTTP2_FLAG_ACK.rawValue), bytes.baseAddress?.assumingMemoryBound(to: UInt8.self))
    }
    NGHTTP2.check(code, "answer a ping")
  }

  /// Tells the peer that nothing more will come.
  func shutDown() {
    phase = .over
    NGHTTP2.check(nghttp2_session_terminate_session(session, NGHTTP2_NO_ERROR.rawValue), "terminate a session")
  }

  // MARK: Output

  /// The next bytes for the socket, with at most `bytesMax` of frames in them; nil where nothing can go now.
  func produce(bytesMax: Int) throws(ExchangeFault) -> ByteBuffer? {
    output.clear(minimumCapacity: min(outbound.byteCount + 256, bytesMax))
    budget = bytesMax
    if outbound.byteCount > 0, streamID > 0 {
      // Refused where the stream is not waiting for data or is gone; both are in order.
      nghttp2_session_resume_data(session, streamID)
    }
    while true {
      var bytes: UnsafePointer<UInt8>?
      let count = nghttp2_session_mem_send(session, &bytes)
      guard count >= 0 else { throw ExchangeFault(reason: NGHTTP2.reason(count)) }
      guard count > 0, let bytes else { break }
      output.writeBytes(UnsafeBufferPointer(start: bytes, count: count))
    }
    guard output.readableBytes > 0 else { return nil }
    let result = output
    if output.capacity > TransportLimits.keptBufferBytesMax { output = ByteBuffer() }
    return result
  }

  private func open(from direction: FrameFormat.Direction) {
    phase = .open
    decoder = FrameDecoder(
      seed: FrameFormat.seed(transportClass, direction),
      frameBytesMax: TransportLimits.frameBytesMax(transportClass))
  }
}

// MARK: What the library reports

extension Exchange {
  /// False where the peer opens a stream too many.
  func headersBegin(stream: Int32) -> Bool {
    headers = HeaderBlock()
    if isDialer { return stream == streamID }
    guard case .fresh = phase, streamID == -1 else {
      fault = "a connection carries one stream"
      return false
    }
    streamID = stream
    return true
  }

  func headersEnd(stream: Int32, endsStream: Bool) {
    switch phase {
    case .fresh: readRequest(endsStream: endsStream)
    case .awaitingResponse: readResponse(endsStream: endsStream)
    case .requested, .open, .over: received.ended = true
    }
  }

  private func readRequest(endsStream: Bool) {
    let asked = headers[":path"].flatMap { TransportClass(path: $0) }
    phase = .requested(asked ?? .operations)
    guard headers[":method"] == "POST", let asked, !endsStream else {
      return reject(status: HandshakeStatus.unknownPath, reason: "no such stream")
    }
    guard let peer = Handshake(headers) else {
      return reject(status: HandshakeStatus.malformed, reason: "malformed handshake")
    }
    received.opening = .requested(asked, peer)
  }

  private func reject(status: Int, reason: String) {
    refuse(status: status, reason: reason)
    received.opening = .unacceptable(reason: reason)
  }

  private func readResponse(endsStream: Bool) {
    guard headers[":status"] == "200" else {
      phase = .over
      let status = headers[":status"].flatMap { Int($0) } ?? 0
      received.opening = .refused(status: status, reason: headers["gantry-reason"] ?? "no reason given")
      return
    }
    guard let peer = Handshake(headers) else {
      fault = "the listener's handshake is malformed"
      return
    }
    open(from: .fromListener)
    received.opening = .accepted(peer)
    if endsStream { received.ended = true }
  }

  /// False where the bytes are no frames.
  func data(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard decoder != nil else {
      fault = "data came before the handshake was done"
      return false
    }
    do {
      try decoder?.decode(bytes, into: &received.frames)
      return true
    } catch {
      fault = error.what.description
      return false
    }
  }

  func streamEnded() {
    received.ended = true
    phase = .over
  }
}
