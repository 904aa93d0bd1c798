internal import Load
internal import NIOCore

/// What came back on one stream: gRPC over HTTP/2 (grpc/doc/PROTOCOL-HTTP2.md).
struct GRPCReply {
  static let prefixBytes = 5

  /// 0 until it came.
  var httpStatus = 0
  /// Of the trailers; nil until it came.
  var grpcStatus: Int?
  /// Messages with their prefixes.
  var body = ByteBuffer()

  /// Puts the five-byte prefix, uncompressed and the length, before a message.
  static func framed(_ message: [UInt8]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(prefixBytes + message.count)
    bytes.append(0)
    withUnsafeBytes(of: UInt32(message.count).bigEndian) { bytes.append(contentsOf: $0) }
    bytes.append(contentsOf: message)
    return bytes
  }

  /// The one message of a unary call; nil where there is none, or not as gRPC has it.
  var message: ByteBuffer? {
    var body = body
    guard body.readInteger(as: UInt8.self) == 0, let length = body.readInteger(as: UInt32.self),
      body.readableBytes == Int(length)
    else { return nil }
    return body
  }

  /// - Parameter isReset: the stream ended otherwise than with its trailers.
  func answer(to method: String, isReset: Bool) -> Answer {
    if isReset { return Answer(CallFailure("reset", effect: .unknown, isTransient: true)) }
    guard httpStatus == 200 else { return Answer(CallFailure("HTTP\(httpStatus)", effect: .none, isTransient: false)) }
    guard let grpcStatus else { return Answer(CallFailure("malformed", effect: .unknown, isTransient: false)) }
    // 14 is UNAVAILABLE, which gRPC's own clients try again.
    guard grpcStatus == 0 else {
      return Answer(CallFailure("grpc\(grpcStatus)", effect: .unknown, isTransient: grpcStatus == 14))
    }
    guard let message else { return Answer(CallFailure("malformed", effect: .unknown, isTransient: false)) }
    if method == EtcdCalls.range, !message.withUnsafeReadableBytes(EtcdCalls.hasRow) {
      return Answer(CallFailure("missing", effect: .none, isTransient: false))
    }
    return Answer(body: message)
  }
}
