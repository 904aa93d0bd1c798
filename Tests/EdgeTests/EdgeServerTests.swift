import Bytes
import Catalog
import Coordinator
import Environment
import Items
import Messages
import NIOCore
import NIOPosix
import Synchronization
import Telemetry
import Testing

@testable import Edge

/// Plays the one node of a cluster, frame by frame: every replica leads, and one item is all there is.
private final class OneNode {
  private let catalog = Catalog.sample()
  private let stored: EncodedItem

  init(_ stored: EncodedItem) { self.stored = stored }

  func answer(_ frame: [UInt8]) -> [UInt8] {
    guard case .requests(let requests) = try? OperationFrame(frame) else { fatalError("A frame cannot be read.") }
    return OperationFrame.encode(
      requests.map { request in
        let answer: Answer =
          switch request.operation {
          case .catalogRead: .catalog(catalog.encode())
          case .get: .item(stored)
          case .write: .written(WriteAnswer(oldBytes: 0, newBytes: 9))
          case .range: .page(RangePage(items: [stored], count: 1, scannedCount: 1, scannedBytes: 9))
          default: .done
          }
        return Response(id: request.id, term: 1, answer: answer)
      }
    )[0]
  }
}

@Suite(.serialized) struct EdgeServerTests {
  /// Like the real clock, for the machine needs time to pass.
  private struct RunningClock: Clock {
    var now: Instant { Instant(nanoseconds: UInt64(NIODeadline.now().uptimeNanoseconds)) }
    var wallTimeMs: WallTimeMs { 0 }
  }

  private func start(
    _ group: MultiThreadedEventLoopGroup, _ registry: inout MetricRegistry, isUp: Bool
  ) throws -> EdgeServer {
    let stored = try item(#"{"PK":{"S":"a"},"v":{"N":"1"}}"#)
    return try EdgeServer.start(
      EdgeConfiguration(port: 0, region: "eu-central-1"), group: group, clock: RunningClock(), registry: &registry
    ) { eventLoop, index in
      let node = OneNode(stored)
      let box = NIOLoopBoundBox<CoordinatorHost?>(nil, eventLoop: eventLoop)
      let host = CoordinatorHost(
        coordinator: Coordinator(
          configuration: CoordinatorConfiguration(nodes: [NodeID(1)]), random: SeededRandom(seed: UInt64(index))),
        eventLoop: eventLoop, clock: RunningClock()
      ) { id, frame in
        let answer = node.answer(frame)
        eventLoop.execute { box.value?.received(answer, from: id) }
      }
      box.value = host
      if isUp { host.linkUp(NodeID(1)) }
      host.start()
      return host
    }.wait()
  }

  private func post(_ client: RawClient, _ operation: String, _ body: String) -> String {
    client.send(
      "POST / HTTP/1.1\r\nHost: localhost\r\nX-Amz-Target: DynamoDB_20120810.\(operation)\r\n"
        + "Content-Type: application/x-amz-json-1.0\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
    return client.readAnswer()
  }

  @Test func requestsTravelThroughHostAndCoordinator() throws {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
    defer { try? group.syncShutdownGracefully() }
    var registry = MetricRegistry()
    let server = try start(group, &registry, isUp: true)
    for _ in 0..<4 {
      let client = try RawClient(port: #require(server.localAddress?.port))
      let put = post(client, "PutItem", #"{"TableName":"single","Item":{"PK":{"S":"a"},"v":{"N":"1"}}}"#)
      #expect(put.hasPrefix("HTTP/1.1 200 OK\r\n") && put.hasSuffix("\r\n\r\n{}"))
      // What is no JSON is answered, and the connection goes on.
      #expect(post(client, "PutItem", "{").contains("SerializationException"))
      let get = post(client, "GetItem", #"{"TableName":"single","Key":{"PK":{"S":"a"}},"ConsistentRead":true}"#)
      #expect(get.hasSuffix(#"{"Item":{"PK":{"S":"a"},"v":{"N":"1"}}}"#))
      #expect(post(client, "Scan", #"{"TableName":"single"}"#).contains(#""ScannedCount":"#))
      #expect(post(client, "ListTables", "{}").hasSuffix(#"{"TableNames":["pair","single"]}"#))
      client.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
      #expect(client.readAnswer().contains("healthy: localhost "))
      client.send(
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 43\r\n\r\n"
          + "Action=GetCallerIdentity&Version=2011-06-15")
      #expect(client.readAnswer().contains("<Account>000000000000</Account>"))
    }
    #expect(PrometheusText.text(registry).contains(#"gantry_requests_total{operation="PutItem",outcome="success"} 4"#))
    try server.shutDown().wait()
  }

  @Test func notReadyIsSaidWhileNoLeaderIsKnown() throws {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    defer { try? group.syncShutdownGracefully() }
    var registry = MetricRegistry()
    let server = try start(group, &registry, isUp: false)
    let client = try RawClient(port: #require(server.localAddress?.port))
    client.send("GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n")
    #expect(client.readAnswer().hasPrefix("HTTP/1.1 503 "))
    client.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
    #expect(client.readAnswer().hasPrefix("HTTP/1.1 200 "))
    try server.shutDown().wait()
  }

  @Test func adminServesItsRoutesFromAnyThread() throws {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
    defer { try? group.syncShutdownGracefully() }
    var registry = MetricRegistry()
    let loops = Array(group.makeIterator())
    let route = AdminServer.Route(.post, "/checksum") { body, completion in
      loops[1].execute { completion(.json(body)) }
    }
    let server = try AdminServer.start(
      host: "127.0.0.1", port: 0, eventLoop: loops[0], clock: RunningClock(), registry: &registry,
      isReady: { true }, metrics: { Array("page\n".utf8) }, routes: [route]
    ).wait()
    let client = try RawClient(port: #require(server.localAddress?.port))
    client.send("POST /checksum HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}")
    #expect(client.readAnswer().hasSuffix("\r\n\r\n{}"))
    client.send("POST /checksum HTTP/1.1\r\nHost: localhost\r\nOrigin: http://a.b\r\nContent-Length: 2\r\n\r\n{}")
    #expect(client.readAnswer().hasPrefix("HTTP/1.1 403 "))
    for (path, start) in [
      ("/metrics", "200"), ("/readyz", "200"), ("/healthz", "200"), ("/nothing", "404"), ("/checksum", "405"),
    ] {
      client.send("GET \(path) HTTP/1.1\r\nHost: localhost\r\n\r\n")
      #expect(client.readAnswer().hasPrefix("HTTP/1.1 \(start) "))
    }
    try server.shutDown().wait()
  }
}
