import Environment
import NIOCore
import NIOEmbedded
import Telemetry
import Testing

@testable import Edge

/// HTTP/2 with prior knowledge on the port of HTTP/1, from bytes laid out by hand.
@Suite(.serialized) struct HTTP2Tests {
  private static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

  private static func frame(_ type: UInt8, _ flags: UInt8, _ stream: UInt8, _ payload: [UInt8]) -> [UInt8] {
    let length = payload.count
    return [UInt8(length >> 16), UInt8(length >> 8 & 255), UInt8(length & 255), type, flags, 0, 0, 0, stream] + payload
  }

  /// A header field in the plainest form: literal, not indexed, no Huffman code (RFC 7541, section 6.2.2).
  private static func field(_ name: String, _ value: String) -> [UInt8] {
    func text(_ text: String) -> [UInt8] {
      let length = text.utf8.count
      guard length >= 127 else { return [UInt8(length)] + text.utf8 }
      var rest = length - 127
      var bytes: [UInt8] = [127]
      while rest >= 128 {
        bytes.append(UInt8(rest & 127) | 128)
        rest >>= 7
      }
      return bytes + [UInt8(rest)] + text.utf8
    }
    return [0] + text(name) + text(value)
  }

  private static func head(
    _ stream: UInt8, _ path: String, method: String = "POST", host: String = "localhost", ends: Bool = false,
    more: [(String, String)] = []
  ) -> [UInt8] {
    var block = field(":method", method) + field(":scheme", "http") + field(":path", path)
    block += field(":authority", host)
    for (name, value) in more { block += field(name, value) }
    return frame(1, ends ? 5 : 4, stream, block)
  }

  private static func body(_ stream: UInt8, _ text: String) -> [UInt8] { frame(0, 1, stream, Array(text.utf8)) }

  private static let goAway = frame(7, 0, 0, [0, 0, 0, 0, 0, 0, 0, 0])

  private struct Answer: Equatable {
    /// The first byte of the header block; the common statuses have one of their own (RFC 7541, appendix A).
    var status: UInt8
    var body = ""
  }

  private static let ok: UInt8 = 0x88, badRequest: UInt8 = 0x8c

  /// Reads until everything asked for is answered.
  private static func answers(_ client: RawClient, _ count: Int) -> [UInt8: Answer] {
    answers(count) { client.read(exactly: $0) }
  }

  private static func answers(_ count: Int, _ read: (Int) -> [UInt8]) -> [UInt8: Answer] {
    var answers: [UInt8: Answer] = [:]
    var ended = 0
    while ended < count {
      let header = read(9)
      guard header.count == 9 else { break }
      let payload = read(Int(header[0]) << 16 | Int(header[1]) << 8 | Int(header[2]))
      let stream = header[8]
      switch header[3] {
      case 0: answers[stream]?.body += String(decoding: payload, as: UTF8.self)
      case 1: answers[stream] = Answer(status: payload.first ?? 0)
      default: continue
      }
      if header[4] & 1 == 1 { ended += 1 }
    }
    return answers
  }

  private let small: HTTPLimits = {
    var limits = HTTPLimits()
    limits.bodyBytesMax = 1_000
    limits.sweepIntervalMs = 5
    return limits
  }()

  /// What a connection answers to input that arrives in these pieces.
  private func exchange(_ pieces: [[UInt8]]) throws -> [UInt8] {
    let channel = EmbeddedChannel()
    var registry = MetricRegistry()
    let load = ServerLoad()
    let loop = HTTPLoop(
      eventLoop: channel.eventLoop, clock: ManualClock(), limits: small, hosts: HostPolicy(), cors: CORSPolicy(),
      load: load, metrics: HTTPMetrics(server: "test", load: load, in: &registry), seed: 7)
    try HTTPServer.configure(channel, HTTPServer.Lane(loop: loop, responder: EchoResponder()), small)
    channel.pipeline.fireChannelActive()
    var output: [UInt8] = []
    for piece in pieces {
      try channel.writeInbound(ByteBuffer(bytes: piece))
      channel.embeddedEventLoop.run()
      while let bytes = try channel.readOutbound(as: ByteBuffer.self) { output += bytes.readableBytesView }
    }
    _ = try channel.finish(acceptAlreadyClosed: true)
    #expect(loop.isEmpty && load.openConnections == 0 && load.requestsInFlight == 0 && load.bodyBytesInFlight == 0)
    return output
  }

  @Test func everySplitOfARequestIsRead() throws {
    let bytes = Self.preface + Self.frame(4, 0, 0, []) + Self.head(1, "/x") + Self.body(1, "hello")
    let splits = (1..<bytes.count).map { [Array(bytes[..<$0]), Array(bytes[$0...])] }
    for pieces in splits + [bytes.map { [$0] }] {
      var rest = try exchange(pieces)[...]
      let answers = Self.answers(1) { count in
        defer { rest = rest.dropFirst(count) }
        return Array(rest.prefix(count))
      }
      #expect(answers[1] == Answer(status: Self.ok, body: "/x hello"))
    }
  }

  @Test func everySplitOfAnHTTP1RequestIsReadTheSame() throws {
    // The second begins as the preface does.
    for method in ["POST", "PROPFIND"] {
      let bytes = Array("\(method) /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\nhi".utf8)
      for split in 1..<bytes.count {
        let answer = String(decoding: try exchange([Array(bytes[..<split]), Array(bytes[split...])]), as: UTF8.self)
        #expect(answer.hasPrefix("HTTP/1.1 200 ") && answer.hasSuffix("/x hi"))
      }
    }
  }

  @Test func manyRequestsAreAnsweredInAnyOrder() throws {
    let server = try EchoServer(small)
    defer { server.stop() }
    let client = try server.connect()
    client.send(
      bytes: Self.preface + Self.frame(4, 0, 0, []) + Self.head(1, "/later", ends: true)
        + Self.head(3, "/second", ends: true))
    let first = Self.answers(client, 1)
    #expect(first.keys.sorted() == [3], "Nothing waits for a request that takes longer.")
    client.send(bytes: Self.head(5, "/release", ends: true))
    let rest = Self.answers(client, 2)
    #expect(rest[1]?.body.hasPrefix("/later ") == true && rest[5]?.body.hasPrefix("/release ") == true)
  }

  @Test func boundsAreThoseOfHTTP1() throws {
    let server = try EchoServer(small)
    defer { server.stop() }
    let client = try server.connect()
    client.send(bytes: Self.preface + Self.frame(4, 0, 0, []))
    client.send(bytes: Self.head(1, "/x") + Self.body(1, String(repeating: "x", count: 1_001)))
    #expect(Self.answers(client, 1)[1]?.body == "too large")
    client.send(bytes: Self.head(3, "/x", host: "evil.example", ends: true))
    #expect(Self.answers(client, 1)[3]?.body.contains("host name") == true)
    client.send(bytes: Self.head(5, "/x", ends: true, more: (0..<70).map { ("x\($0)", "y") }))
    #expect(Self.answers(client, 1)[5]?.status == Self.badRequest)
    client.send(bytes: Self.head(7, "/fine", ends: true))
    #expect(Self.answers(client, 1)[7]?.status == Self.ok, "The connection goes on.")
  }

  @Test func anAnswerToHEADHasNoBody() throws {
    let server = try EchoServer(small)
    defer { server.stop() }
    let client = try server.connect()
    client.send(bytes: Self.preface + Self.frame(4, 0, 0, []) + Self.head(1, "/x", method: "HEAD", ends: true))
    #expect(Self.answers(client, 1)[1] == Answer(status: Self.ok))
  }

  /// What begins like the preface and goes on otherwise is HTTP/1, or nothing.
  @Test func almostAPrefaceIsNoHTTP2() throws {
    let server = try EchoServer(small)
    defer { server.stop() }
    let client = try server.connect()
    client.send("PRI * HTTP/1.1\r\nHost: localhost\r\n\r\n")
    #expect(client.readToEnd().hasPrefix("HTTP/1.1 "))
  }

  @Test func aShutdownAnswersWhatIsUnderWay() throws {
    let server = try EchoServer(small)
    defer { server.stopGroup() }
    let client = try server.connect()
    let bytes = Self.preface + Self.frame(4, 0, 0, []) + Self.head(1, "/later", ends: true)
    client.send(bytes: bytes)
    server.waitUntilReceived(after: bytes.count)
    let done = server.shutDown()
    server.release()
    #expect(Self.answers(client, 1)[1]?.body.hasPrefix("/later ") == true)
    try done.wait()
  }
}
