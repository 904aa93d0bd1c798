internal import Environment
internal import NIOCore
internal import NIOHTTP1

/// One request of an HTTP/2 connection, and its answer.
struct HTTP2Stream {
  enum State {
    case receiving
    /// The responder has it.
    case asked
    case answered
  }

  var state = State.receiving
  let since: Instant
  var method = HTTPMethod.GET
  var path = ""
  var authority: String?
  var headers = HTTPHeaders()
  var headerBytes = 0
  var headerCount = 0
  var body = ByteBuffer()
  /// Its share of the process's bound.
  var bodyBytes = 0
  var answer: [UInt8] = []
  var answerSent = 0

  init(since: Instant) { self.since = since }

  /// False once the block exceeds a limit; what comes then is dropped.
  mutating func add(_ name: String, _ value: String, _ limits: HTTPLimits) {
    headerBytes += name.utf8.count + value.utf8.count
    headerCount += 1
    guard isWithin(limits) else { return }
    switch name {
    case ":method": method = HTTPMethod(rawValue: value)
    case ":path": path = value
    case ":authority": authority = value
    case ":scheme": break
    default: headers.add(name: name, value: value)
    }
  }

  func isWithin(_ limits: HTTPLimits) -> Bool {
    headerBytes <= limits.headerBlockBytesMax && headerCount <= limits.headerFieldsMax + 4
  }

  /// As HTTP/1 would have it; the authority is the host.
  var head: HTTPRequestHead {
    var head = HTTPRequestHead(version: HTTPVersion(major: 2, minor: 0), method: method, uri: path, headers: headers)
    if let authority, !head.headers.contains(name: "host") { head.headers.add(name: "host", value: authority) }
    return head
  }
}
