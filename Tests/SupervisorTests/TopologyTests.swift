import Foundation
import Items
import Settings
import Testing

@testable import Supervisor

@Suite struct TopologyTests {
  private let start = """
    regions:
      - name: us-east-1
        nodes: [{name: n1}, {name: n2}, {name: n3}]
        coordinators: [{name: c1, port: 8000}]

    """

  private func refusal(of text: String) -> String? {
    settingsRefusal { () throws(SettingsError) in _ = try Topology.parse(text, source: "t.yaml") }
  }

  private func settingsRefusal(_ body: () throws(SettingsError) -> Void) -> String? {
    do { try body() } catch { return error.description }
    return nil
  }

  @Test(arguments: BuiltInTopologies.names) func builtInTextIsTheFileOfThatName(name: String) throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let file = root.appending(path: "Cluster/topologies/\(name).yaml")
    #expect(try String(contentsOf: file, encoding: .utf8) == BuiltInTopologies.text(name))
  }

  @Test func everyTopologyFileIsBuiltIn() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let files = try FileManager.default.contentsOfDirectory(atPath: root.path() + "/Cluster/topologies")
    #expect(files.map { $0.replacing(".yaml", with: "") }.sorted() == BuiltInTopologies.names)
  }

  @Test func localIsThreeNodesSixShardsAndThePatientTable() throws {
    let topology = try Topology.load("local")
    let region = try #require(topology.regions.first)
    #expect(region.name == "us-east-1")
    #expect(region.nodes == ["n1", "n2", "n3"])
    #expect(region.shards == 6 && region.replication == 3)
    #expect(region.coordinators.map(\.name) == ["c1"] && region.coordinators.map(\.port) == [8000])
    #expect(topology.tables.map(\.name) == ["ris-patient-tracking"])
    #expect(topology.sampleData?.patients == 200)
    let request = try JSONValue(parsing: topology.tables[0].request)
    #expect(request["StreamSpecification"]?["StreamEnabled"]?.bool == true)
    let indexes = request["GlobalSecondaryIndexes"]?.elements?.compactMap { $0["IndexName"]?.text }
    #expect(indexes == ["GSI1-StatusBoard", "GSI2-ModalitySchedule"])
  }

  @Test func bareHasTheSameProcessesAndNothingElse() throws {
    let (bare, local) = (try Topology.load("bare"), try Topology.load("local"))
    #expect(bare.shape == local.shape)
    #expect(bare.tables.isEmpty && bare.sampleData == nil)
  }

  /// A coordinator keeps nothing, so a folder may change between the two.
  @Test func haIsLocalWithTwoCoordinators() throws {
    let (ha, local) = (try Topology.load("ha"), try Topology.load("local"))
    #expect(ha.shape == local.shape)
    #expect(ha.regions[0].coordinators.map(\.name) == ["c1", "c2"])
    #expect(ha.regions[0].coordinators.map(\.port) == [8000, 8001])
    #expect(ha.tables.map(\.request) == local.tables.map(\.request))
    #expect(ha.sampleData?.patients == local.sampleData?.patients)
  }

  @Test func linksBetweenRegionsConcernTheProcessesOfEach() throws {
    let text = try #require(BuiltInTopologies.text("global-small"))
    let topology = try Topology.parse(
      text + "links: [{between: [us-east-1, eu-west-1], delayMs: 40, lossPercent: 0.25}]\n", source: "t.yaml")
    #expect(
      topology.linkImpairments == [
        LinkImpairment(
          groups: [["us-n1", "us-c1"], ["eu-n1", "eu-c1"]], delay: .init(ms: 40), lossPerMillion: 2_500)
      ])
    #expect(try Topology.load("global").links.isEmpty)
    for (line, part) in [
      ("between: [us-east-1, eu-west-2]", "did you mean 'eu-west-1'?"),
      ("between: [us-east-1]", "two different regions"),
      ("between: [us-east-1, us-east-1]", "two different regions"), ("delayMs: 1", "'between' is missing"),
      ("between: [us-east-1, eu-west-1], lossPercent: 101", "from 0.0 to 100.0"),
      ("between: [us-east-1, eu-west-1], delay: 1", "did you mean 'delayMs'?"),
    ] {
      let error = refusal(of: text + "links: [{\(line)}]\n")
      #expect(error?.contains(part) == true, "\(error ?? "accepted")")
    }
    #expect(Topology.printConfig.contains("# Each of 'links'"))
  }

  @Test func everyRegionIsAClusterOfItsOwnAndItsCoordinatorsKnowTheOthers() throws {
    let topology = try Topology.load("global-small")
    #expect(topology.regions.map(\.name) == ["us-east-1", "eu-west-1"])
    var ports = PortPlan(former: nil)
    let state = ClusterState(
      cluster: String(repeating: "ab", count: 16), topology: topology.source, shape: topology.shape,
      ports: try ports.assign(topology, publicPort: 0), isLoaded: false)
    let plan = ClusterPlan(topology, state, try temporaryFolder())
    let clusters = try plan.regions.map { region in
      let named = Set(
        region.processes.flatMap { ($0.settings ?? "").split(separator: "\n").filter { $0.hasPrefix("cluster: ") } })
      #expect(named.count == 1)
      return try #require(named.first)
    }
    #expect(clusters[0] == #"cluster: "\#(state.cluster)""# && clusters[1] != clusters[0])
    #expect(clusters[1].count == clusters[0].count)
    let listens = plan.regions.map { $0.processes.filter { $0.role == .coordinator }[0].listen }
    let line =
      #"regions: [{name: "us-east-1", endpoints: ["\#(listens[0])"]}, {name: "eu-west-1", endpoints: ["\#(listens[1])"]}]"#
    for region in plan.regions { #expect(region.processes[1].settings?.contains("\n\(line)\n") == true) }
    // One region alone has nobody to pass requests on to.
    let bare = try Topology.load("bare")
    let alone = ClusterState(
      cluster: state.cluster, topology: "bare", shape: bare.shape,
      ports: try ports.assign(bare, publicPort: 0), isLoaded: false)
    #expect(ClusterPlan(bare, alone, try temporaryFolder()).processes[3].settings?.contains("\nregions: []\n") == true)
  }

  @Test func globalIsThreeRegionsOfThreeNodes() throws {
    let topology = try Topology.load("global")
    #expect(topology.regions.map(\.name) == ["us-east-1", "eu-west-1", "ap-southeast-2"])
    #expect(topology.regions.allSatisfy { $0.nodes.count == 3 && $0.replication == 3 && $0.coordinators.count == 1 })
    #expect(topology.regions.flatMap(\.coordinators).map(\.port) == [8000, 8001, 8002])
  }

  @Test(arguments: [
    ("sink: {name: s}\n", "'table' is missing"),
    ("sink: {table: t}\n", "names the table 't', which is not among the tables"),
    ("sink: {table: t, maping: x}\n", "did you mean 'mapping'?"),
    ("postgres: {port: 70000}\n", "'port' takes a whole number from 0 to 65535"),
    ("tabels: []\n", "unknown key 'tabels'; did you mean 'tables'?"),
    ("tables: [{TableName: t}]\n", "'AttributeDefinitions' is missing"),
    (
      "tables: [{TableName: t, KeySchema: [], AttributeDefinitions: [], BilingMode: x}]\n",
      "did you mean 'BillingMode'?"
    ),
    ("nodeSettings: {journalByteMax: 1}\n", "unknown key 'journalByteMax'; did you mean 'journalBytesMax'?"),
    ("nodeSettings: {journalBytesMax: 1}\n", "'journalBytesMax' takes a whole number of bytes from 16777216 to"),
    ("nodeSettings: {journalBytesMax: 16777216}\n", "it must be at least four segments (67108864 bytes)"),
    ("nodeSettings: {listen: x}\n", "unknown key 'listen'"),
    ("sampleData: {table: t}\n", "names the table 't', which is not among the tables"),
  ])
  func whatATopologyCannotSayIsRefusedWithItsLine(text: String, part: String) {
    let message = refusal(of: start + text)
    #expect(message?.hasPrefix("t.yaml:5: ") == true, "\(message ?? "accepted")")
    #expect(message?.contains(part) == true, "\(message ?? "accepted")")
  }

  @Test func nodeSettingsReachEveryNodesFile() throws {
    let text = start + "nodeSettings: {journalBytesMax: 33554432, journalSegmentBytes: 4194304, heartbeatMs: 50}\n"
    let topology = try Topology.parse(text, source: "t.yaml")
    var wanted = NodeTuning()
    (wanted.journalBytesMax, wanted.journalSegmentBytes, wanted.heartbeatMs) = (33_554_432, 4_194_304, 50)
    #expect(topology.nodeSettings == wanted)
    let names = ["c1", "n1", "n2", "n3"]
    let ports = names.enumerated().map { (name: $1, ports: ClusterState.Ports(listen: 9_000 + $0, admin: 9_100 + $0)) }
    let state = ClusterState(cluster: "ab", topology: "t.yaml", shape: topology.shape, ports: ports, isLoaded: false)
    let plan = ClusterPlan(topology, state, try temporaryFolder())
    let nodes = plan.processes.filter { $0.role == .node }
    #expect(nodes.count == 3)
    for line in ["journalBytesMax: 33554432\n", "heartbeatMs: 50\n", "journalSegmentBytes: 4194304\n"] {
      #expect(nodes.allSatisfy { $0.settings?.contains(line) == true }, "\(line)")
    }
  }

  @Test func aCoordinatorIsToldWhichPagesMayCallIt() throws {
    let origins = "corsOrigins: ['https://ris.example', '*']"
    let text = start.replacing("{name: c1, port: 8000}", with: "{name: c1, port: 8000, \(origins)}")
    let topology = try Topology.parse(text, source: "t.yaml")
    let ports = ["c1", "n1", "n2", "n3"].map { (name: $0, ports: ClusterState.Ports(listen: 1, admin: 2)) }
    let state = ClusterState(cluster: "ab", topology: "t.yaml", shape: topology.shape, ports: ports, isLoaded: false)
    let plan = ClusterPlan(topology, state, try temporaryFolder())
    let coordinator = plan.processes.first { $0.role == .coordinator }
    #expect(coordinator?.settings?.contains(#"corsOrigins: ["https://ris.example", "*"]"#) == true)
  }

  @Test func theDocumentationOfATopologyNamesEveryKey() {
    let text = Topology.printConfig
    for key in [
      "regions", "nodeSettings", "sampleData", "replication", "port", "journalBytesMax", "patients", "corsOrigins",
    ] {
      #expect(text.contains("\(key): "), "\(key)")
    }
    #expect(text.contains("# Takes a whole number of milliseconds from 5 to 10000.\nheartbeatMs: 60\n"))
  }

  @Test(arguments: [
    ("{name: n2}", "{name: n1}", "two processes named 'n1'"),
    ("{name: n2}", "{name: N2}", "lower-case letters"),
    ("{name: n2}", "{name: supervisor}", "has a process 'supervisor'"),
    ("{name: n3}]", "{name: n3}]\n    replication: 5", "there are only 3 nodes"),
    ("{name: n3}]", "{name: n3}]\n    replication: 2", "an even number"),
    ("port: 8000", "port: 80000", "from 0 to 65535"),
    ("{name: c1, port: 8000}", "", "lists no coordinator"),
    ("port: 8000}", "port: 8000, corsOrigins: [ris.example]}", "takes origins such as http://localhost:3000, or '*'"),
    ("us-east-1", "us east", "has a region 'us east'"),
    (
      "regions:", "regions:\n  - {name: us-east-1, nodes: [{name: a}], replication: 1, coordinators: [{name: b}]}",
      "two regions named 'us-east-1'"
    ),
    (
      "regions:", "regions:\n  - {name: x, nodes: [{name: n2}], replication: 1, coordinators: [{name: b}]}",
      "two processes named 'n2'"
    ),
  ])
  func impossibleProcessesAreRefused(part: String, changed: String, message: String) {
    let text = start.replacing(part, with: changed)
    #expect(refusal(of: text)?.contains(message) == true, "\(refusal(of: text) ?? "accepted")")
  }

  /// A topology of two regions with a residency section.
  private func residency(_ rules: String, more: String = "") -> String {
    """
    regions:
      - {name: us-east-1, replication: 1, nodes: [{name: a1}], coordinators: [{name: ac}]}
      - {name: eu-west-1, replication: 1, nodes: [{name: b1}], coordinators: [{name: bc}]}
    residency: [\(rules)]
    \(more)

    """
  }

  @Test func residencyRulesReachEveryNodesFile() throws {
    let text = residency("{table: tab, region: eu-west-1, otherwise: drop, keep: [n], mask: [m]}")
    let topology = try Topology.parse(text, source: "t.yaml")
    var ports = PortPlan(former: nil)
    let state = ClusterState(
      cluster: String(repeating: "ab", count: 16), topology: topology.source, shape: topology.shape,
      ports: try ports.assign(topology, publicPort: 0), isLoaded: false)
    let folder = try temporaryFolder()
    let nodes = ClusterPlan(topology, state, folder).processes.filter { $0.role == .node }
    #expect(nodes.count == 2)
    for node in nodes {
      let file = FileManager.default.temporaryDirectory.appending(path: "gantry-\(UUID()).yaml")
      defer { try? FileManager.default.removeItem(at: file) }
      try #require(node.settings).write(to: file, atomically: true, encoding: .utf8)
      let settings = try NodeSettings.load(path: file.path())
      #expect(settings.residency == topology.residency && settings.residency[0].mask == ["m"])
    }
  }

  @Test(arguments: [
    ("{table: tab, region: eu-west-2, drop: [x]}", "did you mean 'eu-west-1'?"),
    ("{table: tab, region: eu-west-1, drop: [x], mask: [x]}", "names the attribute 'x' twice"),
    ("{table: tab, region: eu-west-1, keep: [x]}", "withholds nothing"),
    ("{table: 'my tab', region: eu-west-1, drop: [x]}", "names the table 'my tab': a table's name takes"),
    ("{table: ta, region: eu-west-1, drop: [x]}", "names the table 'ta': a table's name takes"),
    ("{table: tab, region: eu-west-1, hash: [x]}", "'residencyKeyFile' is missing"),
    ("{table: tab, region: eu-west-1, drops: [x]}", "did you mean 'drop'?"),
    ("{table: tab, region: eu-west-1, drop: [x]}, {table: tab, region: us-east-1, drop: [x]}", "leaves no region"),
    ("{table: tab, region: eu-west-1, drop: [x]}, {table: tab, region: eu-west-1, drop: [y]}", "has two rules"),
    ("{table: tab, region: eu-west-1, drop: [PK]}", "withholds the attribute 'PK' of tab, which is a key"),
  ])
  func residencyRulesThatCannotBeAreRefused(rules: String, message: String) {
    let table = "tables: [{TableName: tab, KeySchema: [{AttributeName: PK, KeyType: HASH}], AttributeDefinitions: []}]"
    let refusal = refusal(of: residency(rules, more: table))
    #expect(refusal?.contains(message) == true, "\(refusal ?? "taken")")
  }

  @Test func anUnknownNameListsTheBuiltInOnes() {
    let message = settingsRefusal { () throws(SettingsError) in _ = try Topology.load("locl") }
    #expect(message?.contains("(\(BuiltInTopologies.names.joined(separator: ", "))); did you mean 'local'?") == true)
  }
}
