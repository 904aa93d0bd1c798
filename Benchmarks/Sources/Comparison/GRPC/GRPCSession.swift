internal import CNGHTTP2
internal import NIOCore

/// One HTTP/2 connection that carries unary gRPC calls, one a slot at a time: bytes in, replies and bytes out.
///
/// A synchronous state machine over one libnghttp2 session, without sockets; it belongs to one thread. A slot is a place
/// for one call under way, numbered from 0.
final class GRPCSession {
  struct Slot {
    /// 0 where no call is under way.
    var stream: Int32 = 0
    var headers: RequestHeaders?
    /// The message with its prefix, and how much of it was sent.
    var request: [UInt8] = []
    var sent = 0
    var reply = GRPCReply()
  }

  /// A call that ended.
  struct Completion {
    var slot: Int
    var reply: GRPCReply
    var isReset: Bool
  }

  static let windowBytes: Int32 = 4 << 20

  var slots: [Slot]
  /// Calls that ended within the current ``receive(_:)``.
  var completions: [Completion] = []
  private let authority: String
  private var methods: [RequestHeaders] = []
  private(set) var session: OpaquePointer

  init(slots: Int, authority: String) {
    self.slots = Array(repeating: Slot(), count: slots)
    self.authority = authority
    session = GRPCCallbacks.makeSession()
    GRPCCallbacks.attach(self, to: session)
    announce()
  }

  deinit { nghttp2_session_del(session) }

  func isBusy(_ slot: Int) -> Bool { slots[slot].stream != 0 }

  func method(of slot: Int) -> String { slots[slot].headers?.method ?? "" }

  /// Queues a call in a slot that has none.
  func submit(_ method: String, _ message: [UInt8], slot: Int) {
    guard !isBusy(slot) else { fatalError("A slot takes one call at a time.") }
    let headers = headers(of: method)
    slots[slot].headers = headers
    slots[slot].request = GRPCReply.framed(message)
    slots[slot].sent = 0
    slots[slot].reply = GRPCReply()
    var provider = GRPCCallbacks.provider(slot: slot)
    let stream = nghttp2_submit_request(
      session, nil, headers.fields, headers.count, &provider, GRPCCallbacks.userData(slot: slot))
    GRPCCallbacks.check(stream, "submit a request")
    slots[slot].stream = stream
  }

  /// Gives the slot's call up; nothing is told of it any more.
  func cancel(slot: Int) {
    guard isBusy(slot) else { return }
    nghttp2_session_set_stream_user_data(session, slots[slot].stream, nil)
    nghttp2_submit_rst_stream(
      session, UInt8(NGHTTP2_FLAG_NONE.rawValue), slots[slot].stream, NGHTTP2_CANCEL.rawValue)
    slots[slot].stream = 0
    // The stream may not be open yet; then the provider is never asked.
    slots[slot].request = []
    slots[slot].sent = 0
  }

  /// Takes what arrived; false where it is no HTTP/2, so that the connection is of no more use.
  func receive(_ bytes: UnsafeRawBufferPointer) -> Bool {
    let count = nghttp2_session_mem_recv(session, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count)
    return count == bytes.count
  }

  func takeCompletions() -> [Completion] {
    defer { completions.removeAll(keepingCapacity: true) }
    return completions
  }

  var wantsWrite: Bool { nghttp2_session_want_write(session) != 0 }

  /// Appends what can be sent now; false where the session is broken.
  func produce(into output: inout ByteBuffer) -> Bool {
    while true {
      var bytes: UnsafePointer<UInt8>?
      let count = nghttp2_session_mem_send(session, &bytes)
      guard count >= 0 else { return false }
      guard count > 0, let bytes else { return true }
      output.writeBytes(UnsafeBufferPointer(start: bytes, count: count))
    }
  }

  private func headers(of method: String) -> RequestHeaders {
    if let known = methods.first(where: { $0.method == method }) { return known }
    let made = RequestHeaders(method: method, authority: authority)
    methods.append(made)
    return made
  }

  /// Windows that never bind with answers of this size, and no pushes.
  private func announce() {
    let none = UInt8(NGHTTP2_FLAG_NONE.rawValue)
    let entries = [
      nghttp2_settings_entry(settings_id: Int32(NGHTTP2_SETTINGS_ENABLE_PUSH.rawValue), value: 0),
      nghttp2_settings_entry(
        settings_id: Int32(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE.rawValue), value: UInt32(Self.windowBytes)),
    ]
    GRPCCallbacks.check(nghttp2_submit_settings(session, none, entries, entries.count), "submit settings")
    GRPCCallbacks.check(nghttp2_session_set_local_window_size(session, none, 0, Self.windowBytes), "raise the window")
  }
}
