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

  @Test func aGroupMayNameTheLeaderAmongOthers() throws {
    #expect(
      try FaultWork(.partition([DrillTarget("leader,c2"), .others]), in: view)
        == .partition([["n1", "c2"], ["n2", "n3", "c1"]]))
  }

  @Test func aRegionIsItsNodesAndCoordinators() throws {
    var global = view
    for index in global.processes.indices { global.processes[index].region = index % 2 == 0 ? "us" : "eu" }
    global.regions = ["us", "eu"]
    #expect(try FaultWork(.kill(DrillTarget("eu")), in: global) == .kill(["n2", "c1"]))
    #expect(
      try FaultWork(.partition([DrillTarget("us"), DrillTarget("eu")]), in: global)
        == .partition([["n1", "n3", "c2"], ["n2", "c1"]]))
    #expect(global.endpoints(of: "eu").count == 1 && view.endpoints.count == 2)
  }

  @Test func whoWasStruckIsWhoIsHealed() throws {
    #expect(FaultWork.kill(["n1"]).end == .start(["n1"]))
    #expect(FaultWork.pause(["n1"]).end == .resume(["n1"]))
    #expect(FaultWork.partition([["n1"], ["n2"]]).end == .heal)
    #expect(FaultWork.wipe(["n1"]).end == nil)
    #expect(FaultWork.delay([["n1"], ["n2"]], ms: 5, jitterMs: 0).end == .heal)
    #expect(FaultWork.clock(["n1"], offsetMs: 5).end == .clock(["n1"], offsetMs: 0))
    #expect(FaultWork.fullDisk(["n1"]).end == .wholeDisk(["n1"]))
    #expect(FaultWork.slowDisk(["n1"], ms: 5).end == .wholeDisk(["n1"]))
  }

  @Test func withoutALeaderThereIsNobodyToStrike() {
    var headless = view
    headless.leaders = []
    #expect(throws: DrillError.self) { try FaultWork(.kill(.leader), in: headless) }
  }
}
