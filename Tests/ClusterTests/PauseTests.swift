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
