internal import CNGHTTP2

/// libnghttp2's C interface as a server connection needs it. The session's user data is the unretained connection, which
/// outlives its session.
enum HTTP2Session {
  static func make(for connection: HTTP2Connection) -> OpaquePointer {
    var callbacks: OpaquePointer?
    var session: OpaquePointer?
    check(nghttp2_session_callbacks_new(&callbacks), "make callbacks")
    defer { nghttp2_session_callbacks_del(callbacks) }
    guard let callbacks else { fatalError("libnghttp2 gave no callbacks.") }
    setCallbacks(callbacks)
    check(
      nghttp2_session_server_new(&session, callbacks, Unmanaged.passUnretained(connection).toOpaque()),
      "make a session")
    guard let session else { fatalError("libnghttp2 gave no session.") }
    return session
  }

  /// The calls that are checked fail only when memory ends or when this target misuses the library.
  static func check(_ code: Int32, _ what: StaticString) {
    guard code >= 0 else { fatalError("libnghttp2 could not \(what): \(String(cString: nghttp2_strerror(code)))") }
  }

  private static func connection(_ userData: UnsafeMutableRawPointer?) -> HTTP2Connection {
    guard let userData else { fatalError("A session has its connection as user data.") }
    return Unmanaged<HTTP2Connection>.fromOpaque(userData).takeUnretainedValue()
  }

  private static func setCallbacks(_ callbacks: OpaquePointer) {
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks) { _, frame, userData in
      if let frame { HTTP2Session.connection(userData).headersBegin(frame.pointee.hd.stream_id) }
      return 0
    }
    nghttp2_session_callbacks_set_on_header_callback(callbacks) {
      _, frame, name, nameCount, value, valueCount, _, userData in
      guard let frame else { return 0 }
      HTTP2Session.connection(userData).header(
        frame.pointee.hd.stream_id, UnsafeBufferPointer(start: name, count: nameCount),
        UnsafeBufferPointer(start: value, count: valueCount))
      return 0
    }
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks) { _, _, stream, bytes, count, userData in
      HTTP2Session.connection(userData).data(stream, UnsafeRawBufferPointer(start: bytes, count: count))
      return 0
    }
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks) { _, frame, userData in
      guard let frame else { return 0 }
      let header = frame.pointee.hd
      let endsStream = UInt32(header.flags) & UInt32(NGHTTP2_FLAG_END_STREAM.rawValue) != 0
      let connection = HTTP2Session.connection(userData)
      switch UInt32(header.type) {
      case UInt32(NGHTTP2_HEADERS.rawValue): connection.headersEnd(header.stream_id, endsStream: endsStream)
      case UInt32(NGHTTP2_DATA.rawValue) where endsStream: connection.bodyEnd(header.stream_id)
      default: break
      }
      return 0
    }
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks) { _, stream, _, userData in
      HTTP2Session.connection(userData).streamClosed(stream)
      return 0
    }
  }

  /// The rest of an answer's body, as much as the library has room for.
  static var body: nghttp2_data_provider {
    nghttp2_data_provider(
      source: nghttp2_data_source(fd: 0),
      read_callback: { _, stream, room, length, flags, _, userData in
        guard let room else { return 0 }
        let taken = HTTP2Session.connection(userData).takeBody(
          stream, into: UnsafeMutableRawBufferPointer(start: room, count: length))
        if taken.isAtEnd { flags?.pointee |= UInt32(NGHTTP2_DATA_FLAG_EOF.rawValue) }
        return taken.count
      })
  }

  /// Lends the fields in the form that libnghttp2 takes; it copies them.
  static func lend<Result>(
    _ fields: [(name: String, value: String)], _ body: (UnsafePointer<nghttp2_nv>, Int) -> Result
  ) -> Result {
    var text: [UInt8] = []
    for field in fields {
      text += field.name.utf8
      text += field.value.utf8
    }
    // A block of empty texts still needs an address.
    text.append(0)
    return text.withUnsafeMutableBufferPointer { text in
      guard var next = text.baseAddress else { fatalError("A buffer with a byte in it has an address.") }
      let pairs = fields.map { field in
        let (name, value) = (next, next + field.name.utf8.count)
        next = value + field.value.utf8.count
        return nghttp2_nv(
          name: name, value: value, namelen: field.name.utf8.count, valuelen: field.value.utf8.count,
          flags: UInt8(NGHTTP2_NV_FLAG_NONE.rawValue))
      }
      return pairs.withUnsafeBufferPointer { pairs in
        guard let first = pairs.baseAddress else { fatalError("A message has header fields.") }
        return body(first, pairs.count)
      }
    }
  }
}
