import Client
import Foundation
import Items
import Testing

/// Suites that start processes run one after the other: two cores carry one cluster at a time.
@Suite(.serialized, .enabled(if: TestCluster.binary != nil, "set GANTRY_BINARY to a release build of gantry"))
struct RealProcesses {}

extension RealProcesses {
  @Suite(.serialized) struct Supervision {
    @Test func aClusterComesUpServesAndGoesDown() async throws {
      let cluster = TestCluster()
      try cluster.up()
      let pids = try cluster.processes()
      #expect(pids.keys.sorted() == ["c1", "n1", "n2", "n3"])
      let shards = try cluster.status()["shards"]?.elements ?? []
      #expect(shards.count == 6)
      #expect(shards.allSatisfy { $0["leader"]?.text != nil })
      let http = HTTPClient()
      let client = DynamoClient(endpoint: try cluster.endpoint(), http: http)
      try await client.createTable(named: "things", request: Requests.createTable("things"))
      _ = try await client.call("PutItem", body: Requests.put("things", id: "a", value: "x"))
      await http.shutDown()
      let down = try cluster.cluster("down")
      #expect(down.code == 0)
      #expect(pids.values.allSatisfy { !TestCluster.isAlive($0) })
      #expect(!FileManager.default.fileExists(atPath: cluster.data + "/cluster.json"))
      #expect(try cluster.cluster("down", "--wipe").code == 0)
      #expect(!FileManager.default.fileExists(atPath: cluster.data))
    }

    @Test func whatWasWrittenIsThereAfterDownAndUp() async throws {
      try await TestCluster.run { cluster in
        let http = HTTPClient()
        var client = DynamoClient(endpoint: try cluster.endpoint(), http: http)
        try await client.createTable(named: "things", request: Requests.createTable("things"))
        for index in 0..<50 {
          _ = try await client.call("PutItem", body: Requests.put("things", id: "k\(index)", value: "v\(index)"))
        }
        let identity = try cluster.description()["cluster"]?.text
        #expect(try cluster.cluster("down").code == 0)
        try cluster.up()
        #expect(try cluster.description()["cluster"]?.text == identity)
        client = DynamoClient(endpoint: try cluster.endpoint(), http: http)
        for index in 0..<50 {
          let answer = try await client.call("GetItem", body: Requests.get("things", id: "k\(index)"))
          #expect(try JSONValue(parsing: answer)["Item"]?["value"]?["S"]?.text == "v\(index)")
        }
        await http.shutDown()
      }
    }

    @Test func aSecondUpSaysSoAndStartsNothing() async throws {
      try await TestCluster.run { cluster in
        let before = try cluster.processes()
        let again = try cluster.cluster("up", "--topology", "bare", "--port", "0", "--detach")
        #expect(again.code == 0)
        #expect(again.output.contains("already up"))
        #expect(try cluster.processes() == before)
        let inForeground = try cluster.cluster("up", "--topology", "bare")
        #expect(inForeground.code == 0 && inForeground.output.contains("already up"))
      }
    }

    @Test func aKilledProcessStaysDownUntilItIsStarted() async throws {
      try await TestCluster.run { cluster in
        let pid = try #require(try cluster.processes()["n2"])
        #expect(try cluster.cluster("kill", "n2").code == 0)
        #expect(!TestCluster.isAlive(pid))
        let status = try cluster.status()
        let process = status["processes"]?.elements?.first { $0["name"]?.text == "n2" }
        #expect(process?["state"]?.text == "down")
        #expect(try cluster.processes()["n2"] == nil)
        let log = try String(contentsOfFile: cluster.data + "/supervisor.log", encoding: .utf8)
        #expect(log.contains("n2: process \(pid) killed by signal 9"))
        #expect(try cluster.cluster("kill", "n2").output.contains("down already"))
        #expect(try cluster.cluster("start", "n2").code == 0)
        #expect(try cluster.processes()["n2"].map(TestCluster.isAlive) == true)
        #expect(try cluster.cluster("start", "n2").output.contains("up already"))
        try await cluster.waitUntilHealthy()
      }
    }

    @Test func everyKindOfProcessStopsInOrderAndStartsAgain() async throws {
      try await TestCluster.run { cluster in
        for name in ["c1", "n3"] {
          #expect(try cluster.cluster("stop", name).output.contains("has stopped"))
          #expect(try cluster.cluster("start", name).code == 0)
        }
        try await cluster.waitUntilHealthy()
      }
    }

    @Test func aClusterInTheForegroundEndsWithItsSupervisor() async throws {
      let cluster = TestCluster()
      let up = Process()
      up.executableURL = URL(filePath: try #require(TestCluster.binary))
      up.arguments = ["cluster", "up", "--topology", "bare", "--port", "0", "--data", cluster.data]
      let output = FileManager.default.temporaryDirectory.appending(path: "gantry-up-\(UUID().uuidString)")
      try Data().write(to: output)
      defer { try? FileManager.default.removeItem(at: output) }
      up.standardOutput = try FileHandle(forWritingTo: output)
      up.standardError = FileHandle.nullDevice
      try up.run()
      let deadline = ContinuousClock.now + .seconds(60)
      while try !String(contentsOf: output, encoding: .utf8).contains("Ctrl-C, or") {
        try #require(up.isRunning && ContinuousClock.now < deadline)
        try await Task.sleep(for: .milliseconds(20))
      }
      let pids = try cluster.processes()
      #expect(pids.count == 4)
      kill(up.processIdentifier, SIGINT)
      while up.isRunning {
        try #require(ContinuousClock.now < deadline)
        try await Task.sleep(for: .milliseconds(10))
      }
      #expect(up.terminationStatus == 0)
      #expect(pids.values.allSatisfy { !TestCluster.isAlive($0) })
      #expect(try cluster.cluster("down", "--wipe").code == 0)
    }

    @Test func statusAnswersWithoutAQuorum() async throws {
      try await TestCluster.run { cluster in
        _ = try cluster.cluster("kill", "n1")
        _ = try cluster.cluster("kill", "n2")
        let shards = try cluster.status()["shards"]?.elements ?? []
        #expect(shards.count == 6)
        #expect(shards.allSatisfy { $0["replicas"]?.elements?.count == 3 })
      }
    }

    @Test func everyProcessHasMetricsAndLogsAsTheTopologySays() async throws {
      let bare = URL(filePath: #filePath).appending(path: "../../../Cluster/topologies/bare.yaml").standardized
      let file = FileManager.default.temporaryDirectory.appending(path: "gantry-\(UUID().uuidString).yaml")
      let text = try String(contentsOf: bare, encoding: .utf8) + "logFormat: json\n"
      try text.write(to: file, atomically: true, encoding: .utf8)
      defer { try? FileManager.default.removeItem(at: file) }
      try await TestCluster.run(topology: file.path()) { cluster in
        for name in ["n1", "c1"] {
          let lines = try cluster.cluster("logs", name).output.split(separator: "\n")
          #expect(!lines.isEmpty)
          for line in lines { #expect(try JSONValue(parsing: Array(line.utf8))["process"]?.text == name) }
        }
        let http = HTTPClient()
        let region = try #require(try cluster.description()["regions"]?[0])
        let processes = (region["nodes"]?.elements ?? []) + (region["coordinators"]?.elements ?? [])
        #expect(processes.count == 4)
        for process in processes {
          let admin = try #require(process["admin"]?.text.flatMap { Endpoint($0) })
          let page = String(decoding: try await http.get("/metrics", from: admin).body, as: UTF8.self)
          let isNode = process["node"] != nil
          #expect(page.contains(isNode ? "gantry_replica_applied_index" : "gantry_http_sent_bytes_total"))
        }
        await http.shutDown()
      }
    }

    @Test func anUnknownNameListsTheNames() async throws {
      try await TestCluster.run { cluster in
        let run = try cluster.cluster("kill", "n9")
        #expect(run.code == 2)
        #expect(run.errors.contains("n1, n2, n3, c1"))
        #expect(try cluster.cluster("logs", "n9").code == 2)
        #expect(try cluster.cluster("logs", "supervisor").output.contains("started as process"))
      }
    }
  }
}
