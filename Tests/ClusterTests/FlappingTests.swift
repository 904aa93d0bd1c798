import Client
import Foundation
import Items
import Testing

extension RealProcesses {
  @Suite(.serialized) struct Flapping {
    static let rounds = 30

    private struct Leadership: Equatable {
      var leader: String?
      var term: Int?
    }

    private func leaderships(_ status: JSONValue) -> [Leadership] {
      (status["shards"]?.elements ?? []).map { Leadership(leader: $0["leader"]?.text, term: $0["term"]?.integer) }
    }

    /// Whether the node, cut off, stands for election in some group.
    private func stands(_ node: String, _ cluster: TestCluster, _ http: HTTPClient) async throws -> Bool {
      let page = try JSONValue(parsing: try await http.get("/status", from: try cluster.admin(of: node)).body)
      return (page["groups"]?.elements ?? []).contains { $0["role"]?.text == "candidate" }
    }

    /// A follower is cut off or paused, and back, thirty times, at times for longer than it waits for a leader.
    @Test func aFollowerThatComesAndGoesChangesNoLeaderAndNoClientSeesIt() async throws {
      try await TestCluster.run { cluster in
        let http = HTTPClient()
        let endpoint = try cluster.endpoint()
        try await DynamoClient(endpoint: endpoint, http: http)
          .createTable(named: "load", request: Requests.createTable("load"))
        // A node that leaves hands over what it leads, and nobody gives anything back.
        try cluster.order(.stop("n3"))
        try cluster.order(.start("n3"))
        try await cluster.waitUntilEqual()
        let before = leaderships(try cluster.status())
        try #require(before.count == 6 && before.allSatisfy { $0.leader != nil && $0.leader != "n3" })

        let load = WriteLoad(
          DynamoClient(endpoint: endpoint, http: http, retries: .none, timeoutMs: 15_000), table: "load")
        async let elapsed = load.run()
        let result: Result<Int, any Error>
        do {
          result = .success(try await flap("n3", cluster, http, before))
        } catch {
          result = .failure(error)
        }
        load.stop()
        let seconds = await elapsed
        let stood = try result.get()
        print(
          "flapping: \(Self.rounds) rounds, it stood in \(stood); \(load.acknowledged.count) of \(load.offered) writes "
            + "in \(Int(seconds)) s, failed \(load.failures)")
        #expect(stood > 0, "A follower that never stands was not away for long enough.")
        #expect(load.failures.isEmpty && load.refused == 0 && load.acknowledged.count == load.offered)
        try await cluster.waitUntilEqual()
        #expect(leaderships(try cluster.status()) == before)
        #expect(try cluster.status("--checksums")["checksums"]?.text == "equal")
        await http.shutDown()
      }
    }

    /// Returns in how many rounds the node was seen to stand for election.
    private func flap(
      _ node: String, _ cluster: TestCluster, _ http: HTTPClient, _ before: [Leadership]
    ) async throws -> Int {
      let others = ["n1", "n2", "n3"].filter { $0 != node }.joined(separator: ",")
      var stood = 0
      for round in 0..<Self.rounds {
        let away = [100, 400, 200, 300][round % 4]
        let isCut = round % 4 < 2
        try cluster.order(isCut ? .partition([node, others]) : .pause(node))
        try await Task.sleep(for: .milliseconds(away))
        if isCut, try await stands(node, cluster, http) { stood += 1 }
        try cluster.order(isCut ? .heal : .resume(node))
        try await Task.sleep(for: .milliseconds(100))
        #expect(leaderships(try cluster.status()) == before, "round \(round)")
      }
      return stood
    }
  }
}
