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

  /// A frame ends with the request or response that takes it beyond this, so that none comes near the transport's limit.
  public static let bytesMax = 4 << 20

  /// As many frames as it takes, usually one.
  public static func encode(_ requests: [Request]) -> [[UInt8]] {
    encode(requestsKind, requests) { $1.encode(into: &$0) }
  }

  public static func encode(_ responses: [Response]) -> [[UInt8]] {
    encode(responsesKind, responses) { $1.encode(into: &$0) }
  }

  private static func encode<Element>(
    _ kind: UInt8, _ elements: [Element], _ write: (inout ByteWriter, Element) -> Void
  ) -> [[UInt8]] {
    var frames: [[UInt8]] = []
    var body = ByteWriter(capacity: 1_024)
    var count = 0
    func close() {
      var frame = ByteWriter(capacity: body.count + 11)
      frame.u8(kind)
      frame.count(count)
      frame.raw(body.bytes)
      frames.append(frame.bytes)
      body.bytes.removeAll(keepingCapacity: true)
      count = 0
    }
    for element in elements {
      write(&body, element)
      count += 1
      if body.count >= bytesMax { close() }
    }
    if count > 0 { close() }
    return frames
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
