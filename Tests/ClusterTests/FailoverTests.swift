import Client
import Foundation
import Items
import Testing

extension RealProcesses {
  @Suite(.serialized) struct Failover {
    static let killsPerShard = 3

    /// Each shard's leader is killed three times with SIGKILL while at least 500 writes a second are offered and served.
    @Test func noAcknowledgedWriteIsLostAndReplicasAgree() async throws {
      raiseFileLimit()
      try await TestCluster.run { cluster in
        let http = HTTPClient()
        let endpoint = try cluster.endpoint()
        let patient = DynamoClient(endpoint: endpoint, http: http)
        try await patient.createTable(named: "load", request: Requests.createTable("load"))
        let load = WriteLoad(
          DynamoClient(endpoint: endpoint, http: http, retries: .none, timeoutMs: 15_000), table: "load")
        async let elapsed = load.run()
        do {
          try await killEachLeader(cluster, load)
        } catch {
          load.stop()
          _ = await elapsed
          throw error
        }
        load.stop()
        let seconds = await elapsed
        let acknowledged = load.acknowledged
        print(
          "failover: \(load.offered) writes offered in \(Int(seconds)) s, \(acknowledged.count) acknowledged, "
            + "\(load.failures) failed, \(load.refused) not offered")
        // A thinner load would prove less than the name says: such a run is invalid.
        try #require(Double(load.offered) >= 500 * seconds)
        try #require(Double(acknowledged.count) >= 500 * seconds)
        let missing = try await missing(acknowledged, patient)
        #expect(missing.isEmpty, "\(missing.count) acknowledged writes are lost, e.g. \(missing.prefix(5))")
        await http.shutDown()
        try await cluster.waitUntilHealthy()
        try expectEqualChecksums(cluster)
      }
    }

    /// Kills the leader of the shard that was hit least, until every shard was hit often enough.
    private func killEachLeader(_ cluster: TestCluster, _ load: WriteLoad) async throws {
      var kills: [Int: Int] = [:]
      while true {
        try await load.waitForAcknowledged(more: 300)
        let leaders = try cluster.leaders()
        for shard in leaders.keys where kills[shard] == nil { kills[shard] = 0 }
        guard let least = kills.values.min(), least < Self.killsPerShard else { return }
        guard let shard = kills.keys.sorted().first(where: { kills[$0] == least }), let node = leaders[shard] else {
          continue
        }
        try #require(try cluster.cluster("kill", node).code == 0)
        for (led, leader) in leaders where leader == node { kills[led, default: 0] += 1 }
        try await cluster.waitForOthersToLead(insteadOf: node, count: leaders.count)
        try await load.waitForAcknowledged(more: 300)
        let start = try cluster.cluster("start", node)
        try #require(start.code == 0, "\(start.errors)")
        try await cluster.waitUntilHealthy()
      }
    }

    /// Those of `numbers` that a strong read does not find as they were written.
    private func missing(_ numbers: [Int], _ client: DynamoClient) async throws -> [Int] {
      var missing: [Int] = []
      for start in stride(from: 0, to: numbers.count, by: 100) {
        let batch = Array(numbers[start..<min(start + 100, numbers.count)])
        var wanted = Dictionary(uniqueKeysWithValues: batch.map { (WriteLoad.id($0), $0) })
        var attempts = 0
        while !wanted.isEmpty && attempts < 5 {
          attempts += 1
          let body = Requests.batchGet("load", ids: wanted.keys.sorted())
          let answer = try JSONValue(parsing: try await client.call("BatchGetItem", body: body))
          for item in answer["Responses"]?["load"]?.elements ?? [] {
            guard let id = item["id"]?["S"]?.text, let number = wanted[id] else { continue }
            if item["value"]?["S"]?.text == WriteLoad.value(number) { wanted[id] = nil }
          }
        }
        missing += wanted.values
      }
      return missing.sorted()
    }

    private func expectEqualChecksums(_ cluster: TestCluster) throws {
      let status = try cluster.status("--checksums")
      #expect(status["checksums"]?.text == "equal")
      for shard in status["shards"]?.elements ?? [] {
        let replicas = shard["replicas"]?.elements ?? []
        #expect(replicas.count == 3)
        #expect(Set(replicas.map { $0["checksum"]?.text }).count == 1)
        #expect(Set(replicas.map { $0["checksumIndex"]?.integer }).count == 1)
        #expect(replicas.allSatisfy { $0["checksum"]?.text != nil })
      }
    }
  }
}

/// Every outstanding request has a connection.
private func raiseFileLimit() {
  var limit = rlimit()
  getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  limit.rlim_cur = min(limit.rlim_max, 16_384)
  setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
}
