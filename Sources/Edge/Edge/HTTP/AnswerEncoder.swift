internal import CZlib
internal import NIOCore

/// Writes the head and body of an answer into one buffer.
struct AnswerEncoder {
  /// The extra headers of a CORS answer; empty in general.
  var headers: [(name: String, value: String)] = []
  var omitsBody = false
  /// How the client wants long bodies packed.
  var coding: ContentCoding?
  var closes = false
  /// HTTP/1.0 clients must be told that the connection stays open.
  var announcesKeepAlive = false

  func encode(_ answer: HTTPAnswer, date: [UInt8], requestID: () -> [UInt8], into buffer: inout ByteBuffer) {
    buffer.writeString("HTTP/1.1 ")
    buffer.writeStaticString(Self.statusLine(answer.status))
    buffer.writeStaticString("\r\nserver: Gantry\r\ndate: ")
    buffer.writeBytes(date)
    buffer.writeStaticString("\r\ncontent-type: ")
    buffer.writeString(answer.contentType)
    buffer.writeStaticString("\r\ncontent-length: ")
    Self.write(UInt64(answer.body.count), to: &buffer)
    if answer.style == .amazon {
      buffer.writeStaticString("\r\nx-amzn-requestid: ")
      buffer.writeBytes(requestID())
      buffer.writeStaticString("\r\nx-amz-crc32: ")
      Self.write(UInt64(Self.crc32(answer.body)), to: &buffer)
    }
    for header in answer.headers { Self.write(header, to: &buffer) }
    for header in headers { Self.write(header, to: &buffer) }
    if closes {
      buffer.writeStaticString("\r\nconnection: close")
    } else if announcesKeepAlive {
      buffer.writeStaticString("\r\nconnection: keep-alive")
    }
    buffer.writeStaticString("\r\n\r\n")
    if !omitsBody { buffer.writeBytes(answer.body) }
  }

  /// zlib's CRC-32, which is what `x-amz-crc32` holds.
  static func crc32(_ bytes: [UInt8]) -> UInt32 {
    bytes.withUnsafeBufferPointer { UInt32(truncatingIfNeeded: CZlib.crc32(0, $0.baseAddress, UInt32($0.count))) }
  }

  private static func write(_ header: (name: String, value: String), to buffer: inout ByteBuffer) {
    buffer.writeStaticString("\r\n")
    buffer.writeString(header.name)
    buffer.writeStaticString(": ")
    buffer.writeString(header.value)
  }

  private static func write(_ number: UInt64, to buffer: inout ByteBuffer) {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
      var rest = number
      var start = 20
      repeat {
        start -= 1
        digits[start] = UInt8(ascii: "0") + UInt8(rest % 10)
        rest /= 10
      } while rest > 0
      buffer.writeBytes(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(digits)[start..<20]))
    }
  }

  private static func statusLine(_ status: Int) -> StaticString {
    switch status {
    case 200: "200 OK"
    case 204: "204 No Content"
    case 400: "400 Bad Request"
    case 403: "403 Forbidden"
    case 404: "404 Not Found"
    case 405: "405 Method Not Allowed"
    case 408: "408 Request Timeout"
    case 413: "413 Payload Too Large"
    case 417: "417 Expectation Failed"
    case 500: "500 Internal Server Error"
    case 503: "503 Service Unavailable"
    default: fatalError("The HTTP status \(status) has no reason phrase here.")
    }
  }
}
