import Client
import Foundation
import Items
import Testing

extension RealProcesses {
  /// `gantry load` over the endpoints of several regions.
  @Suite(.serialized) struct RegionalLoads {
    @Test func aLoadGoesOnInTheNextRegionWhenItsOwnDies() async throws {
      try await TestCluster.run(topology: "global-small") { cluster in
        let run = try await Self.load(cluster, seconds: 4) {
          // Somewhere in the middle, at once.
          try await Task.sleep(for: .seconds(2))
          for name in ["us-c1", "us-n1"] { #expect(try cluster.cluster("kill", name).code == 0) }
        }
        try #require(run.code == 0, "\(run.errors)")
        #expect(try run.json["settings"]?["endpoints"]?[1]?.text?.hasPrefix("eu-west-1=http://") == true)

        let http = HTTPClient()
        let eu = DynamoClient(endpoint: try cluster.endpoint(of: "eu-c1"), region: "eu-west-1", http: http)
        #expect(try await eu.replicaStatus("regional-load", in: "us-east-1") != nil, "the load made a global table")
        // The first region is still away: the next one prepares the load and carries it.
        let second = try await Self.load(cluster, seconds: 1) {}
        try #require(second.code == 0, "\(second.errors)")

        for name in ["us-n1", "us-c1"] { #expect(try cluster.cluster("start", name).code == 0) }
        let us = DynamoClient(endpoint: try cluster.endpoint(of: "us-c1"), region: "us-east-1", http: http)
        let deadline = ContinuousClock.now + .seconds(30)
        while try await Self.items(us) != Self.items(eu) {
          try #require(ContinuousClock.now < deadline, "the regions do not become equal")
          try await Task.sleep(for: .milliseconds(50))
        }
        await http.shutDown()
      }
    }

    /// Writes and reads, none of which may fail for its user.
    private static func load(
      _ cluster: TestCluster, seconds: Int, _ meanwhile: () async throws -> Void
    ) async throws -> TestCluster.Run {
      let endpoints = try [("us-east-1", "us-c1"), ("eu-west-1", "eu-c1")].map { region, coordinator in
        "\(region)=\(try cluster.endpoint(of: coordinator))"
      }
      let arguments = [
        "load", "--endpoint", endpoints.joined(separator: ","), "--workload", "ycsb-a", "--set", "records=200", "--set",
        "table=regional-load", "--clients", "8", "--rate", "200", "--duration", "\(seconds)s", "--assert", "errors==0",
        "--json", "-",
      ]
      // On a thread of its own: it waits for a process.
      async let run = withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Result { try TestCluster.gantry(arguments) }) }
      }
      try await meanwhile()
      return try await run
    }

    private static func items(_ client: DynamoClient) async throws -> Set<String> {
      let body = Requests.bytes(#"{"TableName":"regional-load","ConsistentRead":true}"#)
      let page = try JSONValue(parsing: try await client.call("Scan", body: body))
      #expect(page["LastEvaluatedKey"] == nil)
      return Set((page["Items"]?.elements ?? []).map { "\($0)" })
    }
  }
}
