import Supervisor
import Testing

@testable import Drills

struct FaultWorkTests {
  private let view = ClusterView(
    region: "us-east-1",
    processes: [
      ("n1", .node), ("n2", .node), ("n3", .node), ("c1", .coordinator), ("c2", .coordinator), ("sink", .other),
    ].map { name, kind in
      ClusterView.Process(name: name, kind: kind, address: "127.0.0.1:1", dataDir: "/nowhere")
    }, leaders: ["n2", "n2", "n1", "n1", "n2", "n1"], obstacles: [])

  @Test func theLeaderLeadsMostShardsAndTheFollowerFewest() throws {
    #expect(try FaultWork(.kill(.leader), in: view) == .kill(["n1"]), "the first by name of two that lead as many")
    #expect(try FaultWork(.stop(.follower), in: view) == .stop(["n3"]))
    #expect(try FaultWork(.pause(.nodes), in: view) == .pause(["n1", "n2", "n3"]))
    #expect(try FaultWork(.start(.coordinators), in: view) == .start(["c1", "c2"]))
  }

  @Test func othersAreWhoIsNotNamedElsewhere() throws {
    #expect(
      try FaultWork(.partition([.leader, .names(["c2"]), .others]), in: view)
        == .partition([["n1"], ["c2"], ["n2", "n3", "c1"]]))
    #expect(
      try FaultWork(.isolate(from: .follower, to: .others), in: view)
        == .isolate(from: ["n3"], to: ["n1", "n2", "c1", "c2"]))
  }

  @Test func whoWasStruckIsWhoIsHealed() throws {
    #expect(FaultWork.kill(["n1"]).end == .start(["n1"]))
    #expect(FaultWork.pause(["n1"]).end == .resume(["n1"]))
    #expect(FaultWork.partition([["n1"], ["n2"]]).end == .heal)
    #expect(FaultWork.wipe(["n1"]).end == nil)
  }

  @Test func withoutALeaderThereIsNobodyToStrike() {
    var headless = view
    headless.leaders = []
    #expect(throws: DrillError.self) { try FaultWork(.kill(.leader), in: headless) }
  }
}
