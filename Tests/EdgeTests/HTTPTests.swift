import CZlib
import Environment
import Glibc
import NIOCore
import NIOHTTP1
import Synchronization
import Telemetry
import Testing

@testable import Edge

/// Answers with the request's target and body; holds back what asks for it until told.
final class EchoResponder: HTTPResponder {
  var held: [(HTTPReply, HTTPAnswer)] = []

  func respond(to request: HTTPRequest, reply: HTTPReply) {
    var answer = HTTPAnswer(status: 200, style: .amazon, contentType: ErrorBody.contentType)
    answer.body = Array(request.head.uri.utf8) + [0x20] + Array(request.body.readableBytesView)
    if request.path == "/later" {
      held.append((reply, answer))
    } else {
      reply.send(answer)
      // A later request of the pipeline is answered first, and yet must be written second.
      if request.path == "/release" {
        for (reply, answer) in held { reply.send(answer) }
        held = []
      }
    }
  }

  func overloadAnswer(to head: HTTPRequestHead) -> HTTPAnswer { HTTPAnswer(status: 503, text: "overload") }
  func tooLargeAnswer() -> HTTPAnswer { HTTPAnswer(status: 413, text: "too large") }
}

@Suite(.serialized) struct HTTPTests {
  let small: HTTPLimits = {
    var limits = HTTPLimits()
    limits.bodyBytesMax = 1_000
    limits.sweepIntervalMs = 5
    return limits
  }()

  @Test func pipelinedAnswersKeepTheirOrder() throws {
    let server = try EchoServer(small)
    defer { server.stop() }
    let client = try server.connect()
    client.send(
      "GET /later HTTP/1.1\r\nHost: localhost\r\n\r\nGET /second HTTP/1.1\r\nHost: localhost\r\n\r\n"
        + "GET /release HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    let bodies = client.readToEnd().components(of: "\r\n\r\n")
    #expect(bodies.count == 4)
    #expect(bodies[1].hasPrefix("/later ") && bodies[2].hasPrefix("/second ") && bodies[3].hasPrefix("/release "))
  }

  @Test func everySplitOfARequestIsRead() throws {
    let server = try EchoServer(small)
    defer { server.stop() }
    let client = try server.connect()
    let request = "POST /x HTTP/1.1\r\nHost: localhost:8000\r\nContent-Length: 5\r\n\r\nhello"
    for split in 1..<request.utf8.count {
      var sent = client.send(String(request.prefix(split)))
      // A lone P may be the beginning of HTTP/2's preface: it is held back, and counts with what follows.
      if split > 1 {
        server.waitUntilReceived(after: sent)
        sent = 0
      }
      server.waitUntilReceived(after: sent + client.send(String(request.dropFirst(split))))
      #expect(client.readAnswer().hasSuffix("\r\n\r\n/x hello"))
    }
  }

  @Test(arguments: [
    ("/x", "/x"), ("/x?y=/z", "/x"), ("http://localhost:8000/x?y", "/x"), ("http://localhost/", "/"),
    ("http://localhost", "/"), ("http://localhost?y", "/"),
  ]) func targetsMayNameSchemeAndHost(_ target: String, _ path: String) {
    let head = HTTPRequestHead(version: .http1_1, method: .POST, uri: target)
    #expect(HTTPRequest(head: head, body: ByteBuffer(), receivedAt: .zero).path == path)
  }

  @Test func chunkedBodiesArePutTogether() throws {
    let server = try EchoServer(small)
    defer { server.stop() }
    let client = try server.connect()
    client.send(
      "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
    #expect(client.readAnswer().hasSuffix("/ abcde"))
  }

  @Test func checksumIsThatOfTheBytesSent() throws {
    let server = try EchoServer(small)
    defer { server.stop() }
    let client = try server.connect()
    client.send("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc")
    let answer = client.readAnswer()
    let body = Array("/ abc".utf8)
    let crc = CZlib.crc32(0, body, 5)
    #expect(answer.contains("\r\nx-amz-crc32: \(crc)\r\n"))
    let id = try #require(answer.components(of: "x-amzn-requestid: ").last?.prefix(52))
    #expect(id.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) })
    #expect(answer.contains("date: Sun, 06 Nov 1994 08:49:37 GMT"))
  }

  static let refused: [(String, String)] = [
    ("BLAH\r\n\r\n", "400"),
    ("GET / HTTP/1.1\r\n\r\n", "400"),
    ("GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", "403"),
    ("GET / HTTP/1.1\r\nHost: localhost\r\nX: \(String(repeating: "x", count: 17_000))\r\n\r\n", "400"),
    ("GET /\(String(repeating: "x", count: 17_000)) HTTP/1.1\r\nHost: localhost\r\n\r\n", "400"),
    (
      "GET / HTTP/1.1\r\nHost: localhost\r\n" + (0..<70).map { "x\($0): y\r\n" }.joined() + "\r\n", "400"
    ),
    ("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1001\r\n\r\n", "413"),
    (
      "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n"
        + String(repeating: "x", count: 1_001) + "\r\n", "413"
    ),
    ("POST / HTTP/1.1\r\nHost: localhost\r\nExpect: a-pony\r\n\r\n", "417"),
  ]

  @Test(arguments: refused) func badHTTPIsAnsweredAndTheConnectionClosed(_ request: String, _ status: String) throws {
    let server = try EchoServer(small)
    defer { server.stop() }
    let client = try server.connect()
    client.send(request)
    let answer = client.readToEnd()
    #expect(answer.hasPrefix("HTTP/1.1 \(status) "))
    #expect(answer.contains("connection: close"))
  }

  @Test func continueIsSentBeforeTheBodyIsRead() throws {
    let server = try EchoServer(small)
    defer { server.stop() }
    let client = try server.connect()
    client.send("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
    #expect(client.read(upTo: "\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n")
    client.send("ok")
    #expect(client.readAnswer().hasSuffix("/ ok"))
  }

  @Test func headHasALengthAndNoBody() throws {
    let server = try EchoServer(small)
    defer { server.stop() }
    let client = try server.connect()
    client.send("HEAD / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    let answer = client.readToEnd()
    #expect(answer.contains("content-length: 2\r\n") && answer.hasSuffix("\r\n\r\n"))
  }

  @Test func aHalfClosedClientStillGetsItsAnswer() throws {
    let server = try EchoServer(small)
    defer { server.stop() }
    let client = try server.connect()
    client.send("GET /half HTTP/1.1\r\nHost: localhost\r\n\r\n")
    client.closeWriting()
    #expect(client.readToEnd().hasSuffix("/half "))
  }

  @Test func deadlinesEndWhatAClientLeavesUnfinished() throws {
    for (start, limitMs) in [
      ("GET / HT", small.headerTimeoutMs),
      ("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nabc", small.bodyTimeoutMs),
    ] {
      let server = try EchoServer(small)
      defer { server.stop() }
      let client = try server.connect()
      server.waitUntilReceived(after: client.send(start))
      server.clock.advance(milliseconds: limitMs + 1)
      #expect(client.readToEnd().hasPrefix("HTTP/1.1 408 "))
    }
    let server = try EchoServer(small)
    defer { server.stop() }
    let client = try server.connect()
    client.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    #expect(client.readAnswer().hasPrefix("HTTP/1.1 200 "))
    server.clock.advance(milliseconds: small.idleTimeoutMs + 1)
    #expect(client.readToEnd().isEmpty)
  }

  @Test func whatDoesNotFitIsRefusedClearly() throws {
    var limits = small
    limits.queuedPerConnectionMax = 2
    let server = try EchoServer(limits)
    defer { server.stop() }
    let client = try server.connect()
    let one = "GET /later HTTP/1.1\r\nHost: localhost\r\n\r\n"
    server.waitUntilReceived(after: client.send(one + one + one))
    client.closeWriting()
    server.release()
    let answers = client.readToEnd()
    #expect(answers.components(of: "HTTP/1.1 200 ").count == 3)
    #expect(answers.components(of: "HTTP/1.1 503 ").count == 2)
  }

  @Test func shutdownAnswersWhatIsUnderWay() throws {
    let server = try EchoServer(small)
    let client = try server.connect()
    server.waitUntilReceived(after: client.send("GET /later HTTP/1.1\r\nHost: localhost\r\n\r\n"))
    let idle = try server.connect()
    let stopped = server.shutDown()
    server.release()
    #expect(client.readToEnd().hasSuffix("/later "))
    #expect(idle.readToEnd().isEmpty)
    try stopped.wait()
    server.stopGroup()
  }
}

@Suite struct PolicyTests {
  @Test func hostsAreLoopbackTheDialledAddressOrListed() {
    let policy = HostPolicy(allowedHosts: ["Db.Example"])
    for host in ["localhost", "localhost:8000", "127.0.0.1", "127.1.2.3:1", "[::1]:8000", "db.example:80", "10.0.0.7"] {
      #expect(policy.allows(host, local: "10.0.0.7"))
    }
    for host in ["", "evil.example", "127.0.0.1.evil.example", "localhost:x", "10.0.0.8", "[::1", ":80"] {
      #expect(!policy.allows(host, local: "10.0.0.7"))
    }
  }

  @Test func originsAreRefusedUnlessListed() {
    var head = HTTPRequestHead(version: .http1_1, method: .OPTIONS, uri: "/")
    head.headers.add(name: "Origin", value: "https://a.example")
    head.headers.add(name: "Access-Control-Request-Method", value: "POST")
    #expect(CORSPolicy().preflight(head) == nil && CORSPolicy().headers(for: head).isEmpty)
    let policy = CORSPolicy(origins: ["https://a.example"])
    #expect(policy.preflight(head)?.status == 200)
    #expect(policy.headers(for: head).contains { $0 == ("access-control-allow-origin", "https://a.example") })
    #expect(CORSPolicy(origins: ["https://b.example"]).headers(for: head).isEmpty)
  }

  /// DynamoDB's own answer to a page: every origin, and of the preflight what was asked for.
  @Test func aWildcardAllowsEveryPageWhatItAsksFor() {
    let policy = CORSPolicy(origins: ["*"])
    var head = HTTPRequestHead(version: .http1_1, method: .OPTIONS, uri: "/")
    #expect(policy.preflight(head) == nil && policy.headers(for: head).isEmpty, "It comes from no page.")
    head.headers.add(name: "Origin", value: "https://a.example")
    let headers = policy.headers(for: head)
    #expect(headers.contains { $0 == ("access-control-allow-origin", "*") } && !headers.contains { $0.name == "vary" })
    head.headers.add(name: "Access-Control-Request-Method", value: "DELETE")
    head.headers.add(name: "Access-Control-Request-Headers", value: "x-amz-target, x-amz-date")
    let answer = policy.preflight(head)?.headers ?? []
    #expect(answer.contains { $0 == ("access-control-allow-methods", "DELETE") })
    #expect(answer.contains { $0 == ("access-control-allow-headers", "x-amz-target, x-amz-date") })
    #expect(answer.contains { $0.name == "access-control-max-age" })
  }
}
