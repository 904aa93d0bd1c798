import Coordinator
import Environment
import Foundation
import Messages
import NIOCore
import NIOHTTP1
import NIOPosix
import Telemetry
import Testing

@testable import Edge

@Suite struct SigningScopeTests {
  @Test(arguments: [
    (
      "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/eu-west-1/dynamodb/aws4_request, SignedHeaders=host, Signature=00",
      "eu-west-1"
    ),
    ("AWS4-HMAC-SHA256 Credential=a/b/20150830/us-east-1/dynamodb/aws4_request,SignedHeaders=host", "us-east-1"),
    ("AWS4-HMAC-SHA256 Credential=local/20150830//dynamodb/aws4_request, SignedHeaders=host", nil),
    ("AWS4-HMAC-SHA256 Credential=local, SignedHeaders=host", nil), ("Bearer eu-west-1", nil), ("", nil),
  ])
  func theRegionIsTheThirdPartFromTheEndOfTheCredential(header: String, region: String?) {
    #expect(SigningScope.region(of: header).map(String.init) == region)
  }
}

@Suite(.serialized) struct RegionTests {
  /// Coordinators without nodes, one for each of the first `serving` regions.
  private struct Servers {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let ports: [Int]
    var registries: [MetricRegistry] = []
    private var servers: [EdgeServer] = []
    private var others: [OtherRegions] = []

    init(_ names: [String], serving: Int) throws {
      let ports = try names.map { _ in try Self.freePort() }
      self.ports = ports
      // Nothing listens at the first endpoint of each.
      let regions = zip(names, ports).map {
        OtherRegions.Region(name: $0, endpoints: ["127.0.0.1:1", "127.0.0.1:\($1)"])
      }
      for (name, port) in zip(names, ports).prefix(serving) {
        var registry = MetricRegistry()
        let others = OtherRegions(own: name, regions: regions, registry: &registry) { _ in }
        let server = try EdgeServer.start(
          EdgeConfiguration(port: port, region: name), group: group, clock: ManualClock(), registry: &registry,
          regions: others
        ) { loop, _ in
          let coordinator = Coordinator(
            configuration: CoordinatorConfiguration(nodes: [NodeID(1)]), random: SeededRandom(seed: 1))
          return CoordinatorHost(coordinator: coordinator, eventLoop: loop, clock: ManualClock()) { _, _ in }
        }.wait()
        registries.append(registry)
        servers.append(server)
        self.others.append(others)
      }
    }

    /// A port that was free just now.
    private static func freePort() throws -> Int {
      let channel = try ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
        .bind(host: "127.0.0.1", port: 0).wait()
      defer { try? channel.close().wait() }
      return try #require(channel.localAddress?.port)
    }

    func stop() async throws {
      for server in servers { try await server.shutDown().get() }
      for others in others { await others.shutDown() }
      try await group.shutdownGracefully()
    }

    /// The answer to an operation that needs no node and names its region. It is waited for on a thread of its own: what
    /// passes the request on needs those that tests share.
    func describeKey(_ port: Int, signedFor region: String?) async throws -> String {
      try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread {
          continuation.resume(with: Result { try self.describeKeyHere(port, signedFor: region) })
        }
      }
    }

    private func describeKeyHere(_ port: Int, signedFor region: String?) throws -> String {
      let client = try RawClient(port: port)
      let body = #"{"KeyId":"alias/aws/dynamodb"}"#
      let scope = region.map { "Authorization: AWS4-HMAC-SHA256 Credential=k/20150830/\($0)/kms/aws4_request\r\n" }
      client.send(
        "POST / HTTP/1.1\r\nHost: localhost\r\nX-Amz-Target: TrentService.DescribeKey\r\n\(scope ?? "")"
          + "Content-Type: application/x-amz-json-1.1\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
      return client.readAnswer()
    }
  }

  @Test func aRequestIsAnsweredByTheRegionThatItIsSignedFor() async throws {
    let servers = try Servers(["us-east-1", "eu-west-1"], serving: 2)
    func expect(_ region: String, at port: Int, signedFor signed: String?) async throws {
      let answer = try await servers.describeKey(port, signedFor: signed)
      #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n") && answer.contains("\r\nx-amz-crc32: "), "\(answer)")
      #expect(answer.contains("arn:aws:kms:\(region):"), "\(answer)")
    }
    for (port, own) in zip(servers.ports, ["us-east-1", "eu-west-1"]) {
      try await expect("us-east-1", at: port, signedFor: "us-east-1")
      try await expect("eu-west-1", at: port, signedFor: "eu-west-1")
      try await expect(own, at: port, signedFor: nil)
      // What nobody has goes to the first.
      try await expect("us-east-1", at: port, signedFor: "sa-east-1")
    }
    let sample = #"gantry_requests_passed_on_total{region="eu-west-1"} 1"#
    #expect(PrometheusText.text(servers.registries[0]).contains(sample))
    try await servers.stop()
  }

  @Test func aRegionThatCannotBeReachedHasDoneNothing() async throws {
    let servers = try Servers(["us-east-1", "eu-west-1"], serving: 1)
    let answer = try await servers.describeKey(servers.ports[0], signedFor: "eu-west-1")
    #expect(answer.hasPrefix("HTTP/1.1 503 ") && answer.contains("#ServiceUnavailable"), "\(answer)")
    #expect(answer.contains("No coordinator of the region eu-west-1 can be reached. The request had no effect"))
    try await servers.stop()
  }
}
