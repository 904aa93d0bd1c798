import Items
import Testing

@testable import Supervisor

private typealias Cut = ClusterFaults.Cut

private func cluster(_ names: String...) -> ClusterDescription {
  let processes = names.map { name in
    DescribedProcess(
      name: name, role: name.hasPrefix("n") ? .node : .coordinator, node: nil, identity: nil, address: "127.0.0.1:1",
      admin: "127.0.0.1:2", dataDir: "/d")
  }
  return ClusterDescription(
    cluster: "ab", topology: "t", bootID: "b", supervisor: ProcessIdentity(pid: 1, startTime: 1),
    regions: [.init(name: "r", endpoint: "http://127.0.0.1:1", processes: processes)])
}

@Suite struct ClusterFaultsTests {
  private let description = cluster("n1", "n2", "n3", "c1", "c2")

  private func faults(_ changes: FaultChange...) -> ClusterFaults {
    var faults = ClusterFaults()
    for change in changes { faults.apply(change) }
    return faults
  }

  @Test func bothSidesOfAPartitionAreToldAndWhoIsInNoGroupIsNot() {
    let faults = faults(.partition([["n1", "c1"], ["n2"], ["n3"]]))
    let both = { (peer: String) in Cut(peer: peer, sending: true, receiving: true) }
    #expect(faults.cuts(of: "n1") == [both("n2"), both("n3")])
    #expect(faults.cuts(of: "c1") == [both("n2"), both("n3")])
    #expect(faults.cuts(of: "n2") == [both("n1"), both("c1"), both("n3")])
    #expect(faults.cuts(of: "c2").isEmpty)
  }

  @Test func bothEndsOfAOneWayCutAreToldTheirDirection() {
    let faults = faults(.isolate(from: "n1", to: "n2"))
    #expect(faults.cuts(of: "n1") == [Cut(peer: "n2", sending: true, receiving: false)])
    #expect(faults.cuts(of: "n2") == [Cut(peer: "n1", sending: false, receiving: true)])
    #expect(faults.cuts(of: "n3").isEmpty)
  }

  @Test func aPartitionReplacesTheFormerOneAndAOneWayCutAdds() {
    var faults = faults(
      .partition([["n1"], ["n2"]]), .isolate(from: "n1", to: "c1"), .isolate(from: "n1", to: "c1"),
      .isolate(from: "c1", to: "n1"), .partition([["n3"], ["n2"]]))
    #expect(
      faults
        == ClusterFaults(
          partition: [["n3"], ["n2"]], isolated: [.init(from: "n1", to: "c1"), .init(from: "c1", to: "n1")]))
    #expect(faults.cuts(of: "n1") == [Cut(peer: "c1", sending: true, receiving: true)])
    faults.apply(.heal)
    #expect(faults.isEmpty && faults.text.isEmpty)
  }

  @Test func aProcessIsToldAllThatItHasToKnow() {
    let faults = faults(.partition([["n1"], ["n2"]]), .isolate(from: "n1", to: "c1"), .isolate(from: "n3", to: "n1"))
    #expect(
      faults.order(for: "n1") == #"{"faults":[{"peer":"n2","direction":"both","cut":true},"#
        + #"{"peer":"c1","direction":"sending","cut":true},{"peer":"n3","direction":"receiving","cut":true}]}"#)
    #expect(faults.order(for: "c2") == #"{"faults":[]}"#)
    #expect(faults.text == "partition n1 | n2; nothing from n1 reaches c1; nothing from n3 reaches n1")
  }

  @Test func aDelayIsToldToSendersAloneAndTheLastWordOnALinkCounts() throws {
    var faults = ClusterFaults()
    faults.links = [
      LinkImpairment(groups: [["n1", "c1"], ["n2"]], delay: .init(ms: 40, jitterMs: 5), lossPerMillion: 1_000)
    ]
    let n2 = #"{"peer":"n1","direction":"sending","delayMs":40,"jitterMs":5,"lossPerMillion":1000}"#
    let c1 = n2.replacing("n1", with: "c1")
    #expect(faults.order(for: "n2") == #"{"faults":[\#(n2),\#(c1)]}"#)
    #expect(!faults.concern("n3") && faults.isEmpty, "what the topology has is no fault")
    faults.apply(try .delay(["n1", "n2"], ms: 7, jitterMs: 0, of: description))
    faults.apply(try .loss(["n1", "n2"], percent: 2.5, of: description))
    faults.apply(try .delay(["n1", "n2"], ms: 9, jitterMs: 0, of: description))
    let slow = #"{"peer":"n1","direction":"sending","delayMs":9,"jitterMs":0,"lossPerMillion":25000}"#
    #expect(faults.order(for: "n2") == #"{"faults":[\#(slow),\#(c1)]}"#)
    #expect(faults.text == "n1 | n2: 2.5 % lost; n1 | n2: 9 ms")
    // A cut is stronger, in its direction.
    faults.apply(.isolate(from: "n2", to: "n1"))
    #expect(
      faults.order(for: "n2") == #"{"faults":[{"peer":"n1","direction":"sending","cut":true},\#(c1)]}"#)
    #expect(faults.order(for: "n1").contains(#"{"peer":"n2","direction":"sending","delayMs":9,"#))
    faults.apply(try .delay(["n1,c1", "n2"], ms: 0, jitterMs: 0, of: description))
    faults.apply(try .loss(["n1,c1", "n2"], percent: 0, of: description))
    #expect(!faults.order(for: "n1").contains("delayMs"), "zero ends what the topology has")
    faults.apply(.heal)
    #expect(faults.order(for: "n2") == #"{"faults":[\#(n2),\#(c1)]}"#)
  }

  @Test func aClockIsOffUntilItIsSetRight() throws {
    var faults = ClusterFaults()
    faults.apply(try .clock("n1,c1", offsetMs: -500, of: description))
    faults.apply(try .clock("n1", offsetMs: 250, of: description))
    #expect(faults.order(for: "n1") == #"{"faults":[],"clockOffsetMs":250}"#)
    #expect(faults.text == "c1's clock is off by -500 ms; n1's clock is off by 250 ms")
    faults.apply(.heal)
    #expect(faults.areLinksWhole && faults.concern("c1"))
    faults.apply(try .clock("c1,n1", offsetMs: 0, of: description))
    #expect(faults.isEmpty && !faults.concern("c1"))
  }

  @Test func aRegionStandsForItsNodesAndCoordinators() throws {
    var two = description
    two.regions.append(
      .init(name: "far", endpoint: "e", processes: cluster("n8", "c8").processes))
    #expect(
      try FaultChange.partition(["r", "far"], of: two) == .partition([["n1", "n2", "n3", "c1", "c2"], ["n8", "c8"]]))
    #expect(try FaultChange.clock("far,n1", offsetMs: 1, of: two) == .clock(["n8", "c8", "n1"], offsetMs: 1))
    #expect(throws: SupervisorError.self) { try FaultChange.partition(["far", "n8"], of: two) }
    #expect(
      try FaultChange.isolate(from: "far", to: "n1,n2", of: two) == [
        .isolate(from: "n8", to: "n1"), .isolate(from: "n8", to: "n2"), .isolate(from: "c8", to: "n1"),
        .isolate(from: "c8", to: "n2"),
      ])
  }

  @Test func pausedReplicationIsToldToEveryProcessAndHealLeavesIt() throws {
    var two = description
    two.regions.append(.init(name: "far", endpoint: "e", processes: cluster("n8").processes))
    two.regions.append(.init(name: "farther", endpoint: "e", processes: cluster("n9").processes))
    func ways(
      _ table: String? = nil, from: String? = nil, to: String? = nil, both: String? = nil
    ) throws(SupervisorError) -> [ReplicationPause] {
      try ReplicationPause.ways(table: table, from: from, to: to, both: both, of: two)
    }
    #expect(try ways().count == 6)
    #expect(
      try ways("t", both: "far").map { "\($0.from) \($0.to)" } == ["r far", "far r", "far farther", "farther far"])
    let one = try ways("t", from: "r", to: "far")
    #expect(one == [ReplicationPause(table: "t", from: "r", to: "far")])
    var faults = faults(.pauseReplication(one), .pauseReplication(one), .pauseReplication(try ways(from: "far")))
    #expect(faults.pauses.count == 3)
    faults.apply(.heal)
    faults.apply(.resumeReplication(try ways("t")))
    #expect(
      faults.text
        == "replication of all tables from far to r is paused; replication of all tables from far to farther is paused")
    #expect(
      faults.order(for: "n8").hasSuffix(
        #""pausedReplication":[{"table":null,"from":"far","to":"r"},{"table":null,"from":"far","to":"farther"}]}"#))
    faults.apply(.pauseReplication(one))
    faults.apply(.resumeReplication(try ways()))
    #expect(faults.isEmpty)
    for wrong in [{ try ways(both: "fra") }, { try ways(from: "r", both: "far") }, { try ways(from: "r", to: "r") }] {
      let error = #expect(throws: SupervisorError.self) { _ = try wrong() }
      #expect(error?.exitCode == 2)
    }
    #expect(throws: SupervisorError.self) {
      try ReplicationPause.ways(table: nil, from: nil, to: nil, both: nil, of: description)
    }
  }

  @Test func delaysAndLossesBeyondReasonAreWrongUsage() {
    for (ms, jitterMs) in [(-1, 0), (60_001, 0), (1, -1)] {
      let error = #expect(throws: SupervisorError.self) {
        try FaultChange.delay(["n1", "n2"], ms: ms, jitterMs: jitterMs, of: description)
      }
      #expect(error?.exitCode == 2)
    }
    for percent in [-0.1, 100.1, .nan] {
      #expect(throws: SupervisorError.self) { try FaultChange.loss(["n1", "n2"], percent: percent, of: description) }
    }
    #expect(throws: SupervisorError.self) { try FaultChange.clock("n1", offsetMs: .max, of: description) }
    #expect(throws: SupervisorError.self) { try FaultChange.clock("n9", offsetMs: 1, of: description) }
  }

  @Test func whatIsWrittenReadsBack() throws {
    let slow = LinkImpairment(groups: [["n1"], ["n2", "c1"]], delay: .init(ms: 5, jitterMs: 1))
    let lossy = LinkImpairment(groups: [["n1"], ["n2"]], lossPerMillion: 20_000)
    var faults = faults(
      .partition([["n1", "c1"], ["n2", "n3"]]), .isolate(from: "n1", to: "c1"), .impair(slow), .impair(lossy),
      .clock(["n1"], offsetMs: -3), .pauseReplication([ReplicationPause(table: nil, from: "a", to: "b")]))
    faults.links = [LinkImpairment(groups: [["n1"], ["n2"]], delay: .init(ms: 40), lossPerMillion: 10)]
    #expect(ClusterFaults(faults.json) == faults)
    let early = JSONValue.members(["partition": .array([]), "isolated": .array([])])
    #expect(ClusterFaults(early) == ClusterFaults())
    #expect(ClusterFaults(.members(["partition": .text("n1"), "isolated": .array([])])) == nil)
    let folder = try temporaryFolder()
    var description = description
    description.faults = faults
    try description.save(folder)
    #expect(try ClusterDescription.load(folder) == description)
    let changes: [FaultChange] = [
      .partition([["n1"], ["n2"]]), .isolate(from: "a", to: "b"), .impair(slow), .impair(lossy),
      .clock(["n1", "c1"], offsetMs: -500), .pauseReplication([ReplicationPause(table: "t", from: "a", to: "b")]),
      .resumeReplication([ReplicationPause(table: nil, from: "a", to: "b")]), .heal,
    ]
    for change in changes {
      let request = ControlRequest(change)
      #expect(ControlRequest(line: Array(request.line.utf8.dropLast())) == request)
    }
    #expect(ControlRequest(line: Array(#"{"verb":"faults","name":""}"#.utf8)) == nil)
  }

  @Test func aDiskIsOneNodesAndItsLastWordCounts() throws {
    var faults = faults(try .disk("n1,n2", isFull: true, syncDelayMs: 0, of: description))
    faults.apply(try .disk("n2", isFull: false, syncDelayMs: 50, of: description))
    #expect(faults.order(for: "n1") == #"{"faults":[],"disk":{"full":true,"syncDelayMs":0}}"#)
    #expect(faults.order(for: "n2") == #"{"faults":[],"disk":{"full":false,"syncDelayMs":50}}"#)
    #expect(!faults.concern("n3") && !faults.isEmpty && faults.areLinksWhole)
    #expect(faults.text == "n1's disk is full; n2's disk is slow by 50 ms a sync")
    #expect(ClusterFaults(faults.json) == faults)
    let change = try FaultChange.disk("n1", isFull: true, syncDelayMs: 7, of: description)
    #expect(FaultChange(change.json) == change)
    faults.apply(.heal)
    #expect(faults.disks.count == 2, "links heal, disks do not")
    faults.apply(try .disk("n1,n2", isFull: false, syncDelayMs: 0, of: description))
    #expect(faults.isEmpty)
    let error = #expect(throws: SupervisorError.self) {
      try FaultChange.disk("c1", isFull: true, syncDelayMs: 0, of: description)
    }
    #expect(error?.exitCode == 2 && error?.message.contains("name a node") == true)
  }

  @Test(arguments: [
    (["n1"], "two groups or more"), (["n1", "n9,n2"], "did you mean"), (["n1,n2", "n2"], "'n2' is named twice"),
    (["n1", "n2,"], "there is no ''"), (["n1", ""], "there is no ''"),
  ])
  func aPartitionThatMakesNoSenseIsWrongUsage(words: [String], part: String) {
    let error = #expect(throws: SupervisorError.self) { try FaultChange.partition(words, of: description) }
    #expect(error?.exitCode == 2 && error?.message.contains(part) == true, "\(String(describing: error))")
  }

  @Test func aProcessIsNotIsolatedFromItselfOrFromNobody() {
    for (from, to) in [("n1", "n1"), ("n1", "n7"), ("x", "n1"), ("n1", ""), ("r", "n1")] {
      let error = #expect(throws: SupervisorError.self) { try FaultChange.isolate(from: from, to: to, of: description) }
      #expect(error?.exitCode == 2)
    }
  }

  @Test func aProcessStartsWithItsFaults() throws {
    let folder = try temporaryFolder()
    let faults = faults(.isolate(from: "n1", to: "n2"))
    let arguments = try Launcher.command(description.known("n1"), folder, faults).arguments
    #expect(
      arguments == [
        "node", "--config", folder.settingsPath(of: "n1"), "--enable-faults", "--faults", faults.order(for: "n1"),
      ])
    #expect(!(try Launcher.command(description.known("c1"), folder, faults)).arguments.contains("--faults"))
  }
}

@Suite struct ReportTests {
  @Test func statusShowsWhoIsPausedAndWhatIsCut() throws {
    let description = cluster("n1", "c1")
    let states: [ProcessState] = [.paused, .up]
    let processes = zip(description.processes, states).map { process, state in
      var described = process
      described.identity = ProcessIdentity(pid: 4711, startTime: 1)
      return ClusterStatus.Process(described: described, region: "r", state: state, isReady: state == .up)
    }
    var status = ClusterStatus(
      cluster: "ab", regions: [.init(name: "r", endpoint: "e", groups: [])], processes: processes)
    #expect(status.text.contains("n1       node         paused  4711"))
    #expect(!status.text.contains("Faults"))
    status.faults.apply(.partition([["n1"], ["c1"]]))
    #expect(status.text.contains("\nFaults: partition n1 | c1\n"))
    let json = try JSONValue(parsing: Array(status.json.utf8))
    #expect(json["processes"]?[0]?["state"]?.text == "paused" && json["processes"]?[0]?["pid"]?.integer == 4711)
    #expect(json["faults"]?["partition"]?[1]?[0]?.text == "c1")
    #expect(!status.isHealthy)
  }

  @Test func upNamesEveryEndpointAndWhatIsNotAsItShouldBe() throws {
    var description = cluster("n1", "c1", "c2")
    description.regions[0].processes[2].address = "127.0.0.1:8001"
    description.faults.apply(.isolate(from: "n1", to: "c1"))
    let report = UpReport(
      description, try Topology.load("bare"), isAlreadyUp: true, states: [("n1", .paused), ("c1", .down), ("c2", .up)])
    let text = report.text(command: "g", dataFlag: " --data d", staysInForeground: false)
    let lines = text.split(separator: "\n").map(String.init)
    #expect(
      lines[0]
        == "Gantry is already up: http://127.0.0.1:1 and http://127.0.0.1:8001  (region r, 1 node, 2 coordinators)"
    )
    #expect(lines[1] == "n1 is paused; let it go on with: g cluster resume n1 --data d")
    #expect(lines[2] == "c1 is down; start it with: g cluster start c1 --data d")
    #expect(lines[3].hasSuffix("heal them with: g cluster heal --data d"))
    #expect(text.contains("AWS_ENDPOINT_URL=http://127.0.0.1:1 "))
  }
}
