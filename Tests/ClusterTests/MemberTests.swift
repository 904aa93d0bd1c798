import Client
import Foundation
import Items
import Testing

extension RealProcesses {
  @Suite(.serialized) struct Members {
    /// By hand: `GANTRY_MEMBER_SECONDS=30`, the load that goes on before, between and after the changes.
    static let rest =
      ProcessInfo.processInfo.environment["GANTRY_MEMBER_SECONDS"].flatMap { Double($0) } ?? 0.3

    /// A node comes while the leader of the metadata group is killed, that one is drained, another one is replaced, and
    /// what a client with an SDK's retries was told is true; none of its requests fails.
    @Test func nodesComeAndGoUnderLoad() async throws {
      try await TestCluster.run { cluster in
        let http = HTTPClient()
        let client = DynamoClient(endpoint: try cluster.endpoint(), http: http)
        try await client.createTable(named: "ledger", request: Requests.createTable("ledger"))
        let writes = WriteLoad(client, table: "ledger")
        async let run = writes.run()
        do {
          try await Histories.expectLinearizable(cluster) { load in
            try await Self.changeMembers(cluster, load, writes)
          }
        } catch {
          writes.stop()
          _ = await run
          throw error
        }
        writes.stop()
        _ = await run
        #expect(writes.failures == [:])
        try await Self.checkLedger(writes, client)
        try await cluster.waitUntilEqual()
        #expect(try cluster.status("--checksums")["checksums"]?.text == "equal")
        try await Self.expectMembersSurviveARestart(cluster)
        await http.shutDown()
      }
    }

    private static func changeMembers(
      _ cluster: TestCluster, _ load: HistoryLoad, _ writes: WriteLoad
    ) async throws {
      try await writes.waitForAcknowledged(more: 300)
      async let added = cluster.change("add", "n4")
      let leader = try await cluster.waitForMove()
      try cluster.order(.kill(leader))
      try await Task.sleep(for: .milliseconds(700))
      try cluster.order(.start(leader))
      try await added
      try await cluster.waitUntilHealthy()
      #expect(try cluster.replicas(on: "n4") == 5)
      try await rests(load, writes)

      try await cluster.change("drain", leader)
      #expect(try cluster.processes()[leader] == nil && cluster.replicas(on: leader) == 0)
      #expect(!FileManager.default.fileExists(atPath: "\(cluster.data)/\(leader)"))
      try await rests(load, writes)

      let replaced = leader == "n3" ? "n2" : "n3"
      try await cluster.change("replace", replaced, "--with", "n5")
      #expect(try cluster.replicas(on: "n5") == 7 && cluster.replicas(on: replaced) == 0)
      try await rests(load, writes)
    }

    private static func rests(_ load: HistoryLoad, _ writes: WriteLoad) async throws {
      try await Task.sleep(for: .seconds(rest))
      try await load.waitForOperations(more: 50)
      try await writes.waitForAcknowledged(more: 100)
    }

    private static func checkLedger(_ writes: WriteLoad, _ client: DynamoClient) async throws {
      let acknowledged = writes.acknowledged
      #expect(acknowledged.count > 500)
      var missing = 0
      for start in stride(from: 0, to: acknowledged.count, by: 100) {
        let ids = acknowledged[start..<min(start + 100, acknowledged.count)].map { WriteLoad.id($0) }
        let answer = try await client.call("BatchGetItem", body: Requests.batchGet("ledger", ids: ids))
        let found = try JSONValue(parsing: answer)["Responses"]?["ledger"]?.elements?.count ?? 0
        missing += ids.count - found
      }
      #expect(missing == 0, "of \(acknowledged.count)")
    }

    /// Also the coordinator, whose settings then name other nodes.
    private static func expectMembersSurviveARestart(_ cluster: TestCluster) async throws {
      let names = try cluster.processes().keys.sorted()
      #expect(try cluster.cluster("down").code == 0)
      try cluster.up()
      #expect(try cluster.processes().keys.sorted() == names && names.contains("n5"))
      try await cluster.waitUntilEqual()
      #expect(try cluster.status("--checksums")["checksums"]?.text == "equal")
    }

    @Test func aChangeThatWouldPutDataAtRiskIsRefused() async throws {
      try await TestCluster.run { cluster in
        let few = try cluster.cluster("drain", "n2")
        #expect(few.code == 1 && few.errors.contains("2 nodes would be left for 3 replicas"))
        #expect(try cluster.cluster("drain", "n9").code == 2)
        try cluster.order(.kill("n1"))
        let risky = try cluster.cluster("replace", "n2")
        #expect(risky.code == 1 && risky.errors.contains("n1 is down"))
        #expect(try cluster.processes().keys.sorted() == ["c1", "n2", "n3"])
        // The dead one may be replaced.
        try await cluster.change("replace", "n1")
        try await cluster.waitUntilHealthy()
        #expect(try cluster.processes().keys.sorted() == ["c1", "n2", "n3", "n4"])
      }
    }
  }
}

extension TestCluster {
  /// On a thread of its own: a load needs those of tasks.
  fileprivate func change(_ arguments: String...) async throws {
    let run = try await withCheckedThrowingContinuation { continuation in
      Thread.detachNewThread {
        continuation.resume(with: Result { try Self.gantry(["cluster"] + arguments + ["--data", self.data]) })
      }
    }
    guard run.code == 0 else { throw Failure(text: "\(arguments): \(run.errors)\(run.output)") }
    print("members: \(run.output)", terminator: "")
  }

  /// Waits until a replica is on its way; returns who leads the metadata group.
  fileprivate func waitForMove() async throws -> String {
    let deadline = ContinuousClock.now + .seconds(60)
    while ContinuousClock.now < deadline {
      let status = try status()
      if status["members"]?["move"]?["shard"]?.integer != nil, let leader = status["metadata"]?["leader"]?.text {
        return leader
      }
      try await Task.sleep(for: .milliseconds(10))
    }
    throw Failure(text: "no replica moves")
  }

  /// Of shards and the metadata group.
  fileprivate func replicas(on node: String) throws -> Int {
    let status = try status()
    let groups = (status["shards"]?.elements ?? []) + [status["metadata"]].compactMap { $0 }
    return groups.count { group in
      group["replicas"]?.elements?.contains { $0["node"]?.text == node && $0["role"]?.text != "learner" } ?? false
    }
  }
}
