internal import CNGHTTP2
internal import NIOCore

/// libnghttp2's C interface as ``Exchange`` needs it. The session's user data is the unretained exchange, which
/// outlives its session.
enum NGHTTP2 {
  static func makeSession(isClient: Bool) -> OpaquePointer {
    var callbacks: OpaquePointer?
    var option: OpaquePointer?
    var session: OpaquePointer?
    check(nghttp2_session_callbacks_new(&callbacks), "make callbacks")
    check(nghttp2_option_new(&option), "make options")
    defer {
      nghttp2_session_callbacks_del(callbacks)
      nghttp2_option_del(option)
    }
    guard let callbacks else { fatalError("libnghttp2 gave no callbacks.") }
    setInputCallbacks(callbacks)
    setOutputCallbacks(callbacks)
    // A cut link must not answer: the owner decides.
    nghttp2_option_set_no_auto_ping_ack(option, 1)
    let code =
      isClient
      ? nghttp2_session_client_new2(&session, callbacks, nil, option)
      : nghttp2_session_server_new2(&session, callbacks, nil, option)
    check(code, "make a session")
    guard let session else { fatalError("libnghttp2 gave no session.") }
    return session
  }

  static func attach(_ exchange: Exchange, to session: OpaquePointer) {
    nghttp2_session_set_user_data(session, Unmanaged.passUnretained(exchange).toOpaque())
  }

  /// Where DATA frames come from: only announced here, copied by the send-data callback.
  static var provider: nghttp2_data_provider {
    nghttp2_data_provider(
      source: nghttp2_data_source(fd: 0),
      read_callback: { _, _, _, length, flags, _, userData in
        let exchange = NGHTTP2.exchange(userData)
        let count = min(length, exchange.outbound.byteCount, exchange.budget)
        guard count > 0 else { return Int(NGHTTP2_ERR_DEFERRED.rawValue) }
        flags?.pointee |= UInt32(NGHTTP2_DATA_FLAG_NO_COPY.rawValue)
        return count
      })
  }

  static func reason(_ code: Int) -> String { String(cString: nghttp2_strerror(Int32(truncatingIfNeeded: code))) }

  /// The calls that are checked fail only when memory ends or when this target misuses the library.
  static func check(_ code: Int32, _ what: StaticString) {
    guard code >= 0 else { fatalError("libnghttp2 could not \(what): \(reason(Int(code)))") }
  }

  static func exchange(_ userData: UnsafeMutableRawPointer?) -> Exchange {
    guard let userData else { fatalError("A session has its exchange as user data.") }
    return Unmanaged<Exchange>.fromOpaque(userData).takeUnretainedValue()
  }

  static let failure = NGHTTP2_ERR_CALLBACK_FAILURE.rawValue

  private static func setInputCallbacks(_ callbacks: OpaquePointer) {
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks) { _, frame, userData in
      guard let frame else { return NGHTTP2.failure }
      return NGHTTP2.exchange(userData).headersBegin(stream: frame.pointee.hd.stream_id) ? 0 : NGHTTP2.failure
    }
    nghttp2_session_callbacks_set_on_header_callback(callbacks) {
      _, _, name, nameCount, value, valueCount, _, userData in
      let exchange = NGHTTP2.exchange(userData)
      let name = UnsafeBufferPointer(start: name, count: nameCount)
      let value = UnsafeBufferPointer(start: value, count: valueCount)
      if exchange.headers.add(name: name, value: value) { return 0 }
      exchange.fault = "the header block exceeds its limits"
      return NGHTTP2.failure
    }
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks) { _, _, _, bytes, count, userData in
      NGHTTP2.exchange(userData).data(UnsafeRawBufferPointer(start: bytes, count: count)) ? 0 : NGHTTP2.failure
    }
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks) { _, frame, userData in
      guard let frame else { return NGHTTP2.failure }
      let exchange = NGHTTP2.exchange(userData)
      NGHTTP2.receive(frame.pointee, exchange)
      return exchange.fault == nil ? 0 : NGHTTP2.failure
    }
    nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(callbacks) { _, _, code, userData in
      NGHTTP2.exchange(userData).fault = "an invalid HTTP/2 frame: \(NGHTTP2.reason(Int(code)))"
      return NGHTTP2.failure
    }
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks) { _, _, _, userData in
      NGHTTP2.exchange(userData).streamEnded()
      return 0
    }
  }

  static func receive(_ frame: nghttp2_frame, _ exchange: Exchange) {
    let flags = UInt32(frame.hd.flags)
    let endsStream = flags & UInt32(NGHTTP2_FLAG_END_STREAM.rawValue) != 0
    switch UInt32(frame.hd.type) {
    case UInt32(NGHTTP2_HEADERS.rawValue):
      exchange.headersEnd(stream: frame.hd.stream_id, endsStream: endsStream)
    case UInt32(NGHTTP2_DATA.rawValue):
      if endsStream { exchange.received.ended = true }
    case UInt32(NGHTTP2_PING.rawValue):
      guard flags & UInt32(NGHTTP2_FLAG_ACK.rawValue) == 0 else { return }
      exchange.received.pings.append(withUnsafeBytes(of: frame.ping.opaque_data) { $0.loadUnaligned(as: UInt64.self) })
    case UInt32(NGHTTP2_GOAWAY.rawValue), UInt32(NGHTTP2_RST_STREAM.rawValue):
      exchange.received.ended = true
    default:
      break
    }
  }

  private static func setOutputCallbacks(_ callbacks: OpaquePointer) {
    nghttp2_session_callbacks_set_data_source_read_length_callback(callbacks) { _, _, _, _, _, limit, userData in
      let exchange = NGHTTP2.exchange(userData)
      // The library sizes its buffer by this, so no more than what waits.
      let wanted = min(exchange.outbound.byteCount, exchange.budget, Int(TransportLimits.dataFrameBytesMax))
      return max(1, min(wanted, Int(limit)))
    }
    nghttp2_session_callbacks_set_send_data_callback(callbacks) { _, _, header, length, _, userData in
      let exchange = NGHTTP2.exchange(userData)
      exchange.output.writeBytes(UnsafeBufferPointer(start: header, count: 9))
      exchange.outbound.take(length, into: &exchange.output)
      exchange.budget -= length
      return 0
    }
  }
}

extension Exchange {
  /// Announces the raised limits, so that flow control does not bind in normal work.
  func submitSettings() {
    let own: (nghttp2_settings_id, UInt32) =
      isDialer ? (NGHTTP2_SETTINGS_ENABLE_PUSH, 0) : (NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 1)
    let values: [(nghttp2_settings_id, UInt32)] = [
      (NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, UInt32(TransportLimits.windowBytes)),
      (NGHTTP2_SETTINGS_MAX_FRAME_SIZE, TransportLimits.dataFrameBytesMax),
      (NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, UInt32(TransportLimits.headerBlockBytesMax)),
      own,
    ]
    let entries = values.map { nghttp2_settings_entry(settings_id: Int32($0.0.rawValue), value: $0.1) }
    let none = UInt8(NGHTTP2_FLAG_NONE.rawValue)
    NGHTTP2.check(nghttp2_submit_settings(session, none, entries, entries.count), "submit settings")
    NGHTTP2.check(
      nghttp2_session_set_local_window_size(session, none, 0, TransportLimits.windowBytes), "raise the window")
  }
}
