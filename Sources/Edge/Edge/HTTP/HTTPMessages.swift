internal import Environment
internal import NIOCore
internal import NIOHTTP1

/// A request whose body has arrived whole.
struct HTTPRequest {
  var head: HTTPRequestHead
  var body: ByteBuffer
  /// When its last byte was read.
  var receivedAt: Instant

  var method: HTTPMethod { head.method }

  /// The path of the target. A target with scheme and host is taken as well (RFC 9112, section 3.2.2).
  var path: Substring {
    var target = head.uri[...]
    if target.hasPrefix("http://") { target = target.dropFirst("http://".count).drop { $0 != "/" && $0 != "?" } }
    let path = target.prefix { $0 != "?" }
    return path.isEmpty ? "/" : path
  }

  /// The first value of a header, nil where there is none. `name` is compared without case.
  func header(_ name: String) -> String? { head.headers.first(name: name) }
}

/// An answer, whole. HEAD answers carry the length of `body` but not its bytes.
struct HTTPAnswer {
  enum Style {
    case plain
    /// With the request id and the CRC-32 of the body that AWS clients look at.
    case amazon
  }

  var status: Int
  var style: Style
  var contentType: String
  var body: [UInt8]
  /// Ends the connection after this answer.
  var closes = false
  var headers: [(name: String, value: String)] = []

  init(
    status: Int = 200, style: Style = .plain, contentType: String = "text/plain; charset=utf-8", body: [UInt8] = []
  ) {
    self.status = status
    self.style = style
    self.contentType = contentType
    self.body = body
  }

  init(status: Int, text: String) {
    self.init(status: status, body: Array(text.utf8))
  }
}

/// Where the answer to one request goes. Must be used once, on the connection's loop.
struct HTTPReply {
  private enum Place {
    case slot(HTTPConnection, UInt64)
    case stream(HTTP2Connection, Int32)
  }

  private let place: Place

  init(connection: HTTPConnection, sequence: UInt64) { place = .slot(connection, sequence) }

  init(connection: HTTP2Connection, stream: Int32) { place = .stream(connection, stream) }

  func send(_ answer: HTTPAnswer) {
    switch place {
    case .slot(let connection, let sequence): connection.answer(sequence, with: answer)
    case .stream(let connection, let id): connection.answer(id, with: answer)
    }
  }
}

/// Whoever answers the requests of a loop's connections.
protocol HTTPResponder: AnyObject {
  func respond(to request: HTTPRequest, reply: HTTPReply)
  /// What a connection answers without asking further when there is no room for a request.
  func overloadAnswer(to head: HTTPRequestHead) -> HTTPAnswer
  /// The answer to a request whose body is longer than allowed.
  func tooLargeAnswer() -> HTTPAnswer
}
