import Client
import Foundation
import Items
import Testing

extension RealProcesses {
  @Suite(.serialized) struct Drilling {
    /// A drill of some seconds; a test gives its timeline and expectations.
    private static func drill(
      on cluster: TestCluster, timeline: String, expect: String, load: String = "rate: 100", flags: [String]
    ) throws -> TestCluster.Run {
      let file = FileManager.default.temporaryDirectory.appending(path: "gantry-drill-\(UUID().uuidString).yaml")
      defer { try? FileManager.default.removeItem(at: file) }
      let text = """
        title: A drill
        load: {duration: 4s, set: [keys=12], \(load)}
        timeline: [\(timeline)]
        expect: {\(expect)}
        """
      try text.write(to: file, atomically: true, encoding: .utf8)
      return try TestCluster.gantry(["drill", file.path(), "--json", "-"] + flags)
    }

    @Test func aDrillKillsALeaderAndBelievesWhatItsClientsSaw() async throws {
      try await TestCluster.run { cluster in
        let page = cluster.data + "/drill.html"
        let run = try Self.drill(
          on: cluster, timeline: "{at: 1s, fault: kill, target: leader, duration: 1s}",
          expect: "lost_acknowledged_writes: 0, linearizable: true, errors_max: 0, converged_within_s: 60",
          flags: ["--data", cluster.data, "--html", page])
        try #require(run.code == 0, "\(run.errors)\(run.output)")
        let report = try run.json
        #expect(report["verdict"]?.text == "held")
        #expect(report["faults"]?[0]?["fault"]?.text?.hasPrefix("kill n") == true)
        #expect(report["faults"]?[0]?["toSeconds"]?.double != nil)
        #expect(report["expectations"]?.elements?.allSatisfy { $0["held"]?.bool == true } == true)
        #expect(report["ledgerWrites"]?.integer ?? 0 > 100)
        #expect(try String(contentsOfFile: page, encoding: .utf8).contains("Every expectation held."))
        try Self.anExpectationThatIsMissedIsRed(on: cluster)
        try Self.aThinLoadIsInvalid(on: cluster)
        try await Self.anEndpointIsJudgedWithoutFaults(cluster)
      }
    }

    /// One drill whose guard is really gone, and one that takes away what it does not stand on.
    @Test func aSelftestTellsADrillThatSeesFromOneThatIsBlind() throws {
      func file(_ name: String, _ selftest: String) throws -> String {
        let file = FileManager.default.temporaryDirectory.appending(path: "gantry-\(name)-\(UUID().uuidString).yaml")
        let text = """
          title: A drill
          topology: bare
          load: {duration: 6s, set: [keys=12], rate: 100}
          timeline: [{at: 1s, fault: kill, target: n1, duration: 3s}]
          expect: {unavailable_ms_max: 2500}
          selftest: {missed: [unavailable_ms_max], \(selftest)}
          """
        try text.write(to: file, atomically: true, encoding: .utf8)
        return file.path()
      }
      let seeing = try file("seeing", "without: other copies, topology: one-copy")
      let blind = try file("blind", "without: much time, timeline: [{at: 1s, fault: stop, target: c1, duration: 1s}]")
      defer { for path in [seeing, blind] { try? FileManager.default.removeItem(atPath: path) } }
      let red = try TestCluster.gantry("drill", "--selftest", seeing, "--json", "-")
      #expect(red.code == 0, "\(red.errors)\(red.output)")
      #expect(try red.json["turnedRed"]?.bool == true)
      #expect(try red.json["report"]?["verdict"]?.text == "missed")
      let green = try TestCluster.gantry("drill", "--selftest", blind)
      #expect(green.code == 99 && green.output.contains("1 of 1 drills did not turn red"), "\(green.errors)")
    }

    /// All nodes stay down: nothing is answered any more, and the drill says so.
    private static func anExpectationThatIsMissedIsRed(on cluster: TestCluster) throws {
      let run = try drill(
        on: cluster, timeline: "{at: 1s, fault: pause, target: nodes, duration: 2s}", expect: "unavailable_ms_max: 500",
        load: "rate: 100, operations_min: 10", flags: ["--data", cluster.data])
      #expect(run.code == 99, "\(run.errors)")
      #expect(try run.json["verdict"]?.text == "missed")
    }

    private static func aThinLoadIsInvalid(on cluster: TestCluster) throws {
      let run = try drill(
        on: cluster, timeline: "{at: 1s, fault: restart, target: c1}", expect: "linearizable: true",
        load: "rate: 10, operations_min: 1000", flags: ["--data", cluster.data])
      #expect(run.code == 99, "\(run.errors)")
      #expect(try run.json["verdict"]?.text == "invalid")
    }

    private static func anEndpointIsJudgedWithoutFaults(_ cluster: TestCluster) async throws {
      let run = try drill(
        on: cluster, timeline: "{at: 1s, fault: kill, target: nodes}",
        expect: "lost_acknowledged_writes: 0, linearizable: true, converged_within_s: 1",
        flags: ["--endpoint", "http://\(try cluster.endpoint().authority)"])
      #expect(run.code == 0, "\(run.errors)")
      #expect(try run.json["faults"]?.elements == [])
      #expect(try run.json["expectations"]?[2]?["held"] == nil, "an endpoint shows no replicas")
      #expect(try cluster.processes().count == 4)
    }
  }
}
