import Client
import Foundation
import Items
import Testing

extension RealProcesses {
  @Suite(.serialized) struct Recovery {
    private func supervisor(_ cluster: TestCluster) throws -> Int32 {
      Int32(try #require(try cluster.description()["supervisor"]?["pid"]?.integer))
    }

    private func killSupervisor(_ cluster: TestCluster) throws {
      let pid = try supervisor(cluster)
      kill(pid, SIGKILL)
      while TestCluster.isAlive(pid) { usleep(1_000) }
    }

    @Test func upEndsTheOrphansOfALostSupervisorAndStartsAgain() async throws {
      try await TestCluster.run { cluster in
        let orphans = try cluster.processes()
        try killSupervisor(cluster)
        #expect(orphans.values.allSatisfy(TestCluster.isAlive))
        try cluster.up()
        #expect(orphans.values.allSatisfy { !TestCluster.isAlive($0) })
        #expect(try cluster.processes().count == 4)
      }
    }

    @Test func downEndsTheOrphansOfALostSupervisor() async throws {
      try await TestCluster.run { cluster in
        let orphans = try cluster.processes()
        try killSupervisor(cluster)
        try FileManager.default.removeItem(atPath: cluster.data + "/cluster.json")
        #expect(try cluster.cluster("down").code == 0)
        #expect(orphans.values.allSatisfy { !TestCluster.isAlive($0) })
      }
    }

    @Test func killAndStartWorkWithoutASupervisor() async throws {
      try await TestCluster.run { cluster in
        try killSupervisor(cluster)
        let pid = try #require(try cluster.processes()["n1"])
        #expect(try cluster.cluster("kill", "n1").code == 0)
        #expect(!TestCluster.isAlive(pid))
        #expect(try cluster.cluster("start", "n1").code == 0)
        #expect(try cluster.processes()["n1"] != pid)
      }
    }

    @Test func aDescriptionOfAnEarlierBootHarmsNobody() async throws {
      try await TestCluster.run { cluster in
        let innocent = Process()
        innocent.executableURL = URL(filePath: "/bin/sleep")
        innocent.arguments = ["600"]
        innocent.standardOutput = FileHandle.nullDevice
        innocent.standardError = FileHandle.nullDevice
        try innocent.run()
        // Not SIGTERM: the child inherited the signal mask of a worker thread, which blocks it.
        defer { kill(innocent.processIdentifier, SIGKILL) }
        #expect(try cluster.cluster("down").code == 0)
        let stale = """
          {"cluster":"x","topology":"bare","bootId":"earlier","supervisor":{"pid":\(innocent.processIdentifier),\
          "startTime":1},"regions":[{"name":"us-east-1","endpoint":"http://127.0.0.1:1","nodes":[{"name":"n1","node":1,\
          "pid":\(innocent.processIdentifier),"startTime":1,"address":"127.0.0.1:1","admin":"127.0.0.1:2",\
          "dataDir":"/"}],"coordinators":[]}]}
          """
        try stale.write(toFile: cluster.data + "/cluster.json", atomically: true, encoding: .utf8)
        #expect(try cluster.cluster("kill", "n1").output.contains("down already"))
        try cluster.up()
        #expect(innocent.isRunning)
      }
    }

    /// With its old replicas it would vote again in terms in which it has voted; it comes back with new ones.
    @Test func aNodeThatLostItsDataComesBackByItself() async throws {
      try await TestCluster.run { cluster in
        let http = HTTPClient()
        let client = DynamoClient(endpoint: try cluster.endpoint(), http: http)
        try await client.createTable(named: "things", request: Requests.createTable("things"))
        for index in 0..<20 {
          _ = try await client.call("PutItem", body: Requests.put("things", id: "k\(index)", value: "v"))
        }
        _ = try cluster.cluster("kill", "n2")
        try FileManager.default.removeItem(atPath: cluster.data + "/n2/data")
        #expect(try cluster.cluster("start", "n2").code == 0)
        try await cluster.waitUntilHealthy()
        #expect(try cluster.status("--checksums")["checksums"]?.text == "equal")
        #expect(try cluster.cluster("logs", "n2").output.contains("joins it anew"))
        // A majority without either of the others.
        _ = try cluster.cluster("kill", "n1")
        for index in 0..<20 {
          let answer = try await client.call("GetItem", body: Requests.get("things", id: "k\(index)"))
          #expect(try JSONValue(parsing: answer)["Item"]?["value"]?["S"]?.text == "v")
        }
        await http.shutDown()
      }
    }

    @Test func aTakenPortIsOneClearLine() async throws {
      try await TestCluster.run { cluster in
        let port = try cluster.endpoint().port
        let other = TestCluster()
        let run = try other.cluster("up", "--topology", "bare", "--port", "\(port)", "--detach")
        #expect(run.code == 1)
        #expect(run.errors.contains("port \(port) on 127.0.0.1"))
        #expect(run.errors.split(separator: "\n").count == 1)
        #expect(try other.cluster("down", "--wipe").code == 0)
      }
    }

    @Test func anotherTopologyInAFolderIsRefused() async throws {
      let cluster = TestCluster()
      try cluster.up()
      #expect(try cluster.cluster("down").code == 0)
      let file = cluster.data + "/one.yaml"
      try "regions: [{name: r, replication: 1, nodes: [{name: n1}], coordinators: [{name: c1}]}]\n"
        .write(toFile: file, atomically: true, encoding: .utf8)
      let run = try cluster.cluster("up", "--topology", file, "--detach")
      #expect(run.code == 1)
      #expect(run.errors.contains("made from another topology"))
      try FileManager.default.removeItem(atPath: file)
      #expect(try cluster.cluster("down", "--wipe").code == 0)
    }

    @Test func theDataOfAnotherClusterIsRefusedInOneLine() async throws {
      let (first, second) = (TestCluster(), TestCluster())
      for cluster in [first, second] {
        try cluster.up()
        #expect(try cluster.cluster("down").code == 0)
      }
      try FileManager.default.removeItem(atPath: second.data + "/n1/data")
      try FileManager.default.moveItem(atPath: first.data + "/n1/data", toPath: second.data + "/n1/data")
      let run = try second.cluster("up", "--topology", "bare", "--port", "0", "--detach")
      #expect(run.code == 1)
      #expect(run.errors.contains("n1 ended at its start"))
      #expect(run.errors.contains("cluster"))
      for cluster in [first, second] { #expect(try cluster.cluster("down", "--wipe").code == 0) }
    }

    @Test func twoProcessesCannotOpenOneDirectory() async throws {
      try await TestCluster.run { cluster in
        var settings = try String(contentsOfFile: cluster.data + "/n1/settings.yaml", encoding: .utf8)
        let node = try #require(try cluster.description()["regions"]?[0]?["nodes"]?[0])
        for (index, key) in ["address", "admin"].enumerated() {
          let address = try #require(key == "address" ? node["address"]?.text : node["admin"]?.text)
          settings = settings.replacing(address, with: "127.0.0.1:\(19_990 + index)")
        }
        let file = cluster.data + "/n1/second.yaml"
        try settings.write(toFile: file, atomically: true, encoding: .utf8)
        let run = try TestCluster.gantry("node", "--config", file)
        #expect(run.code != 0)
        let said = run.errors + run.output
        #expect(said.contains("/n1/data"), "\(said)")
        #expect(try cluster.processes()["n1"].map(TestCluster.isAlive) == true)
      }
    }

    @Test func anUnwritableFolderIsOneClearLine() throws {
      let run = try TestCluster.gantry(
        "cluster", "up", "--topology", "bare", "--detach", "--data", "/proc/gantry-cannot-be-here")
      #expect(run.code == 1)
      #expect(run.errors.split(separator: "\n").count == 1)
      #expect(run.errors.contains("/proc/gantry-cannot-be-here"))
    }
  }

  @Suite(.serialized) struct Usage {
    @Test func theVersionAndHelpSucceed() throws {
      #expect(try TestCluster.gantry("--version").code == 0)
      for command in [[], ["cluster"], ["cluster", "up"], ["cluster", "status"], ["node"], ["doctor"]] {
        let run = try TestCluster.gantry(command + ["--help"])
        #expect(run.code == 0)
        #expect(run.output.contains("USAGE"))
      }
    }

    @Test(arguments: [
      ["clustr"], ["cluster", "up"], ["cluster", "kill"], ["node"],
      ["cluster", "up", "--topology", "bare", "--port", "x"],
    ])
    func wrongUsageIsExitCodeTwo(arguments: [String]) throws {
      let run = try TestCluster.gantry(arguments)
      #expect(run.code == 2, "\(run.errors)")
      #expect(run.output.isEmpty && !run.errors.isEmpty)
    }

    @Test func aBadTopologyNamesFileAndLine() throws {
      let cluster = TestCluster()
      let run = try cluster.cluster("up", "--topology", "locall", "--detach")
      #expect(run.code == 1)
      #expect(run.errors.contains("did you mean 'local'?"))
      #expect(!run.errors.contains("\u{1B}"), "no colour where the output is no terminal")
    }

    @Test func commandsOnNothingSaySo() throws {
      let cluster = TestCluster()
      for arguments in [["status"], ["kill", "n1"], ["down"]] {
        let run = try TestCluster.gantry(["cluster"] + arguments + ["--data", cluster.data])
        #expect(run.code == 1)
        #expect(run.errors.contains("gantry cluster up"))
      }
    }

    @Test func settingsArePrintedWithDefaultsAndUnits() throws {
      let run = try TestCluster.gantry("node", "--print-config")
      #expect(run.code == 0)
      #expect(run.output.contains("heartbeatMs: 60") && run.output.contains("milliseconds"))
      let topology = try TestCluster.gantry("cluster", "up", "--print-config")
      #expect(topology.code == 0)
      #expect(topology.output.contains("\nnodeSettings: none\n") && topology.output.contains("heartbeatMs: 60"))
      #expect(try TestCluster.gantry("cluster", "up").code == 2)
    }
  }
}
