import CNGHTTP2
import Glibc
import NIOCore
import NIOPosix

/// What a test's service does with a call: the message that came, and what goes back.
struct ServiceReply: Sendable {
  var message: [UInt8] = []
  var grpcStatus = 0
  var httpStatus = 200
  /// Takes the call and never answers.
  var isSilent = false
  /// Closes the connection instead of an answer.
  var closes = false
}

/// A gRPC service on loopback over libnghttp2: its own side of the protocol, apart from the one that is tested.
final class EchoService: Sendable {
  private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
  private let channel: any Channel
  var port: Int { channel.localAddress?.port ?? 0 }

  init(_ reply: @escaping @Sendable (_ path: String, _ message: [UInt8]) -> ServiceReply) throws {
    channel = try ServerBootstrap(group: group)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(ServiceHandler(reply))
        }
      }
      .bind(host: "127.0.0.1", port: 0).wait()
  }

  func shutDown() throws {
    try channel.close().wait()
    try group.syncShutdownGracefully()
  }
}

private final class ServiceHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  struct Stream {
    var path = ""
    var body: [UInt8] = []
    var answer: [UInt8] = []
    var reply = ServiceReply()
  }

  private let reply: @Sendable (String, [UInt8]) -> ServiceReply
  private var session: OpaquePointer?
  var streams: [Int32: Stream] = [:]
  /// Streams whose request has come whole.
  var whole: [Int32] = []

  init(_ reply: @escaping @Sendable (String, [UInt8]) -> ServiceReply) { self.reply = reply }

  static func from(_ userData: UnsafeMutableRawPointer?) -> ServiceHandler {
    Unmanaged<ServiceHandler>.fromOpaque(userData!).takeUnretainedValue()
  }

  func handlerAdded(context: ChannelHandlerContext) {
    var callbacks: OpaquePointer?
    nghttp2_session_callbacks_new(&callbacks)
    defer { nghttp2_session_callbacks_del(callbacks) }
    nghttp2_session_callbacks_set_on_header_callback(callbacks) {
      _, frame, name, nameCount, value, valueCount, _, data in
      let name = String(decoding: UnsafeBufferPointer(start: name, count: nameCount), as: UTF8.self)
      let value = String(decoding: UnsafeBufferPointer(start: value, count: valueCount), as: UTF8.self)
      if name == ":path" {
        ServiceHandler.from(data).streams[frame!.pointee.hd.stream_id, default: Stream()].path = value
      }
      return 0
    }
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks) { _, _, stream, bytes, count, data in
      ServiceHandler.from(data).streams[stream]?.body += UnsafeBufferPointer(start: bytes, count: count)
      return 0
    }
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks) { _, frame, data in
      guard let header = frame?.pointee.hd, header.stream_id > 0,
        header.flags & UInt8(NGHTTP2_FLAG_END_STREAM.rawValue) != 0
      else { return 0 }
      ServiceHandler.from(data).whole.append(header.stream_id)
      return 0
    }
    nghttp2_session_server_new(&session, callbacks, Unmanaged.passUnretained(self).toOpaque())
    nghttp2_submit_settings(session, 0, nil, 0)
  }

  func handlerRemoved(context: ChannelHandlerContext) { nghttp2_session_del(session) }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    unwrapInboundIn(data).withUnsafeReadableBytes {
      _ = nghttp2_session_mem_recv(session, $0.baseAddress?.assumingMemoryBound(to: UInt8.self), $0.count)
    }
    for stream in whole { answer(stream, context) }
    whole = []
    var output = ByteBuffer()
    var bytes: UnsafePointer<UInt8>?
    while case let count = nghttp2_session_mem_send(session, &bytes), count > 0 {
      output.writeBytes(UnsafeBufferPointer(start: bytes, count: count))
    }
    context.writeAndFlush(wrapOutboundOut(output), promise: nil)
  }

  private func answer(_ stream: Int32, _ context: ChannelHandlerContext) {
    guard let request = streams[stream] else { return }
    let reply = reply(request.path, Array(request.body.dropFirst(5)))
    if reply.closes { return context.close(promise: nil) }
    if reply.isSilent { return }
    streams[stream]?.reply = reply
    let prefix = [0] + withUnsafeBytes(of: UInt32(reply.message.count).bigEndian) { Array($0) }
    streams[stream]?.answer = prefix + reply.message
    var provider = nghttp2_data_provider(
      source: nghttp2_data_source(fd: 0),
      read_callback: { session, stream, buffer, length, flags, _, data in
        let handler = ServiceHandler.from(data)
        let answer = handler.streams[stream]?.answer ?? []
        let count = min(length, answer.count)
        for place in 0..<count { buffer![place] = answer[place] }
        handler.streams[stream]?.answer = Array(answer.dropFirst(count))
        if count == answer.count {
          flags!.pointee |= UInt32(NGHTTP2_DATA_FLAG_EOF.rawValue | NGHTTP2_DATA_FLAG_NO_END_STREAM.rawValue)
          let status = "\(handler.streams[stream]?.reply.grpcStatus ?? 0)"
          withFields([("grpc-status", status)]) { _ = nghttp2_submit_trailer(session, stream, $0, 1) }
        }
        return count
      })
    withFields([(":status", "\(reply.httpStatus)")]) { _ = nghttp2_submit_response(session, stream, $0, 1, &provider) }
  }
}

/// Lends fields in the form that libnghttp2 takes; it copies them.
private func withFields(_ fields: [(String, String)], _ body: (UnsafePointer<nghttp2_nv>) -> Void) {
  let texts = fields.map { (strdup($0.0)!, strdup($0.1)!) }
  let pairs = texts.map { name, value in
    nghttp2_nv(
      name: UnsafeMutableRawPointer(name).assumingMemoryBound(to: UInt8.self),
      value: UnsafeMutableRawPointer(value).assumingMemoryBound(to: UInt8.self), namelen: strlen(name),
      valuelen: strlen(value), flags: 0)
  }
  body(pairs)
  for (name, value) in texts {
    free(name)
    free(value)
  }
}
