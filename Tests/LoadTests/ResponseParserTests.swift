import NIOCore
import Testing

@testable import Load

@Suite struct ResponseParserTests {
  struct Example: Sendable, CustomStringConvertible {
    var description: String
    var text: String
    var status = 200
    var body: String
    var keepsAlive = true
    /// Whether only the end of the connection ends it.
    var endsWithConnection = false
  }

  static let examples = [
    Example(
      description: "a length", text: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Amz-Crc32: 1\r\n\r\nhello",
      body: "hello"),
    Example(
      description: "a failure, names in other cases",
      text: "HTTP/1.1 503 Service Unavailable\r\nCONTENT-LENGTH:2\r\nconnection: Close\r\n\r\n{}", status: 503,
      body: "{}", keepsAlive: false),
    Example(description: "no reason, no body", text: "HTTP/1.1 200\r\ncontent-length: 0\r\n\r\n", body: ""),
    Example(description: "a status that has no body", text: "HTTP/1.1 204 No Content\r\n\r\n", status: 204, body: ""),
    Example(
      description: "HTTP/1.0 closes unless it says otherwise",
      text: "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", body: "x", keepsAlive: false),
    Example(
      description: "HTTP/1.0 that keeps the connection",
      text: "HTTP/1.0 200 OK\r\nConnection: foo, Keep-Alive\r\nContent-Length: 1\r\n\r\nx", body: "x"),
    Example(
      description: "an interim response before it",
      text: "HTTP/1.1 100 Continue\r\nX: y\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab", body: "ab"),
    Example(
      description: "chunks",
      text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nA; x=y\r\n, chunks..\r\n0\r\n\r\n",
      body: "hello, chunks.."),
    Example(
      description: "chunks with a trailer, and CR LF in the data",
      text: "HTTP/1.1 200 OK\r\ntransfer-encoding:  CHUNKED \r\n\r\n4\r\n\r\n\r\n\r\n0\r\nA: b\r\nC: d\r\n\r\n",
      body: "\r\n\r\n"),
    Example(
      description: "a body that the server's close ends", text: "HTTP/1.1 200 OK\r\nServer: x\r\n\r\nuntil the end",
      body: "until the end", keepsAlive: false, endsWithConnection: true),
    Example(
      description: "bytes that nobody asked for behind it",
      text: "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxHTTP/1.1", body: "x", keepsAlive: false),
  ]

  @Test("A response is the same in whatever pieces it comes", arguments: examples)
  func everySplit(_ example: Example) throws {
    let bytes = Array(example.text.utf8)
    for cut in 0...bytes.count {
      try Self.expect(example, pieces: [Array(bytes[..<cut]), Array(bytes[cut...])])
    }
    for first in stride(from: 0, through: bytes.count, by: 3) {
      for second in stride(from: first, through: bytes.count, by: 5) {
        try Self.expect(
          example, pieces: [Array(bytes[..<first]), Array(bytes[first..<second]), Array(bytes[second...])])
      }
    }
    try Self.expect(example, pieces: bytes.map { [$0] })
  }

  private static func expect(_ example: Example, pieces: [[UInt8]]) throws {
    var parser = ResponseParser()
    var response: ResponseParser.Response?
    for piece in pieces where !piece.isEmpty && response == nil {
      switch parser.receive(ByteBuffer(bytes: piece)) {
      case .incomplete: continue
      case .complete(let whole): response = whole
      case .malformed(let why): Issue.record("\(example): \(why), in pieces \(pieces)")
      }
    }
    if example.endsWithConnection, case .complete(let whole) = parser.finish() { response = whole }
    let whole = try #require(response, "\(example), in pieces \(pieces)")
    #expect(whole.status == example.status)
    #expect(String(buffer: whole.body) == example.body)
    // What comes later, unasked for, is seen only together with the response.
    if !example.text.hasSuffix("HTTP/1.1") { #expect(whole.keepsAlive == example.keepsAlive) }
  }

  @Test("One parser reads the responses of a kept connection, one after the other")
  func severalResponses() {
    var parser = ResponseParser()
    for number in 0..<3 {
      let text = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n\(number)"
      let expected = ResponseParser.Response(status: 200, body: ByteBuffer(string: "\(number)"), keepsAlive: true)
      #expect(parser.receive(ByteBuffer(string: text)) == .complete(expected))
      #expect(parser.isAtStart)
    }
  }

  @Test("Bytes behind a response end the connection's use")
  func unaskedBytes() {
    var parser = ResponseParser()
    let text = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxy"
    let expected = ResponseParser.Response(status: 200, body: ByteBuffer(string: "x"), keepsAlive: false)
    #expect(parser.receive(ByteBuffer(string: text)) == .complete(expected))
  }

  @Test(
    "What is not HTTP/1.1 is refused, in whatever pieces it comes",
    arguments: [
      "GARBAGE\r\n\r\n", "HTTP/2.0 200 OK\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFF\r\n",
      "HTTP/1.1 200 OK\r\nA: b\r\n\tfolded\r\n\r\n",
    ])
  func malformed(_ text: String) {
    let bytes = Array(text.utf8)
    for cut in 0...bytes.count {
      var parser = ResponseParser()
      var progress = ResponseParser.Progress.incomplete
      for piece in [bytes[..<cut], bytes[cut...]] where progress == .incomplete {
        progress = parser.receive(ByteBuffer(bytes: piece))
      }
      guard case .malformed = progress else {
        Issue.record("cut at \(cut): \(progress)")
        return
      }
    }
  }

  @Test("A head and a body have their bounds")
  func bounds() {
    var parser = ResponseParser()
    let long = "HTTP/1.1 200 OK\r\nX: " + String(repeating: "x", count: LoadLimits.responseHeadBytesMax)
    #expect(parser.receive(ByteBuffer(string: long)) == .malformed("the head is too long"))

    var endless = ResponseParser()
    #expect(endless.receive(ByteBuffer(string: "HTTP/1.1 200 OK\r\n\r\n")) == .incomplete)
    let body = ByteBuffer(repeating: 0x78, count: LoadLimits.responseBodyBytesMax + 1)
    #expect(endless.receive(body) == .malformed("the body is too long"))
  }

  @Test("A connection that ends within an answer has given none", arguments: [10, 40, 46])
  func cutOff(_ count: Int) {
    let text = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789"
    var parser = ResponseParser()
    #expect(parser.receive(ByteBuffer(string: String(decoding: text.utf8.prefix(count), as: UTF8.self))) == .incomplete)
    #expect(parser.finish() == .malformed("the connection closed within an answer"))
  }
}
