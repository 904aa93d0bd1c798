import Client
import Foundation
import Items
import Testing

extension RealProcesses {
  /// What commands make of the links between regions, and of their clocks.
  @Suite(.serialized) struct RegionLinks {
    @Test func regionsAreAsFarApartAsACommandSaysAndTheLaterClockWins() async throws {
      try await TestCluster.run(topology: "global-small") { cluster in
        let http = HTTPClient()
        let table = try await ReplicatedTable(cluster, http)
        try await Self.delayIsAddedToEachMessage(table)
        try await Self.lossDelaysAndLosesNothing(table)
        try await Self.anOffsetClockIsBelieved(table)
        try await Self.whatIsPausedWaits(table)
        await http.shutDown()
      }
    }

    /// One way, of one table; a node that starts keeps to it.
    private static func whatIsPausedWaits(_ table: ReplicatedTable) async throws {
      let cluster = table.cluster
      #expect(try cluster.cluster("pause-replication", "--table", "nothing").code == 2)
      let run = try cluster.cluster("pause-replication", "--table", "things", "--from", "us-east-1")
      #expect(run.code == 0, "\(run.errors)")
      try await table.put(table.us, "paused", "us")
      try await table.put(table.eu, "unpaused", "eu")
      try await table.until("the other way goes on") { try await table.items(table.us)["unpaused"] == "eu" }
      #expect(try cluster.cluster("kill", "us-n1").code == 0)
      #expect(try cluster.cluster("start", "us-n1").code == 0)
      try await table.put(table.us, "paused too", "us")
      try await table.put(table.eu, "unpaused too", "eu")
      try await table.until("the other way still goes on") { try await table.items(table.us)["unpaused too"] == "eu" }
      let kept = try await table.items(table.eu)
      #expect(kept["paused"] == nil && kept["paused too"] == nil)
      // That a change has arrived is known a moment after it is seen.
      try await table.until("two changes wait, all of them one way") {
        let ways = try cluster.status()["replication"]?.elements ?? []
        return ways.map { $0["pendingChanges"]?.integer } == [0, 2]
      }
      let ways = try cluster.status()["replication"]?.elements ?? []
      #expect(ways.map { $0["paused"]?.bool } == [false, true], "by the names of the source")
      #expect(ways.count == 2 && ways[1]["from"]?.text == "us-east-1")
      let status = try cluster.cluster("status")
      #expect(status.output.contains("2 (paused)"))
      #expect(status.output.contains("Faults: replication of things from us-east-1 to eu-west-1 is paused"))
      #expect(try cluster.cluster("resume-replication").code == 0)
      #expect(try await table.waitUntilEqual()["paused too"] == "us")
      let tables = try cluster.status("--checksums")["tables"]
      #expect(tables?[0]?["name"]?.text == "things" && tables?[0]?["equal"]?.bool == true)
      let items = try await table.items(table.us).count
      #expect(tables?[0]?["regions"]?.elements?.map { $0["items"]?.integer } == [items, items])
    }

    private static func delayIsAddedToEachMessage(_ table: ReplicatedTable) async throws {
      let run = try table.cluster.cluster("delay", "us-east-1", "eu-west-1", "--ms", "300", "--json")
      #expect(run.code == 0, "\(run.errors)")
      #expect(try run.json["faults"]?["impairments"]?[0]?["delayMs"]?.integer == 300)
      let start = ContinuousClock.now
      try await table.put(table.us, "slow", "1")
      try await table.until("the change is there") { try await table.items(table.eu)["slow"] == "1" }
      #expect(ContinuousClock.now - start >= .milliseconds(300))
      #expect(try table.cluster.cluster("heal").code == 0)
    }

    /// Half of all messages: a change needs several attempts.
    private static func lossDelaysAndLosesNothing(_ table: ReplicatedTable) async throws {
      #expect(try table.cluster.cluster("loss", "us-n1", "eu-n1", "--percent", "50").code == 0)
      for number in 0..<20 {
        try await table.put(number % 2 == 0 ? table.us : table.eu, "lossy\(number)", "\(number)")
      }
      _ = try await table.waitUntilEqual()
      #expect(try await table.items(table.eu).keys.count { $0.hasPrefix("lossy") } == 20)
      #expect(try table.cluster.cluster("heal").code == 0)
    }

    /// Five seconds ahead, so that the order of the writes cannot be that of the versions.
    private static func anOffsetClockIsBelieved(_ table: ReplicatedTable) async throws {
      #expect(try table.cluster.cluster("partition", "us-east-1", "eu-west-1").code == 0)
      #expect(try table.cluster.cluster("clock", "us-east-1", "--offset-ms", "5000").code == 0)
      // The offset reaches stamps with the next tick; a restarted process keeps it.
      #expect(try table.cluster.cluster("kill", "us-n1").code == 0)
      #expect(try table.cluster.cluster("start", "us-n1").code == 0)
      try await table.put(table.us, "old1", "from the clock that is ahead")
      try await table.put(table.eu, "old1", "later")
      #expect(try table.cluster.cluster("heal").code == 0)
      #expect(try await table.waitUntilEqual()["old1"] == "from the clock that is ahead")
      #expect(try table.cluster.cluster("clock", "us-east-1", "--offset-ms", "0").code == 0)
      #expect(try table.cluster.status()["faults"]?["clocks"]?.elements?.isEmpty == true)
    }
  }
}
