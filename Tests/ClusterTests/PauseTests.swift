import Client
import Foundation
import Items
import Testing

extension RealProcesses {
  @Suite(.serialized) struct Pausing {
    private func state(_ name: String, _ cluster: TestCluster) throws -> String? {
      let processes = try cluster.status()["processes"]?.elements
      return processes?.first { $0["name"]?.text == name }?["state"]?.text
    }

    @Test func theOthersTakeOverFromAPausedNodeAndItCatchesUpWhenItGoesOn() async throws {
      try await TestCluster.run { cluster in
        let http = HTTPClient()
        let client = DynamoClient(endpoint: try cluster.endpoint(), http: http)
        try await client.createTable(named: "things", request: Requests.createTable("things"))
        let pids = try cluster.processes()
        let leader = try #require(try cluster.status()["shards"]?[0]?["leader"]?.text)
        let pause = try cluster.cluster("pause", leader, "--json")
        #expect(pause.code == 0, "\(pause.errors)")
        #expect(try pause.json["state"]?.text == "paused")
        #expect(try state(leader, cluster) == "paused")
        #expect(try cluster.cluster("pause", leader).output.contains("paused already"))
        for index in 0..<30 {
          _ = try await client.call("PutItem", body: Requests.put("things", id: "k\(index)", value: "v"))
        }
        #expect(try cluster.cluster("resume", leader, "--json").json["state"]?.text == "up")
        #expect(try cluster.cluster("resume", leader).output.contains("was not paused"))
        #expect(try cluster.processes() == pids)
        await http.shutDown()
        try await cluster.waitUntilHealthy()
        #expect(try cluster.status("--checksums")["checksums"]?.text == "equal")
      }
    }

    private let ids = (0..<24).map { "k\($0)" }

    /// Strong reads of every id, all at once; what is not answered in time is missing.
    private func reads(_ client: DynamoClient) async -> [String: String] {
      await withTaskGroup(of: (String, String)?.self) { group in
        for id in ids {
          group.addTask {
            guard let answer = try? await client.call("GetItem", body: Requests.get("things", id: id)),
              let value = (try? JSONValue(parsing: answer))?["Item"]?["value"]?["S"]?.text
            else { return nil }
            return (id, value)
          }
        }
        return await group.reduce(into: [:]) { found, read in if let (id, value) = read { found[id] = value } }
      }
    }

    /// The coordinator c2 reaches nobody but the old leader. Its reads wait in that process's socket while it stands still,
    /// and more come when it goes on, cut off, with nothing that tells it of its successor.
    @Test func aPausedLeaderNeverServesAStaleStrongRead() async throws {
      try await TestCluster.run(topology: "ha") { cluster in
        let http = HTTPClient()
        let client = DynamoClient(endpoint: try cluster.endpoint(of: "c1"), http: http)
        let cut = DynamoClient(endpoint: try cluster.endpoint(of: "c2"), http: http, retries: .none, timeoutMs: 2_500)
        try await client.createTable(named: "things", request: Requests.createTable("things"))
        for id in ids { _ = try await client.call("PutItem", body: Requests.put("things", id: id, value: "old")) }
        // Where the shards are, c2 has to have learnt before it is cut from the others.
        for _ in 0..<20 where await reads(cut).count < ids.count {}
        let counts = Dictionary(grouping: try cluster.leaders().values, by: \.self).mapValues(\.count)
        let leader = try #require(counts.max { ($0.value, $0.key) < ($1.value, $1.key) }).key
        let others = ["n1", "n2", "n3"].filter { $0 != leader }.joined(separator: ",")
        try cluster.order(.partition(["c2", others]))
        var led = await reads(cut)
        for _ in 0..<4 where led.isEmpty { led = await reads(cut) }
        try #require(!led.isEmpty && led.values.allSatisfy { $0 == "old" }, "\(led)")

        try cluster.order(.pause(leader))
        try cluster.order(.partition(["c2,\(leader)", others]))
        async let queued = reads(cut)
        for id in ids { _ = try await client.call("PutItem", body: Requests.put("things", id: id, value: "new")) }
        try cluster.order(.resume(leader))
        var answers = [await reads(cut), await queued]
        try cluster.order(.heal)
        answers.append(await reads(cut))
        let stale = answers.flatMap { $0.filter { $0.value != "new" } }
        print("paused leader: \(led.count) ids were its own; answered \(answers.map(\.count)), stale \(stale.count)")
        #expect(stale.isEmpty, "\(stale)")
        await http.shutDown()
        try await cluster.waitUntilHealthy()
        #expect(try cluster.status("--checksums")["checksums"]?.text == "equal")
      }
    }

    @Test func stopKillAndDownWorkOnAPausedProcess() async throws {
      try await TestCluster.run { cluster in
        let pids = try cluster.processes()
        for (name, verb, outcome) in [("n2", "stop", "has stopped"), ("n3", "kill", "was killed")] {
          #expect(try cluster.cluster("pause", name).code == 0)
          let start = try cluster.cluster("start", name)
          #expect(start.code == 1 && start.errors.contains("gantry cluster resume \(name)"))
          #expect(try cluster.cluster(verb, name).output.contains(outcome))
          let pause = try cluster.cluster("pause", name)
          #expect(pause.code == 1 && pause.errors.contains("gantry cluster start \(name)"))
          #expect(try cluster.cluster("resume", name).code == 1)
          #expect(try cluster.cluster("start", name).code == 0)
        }
        for name in ["n1", "c1"] { #expect(try cluster.cluster("pause", name).code == 0) }
        #expect(try cluster.cluster("up", "--topology", "bare").output.contains("c1 is paused"))
        #expect(try cluster.cluster("down").code == 0)
        #expect(["n1", "c1"].allSatisfy { name in pids[name].map { !TestCluster.isAlive($0) } ?? false })
        let log = try String(contentsOfFile: cluster.data + "/supervisor.log", encoding: .utf8)
        #expect(!log.contains("did not stop in time"))
      }
    }
  }
}
