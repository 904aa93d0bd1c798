internal import CNGHTTP2
internal import NIOCore

/// libnghttp2's C interface as ``GRPCSession`` needs it. The session's user data is the unretained Swift object; that of
/// a stream is its slot's number plus one.
enum GRPCCallbacks {
  static func makeSession() -> OpaquePointer {
    var callbacks: OpaquePointer?
    var session: OpaquePointer?
    check(nghttp2_session_callbacks_new(&callbacks), "make callbacks")
    defer { nghttp2_session_callbacks_del(callbacks) }
    guard let callbacks else { fatalError("libnghttp2 gave no callbacks.") }
    nghttp2_session_callbacks_set_on_header_callback(callbacks) {
      session, frame, name, nameCount, value, valueCount, _, userData in
      guard let frame, let slot = GRPCCallbacks.slot(session, frame.pointee.hd.stream_id) else { return 0 }
      GRPCCallbacks.session(userData).header(
        UnsafeBufferPointer(start: name, count: nameCount), UnsafeBufferPointer(start: value, count: valueCount),
        slot: slot)
      return 0
    }
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks) {
      session, _, stream, bytes, count, userData in
      guard let slot = GRPCCallbacks.slot(session, stream) else { return 0 }
      GRPCCallbacks.session(userData).slots[slot].reply.body.writeBytes(
        UnsafeBufferPointer(start: bytes, count: count))
      return 0
    }
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks) { session, stream, code, userData in
      guard let slot = GRPCCallbacks.slot(session, stream) else { return 0 }
      GRPCCallbacks.session(userData).ended(slot: slot, isReset: code != NGHTTP2_NO_ERROR.rawValue)
      return 0
    }
    check(nghttp2_session_client_new(&session, callbacks, nil), "make a session")
    guard let session else { fatalError("libnghttp2 gave no session.") }
    return session
  }

  static func attach(_ owner: GRPCSession, to session: OpaquePointer) {
    nghttp2_session_set_user_data(session, Unmanaged.passUnretained(owner).toOpaque())
  }

  /// Copies a slot's request into DATA frames.
  static func provider(slot: Int) -> nghttp2_data_provider {
    nghttp2_data_provider(
      source: nghttp2_data_source(fd: Int32(slot)),
      read_callback: { _, _, buffer, length, flags, source, userData in
        guard let source, let buffer else { return Int(NGHTTP2_ERR_CALLBACK_FAILURE.rawValue) }
        let (count, isLast) = GRPCCallbacks.session(userData).copy(
          slot: Int(source.pointee.fd), into: UnsafeMutableRawBufferPointer(start: buffer, count: length))
        if isLast { flags?.pointee |= UInt32(NGHTTP2_DATA_FLAG_EOF.rawValue) }
        return count
      })
  }

  static func userData(slot: Int) -> UnsafeMutableRawPointer? { UnsafeMutableRawPointer(bitPattern: slot + 1) }

  /// Nil for the connection itself, and for a call that was given up.
  static func slot(_ session: OpaquePointer?, _ stream: Int32) -> Int? {
    guard let data = nghttp2_session_get_stream_user_data(session, stream) else { return nil }
    return Int(bitPattern: data) - 1
  }

  static func session(_ userData: UnsafeMutableRawPointer?) -> GRPCSession {
    guard let userData else { fatalError("A session has its owner as user data.") }
    return Unmanaged<GRPCSession>.fromOpaque(userData).takeUnretainedValue()
  }

  /// The calls that are checked fail only when memory ends or when this target misuses the library.
  static func check(_ code: Int32, _ what: StaticString) {
    guard code >= 0 else { fatalError("libnghttp2 could not \(what): \(String(cString: nghttp2_strerror(code)))") }
  }
}

// MARK: What the library reports

extension GRPCSession {
  func header(_ name: UnsafeBufferPointer<UInt8>, _ value: UnsafeBufferPointer<UInt8>, slot: Int) {
    if name.elementsEqual(":status".utf8) {
      slots[slot].reply.httpStatus = Int(String(decoding: value, as: UTF8.self)) ?? 0
    } else if name.elementsEqual("grpc-status".utf8) {
      slots[slot].reply.grpcStatus = Int(String(decoding: value, as: UTF8.self)) ?? 2
    }
  }

  func ended(slot: Int, isReset: Bool) {
    slots[slot].stream = 0
    completions.append(Completion(slot: slot, reply: slots[slot].reply, isReset: isReset))
    slots[slot].reply = GRPCReply()
  }

  func copy(slot: Int, into buffer: UnsafeMutableRawBufferPointer) -> (count: Int, isLast: Bool) {
    let left = slots[slot].request.count - slots[slot].sent
    let count = min(left, buffer.count)
    slots[slot].request.withUnsafeBytes { bytes in
      buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[slots[slot].sent..<slots[slot].sent + count]))
    }
    slots[slot].sent += count
    return (count, count == left)
  }
}
