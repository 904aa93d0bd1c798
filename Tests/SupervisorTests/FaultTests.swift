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

  @Test func whatIsWrittenReadsBack() throws {
    let faults = faults(.partition([["n1", "c1"], ["n2", "n3"]]), .isolate(from: "n1", to: "c1"))
    #expect(ClusterFaults(faults.json) == faults)
    #expect(ClusterFaults(.members(["partition": .text("n1"), "isolated": .array([])])) == nil)
    let folder = try temporaryFolder()
    var description = description
    description.faults = faults
    try description.save(folder)
    #expect(try ClusterDescription.load(folder) == description)
    for change in [FaultChange.partition([["n1"], ["n2"]]), .isolate(from: "a", to: "b"), .heal] {
      let request = ControlRequest(change)
      #expect(ControlRequest(line: Array(request.line.utf8.dropLast())) == request)
    }
    #expect(ControlRequest(line: Array(#"{"verb":"faults","name":""}"#.utf8)) == nil)
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
    for (from, to) in [("n1", "n1"), ("n1", "n7"), ("x", "n1")] {
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
