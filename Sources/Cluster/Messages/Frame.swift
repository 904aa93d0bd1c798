public import Bytes

/// One message on an operations connection: everything that one loop turn has for one process.
///
/// ```
/// kind (u8: 1 requests, 2 responses) | count (varint) | that many requests or responses
/// ```
public enum OperationFrame: Sendable {
  case requests([Request])
  case responses([Response])

  private static let requestsKind: UInt8 = 1
  private static let responsesKind: UInt8 = 2

  /// As many frames as it takes, usually one (``BoundedFrames``).
  public static func encode(_ requests: [Request]) -> [[UInt8]] {
    BoundedFrames.encode(header: [requestsKind], requests) { $1.encode(into: &$0) }
  }

  public static func encode(_ responses: [Response]) -> [[UInt8]] {
    BoundedFrames.encode(header: [responsesKind], responses) { $1.encode(into: &$0) }
  }

  public init(_ bytes: [UInt8]) throws(MalformedBytes) {
    var reader = ByteReader(bytes)
    switch try reader.u8() {
    case Self.requestsKind:
      self = .requests(try reader.array { (input) throws(MalformedBytes) in try Request(from: &input) })
    case Self.responsesKind:
      self = .responses(try reader.array { (input) throws(MalformedBytes) in try Response(from: &input) })
    default: throw MalformedBytes("an unknown kind of operation frame")
    }
    try reader.finish()
  }
}
