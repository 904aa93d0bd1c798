import Foundation
import Items
import Settings
import Testing

@testable import Supervisor

private func sampleDescription() -> ClusterDescription {
  let node = DescribedProcess(
    name: "n1", role: .node, node: 1, identity: ProcessIdentity(pid: 7, startTime: 99), address: "127.0.0.1:1",
    admin: "127.0.0.1:2", dataDir: "/d/n1/data")
  let coordinator = DescribedProcess(
    name: "c1", role: .coordinator, node: nil, identity: nil, address: "127.0.0.1:3", admin: "127.0.0.1:4",
    dataDir: "/d/c1")
  return ClusterDescription(
    cluster: "ab", topology: "local", bootID: "boot", supervisor: ProcessIdentity(pid: 6, startTime: 98),
    regions: [.init(name: "us-east-1", endpoint: "http://127.0.0.1:3", processes: [node, coordinator])])
}

@Suite struct FolderTests {
  @Test func descriptionReadsBackAlsoWithAProcessThatIsDown() throws {
    let folder = try temporaryFolder()
    try sampleDescription().save(folder)
    #expect(try ClusterDescription.load(folder) == sampleDescription())
  }

  /// Scripts rely on these names.
  @Test func descriptionHasTheKeysOfTheContract() {
    let json = sampleDescription().json
    let region = json["regions"]?[0]
    #expect(region?["endpoint"]?.text == "http://127.0.0.1:3")
    for key in ["name", "pid", "address", "admin", "dataDir"] {
      #expect(region?["nodes"]?[0]?.member(key) != nil, "\(key)")
      #expect(region?["coordinators"]?[0]?.member(key) != nil, "\(key)")
    }
  }

  @Test func stateReadsBackAndADamagedOneIsRefused() throws {
    let folder = try temporaryFolder()
    let state = ClusterState(
      cluster: "ab", topology: "bare", shape: "s", ports: [(name: "n1", ports: .init(listen: 1, admin: 2))],
      isLoaded: true)
    try state.save(folder)
    #expect(try ClusterState.load(folder) == state)
    // Written by an earlier release.
    let old = state.json.indented.replacing("\"loaded\"", with: "\"formed\": true, \"loaded\"")
    try Files.replace(folder.statePath, with: old)
    #expect(try ClusterState.load(folder) == state)
    try Files.replace(folder.statePath, with: "{\"format\":2}")
    #expect(throws: SupervisorError.self) { try ClusterState.load(folder) }
  }

  @Test func onlyOneSupervisorHoldsTheFolder() throws {
    let folder = try temporaryFolder()
    let held = try #require(try folder.lock())
    #expect(folder.isLocked())
    #expect(try folder.lock() == nil)
    FileLock.release(held)
    #expect(!folder.isLocked())
  }

  @Test func wipeRemovesWhatTheClusterMadeAndNothingElse() throws {
    let folder = try temporaryFolder()
    try Files.makeFolder(folder.dataPath(of: "n1"))
    try Files.replace(folder.dataPath(of: "n1") + "/file", with: "x")
    try Files.replace(folder.statePath, with: "{}")
    try Files.replace(folder.path + "/mine.txt", with: "keep")
    try folder.wipe(processes: ["n1"])
    #expect(Files.names(in: folder.path) == ["mine.txt"])
  }

  @Test func wipeFollowsNoSymbolicLink() throws {
    let (folder, other) = (try temporaryFolder(), try temporaryFolder())
    try Files.replace(other.path + "/file", with: "keep")
    try FileManager.default.createSymbolicLink(atPath: folder.path + "/n1", withDestinationPath: other.path)
    try folder.wipe(processes: ["n1"])
    #expect(Files.exists(other.path + "/file"))
  }

  @Test func anAbsentFolderSaysHowToStart() {
    let message = refusal { () throws(SupervisorError) in _ = try DataFolder(existing: "/nonexistent/x") }
    #expect(message?.contains("gantry cluster up --topology local") == true)
  }

  @Test func jsonIsIndentedWithItsKeysInOrder() {
    let value = JSONValue.members(["b": .integer(1), "a": .array([.null, .text("x")]), "c": .array([])])
    #expect(value.indented == "{\n  \"b\": 1,\n  \"a\": [\n    null,\n    \"x\"\n  ],\n  \"c\": []\n}\n")
  }
}

@Suite struct PlanTests {
  private func plan(
    _ folder: DataFolder, topology name: String = "bare", former: ClusterState? = nil
  ) throws -> (ClusterState, ClusterPlan) {
    let topology = try Topology.load(name)
    var ports = PortPlan(former: former)
    let state = ClusterState(
      cluster: String(repeating: "a", count: 32), topology: name, shape: topology.shape,
      ports: try ports.assign(topology, publicPort: 0), isLoaded: false)
    return (state, ClusterPlan(topology, state, folder))
  }

  @Test func everySettingsFileIsAcceptedByItsProcess() throws {
    let folder = try temporaryFolder()
    let (_, plan) = try plan(folder, topology: "local")
    #expect(plan.processes.map(\.name) == ["n1", "n2", "n3", "c1", "postgres", "sink"])
    for process in plan.processes {
      guard let settings = process.settings else { continue }
      let path = folder.path + "/\(process.name).yaml"
      try Files.replace(path, with: settings)
      switch process.role {
      case .node: #expect(try NodeSettings.load(path: path).peers.count == 3)
      case .coordinator: #expect(try CoordinatorSettings.load(path: path).nodes.count == 3)
      case .sink: #expect(try SinkSettings.load(path: path).mapping == "ris")
      case .postgres: Issue.record("PostgreSQL has no settings file")
      }
    }
  }

  @Test func portsAreDistinctAndKeptWhileFree() throws {
    let folder = try temporaryFolder()
    let (state, _) = try plan(folder)
    let all = state.ports.flatMap { [$0.ports.listen, $0.ports.admin] }
    #expect(Set(all).count == 8)
    #expect(all.allSatisfy(Ports.range.contains))
    let (again, _) = try plan(folder, former: state)
    #expect(again == state)
  }

  @Test func whatAStartLeavesOutKeepsItsPortsAndItsFolder() throws {
    let folder = try temporaryFolder()
    let (whole, _) = try plan(folder, topology: "local")
    let (bare, plan) = try plan(folder, former: whole)
    #expect(plan.processes.count == 4)
    #expect(bare.processes == ["c1", "n1", "n2", "n3", "postgres", "sink"])
    #expect(bare.ports(of: "postgres")?.listen == whole.ports(of: "postgres")?.listen)
  }

  @Test func aTakenPublicPortIsOneClearLine() throws {
    let taken = try ListeningSocket()
    var ports = PortPlan(former: nil)
    let topology = try Topology.load("bare")
    let message = refusal { () throws(SupervisorError) in
      _ = try ports.assign(topology, publicPort: taken.port)
    }
    #expect(message?.hasPrefix("port \(taken.port) on 127.0.0.1, meant for c1, is taken") == true)
    #expect(message?.contains("--port") == true)
  }

  @Test func aKeptPortThatWasTakenMeanwhileIsReplaced() throws {
    let folder = try temporaryFolder()
    var (state, _) = try plan(folder)
    let taken = try ListeningSocket()
    state.ports[0].ports.listen = taken.port
    let (again, _) = try plan(folder, former: state)
    #expect(again.ports[0].ports.listen != taken.port)
    #expect(again.ports[1].ports == state.ports[1].ports)
  }
}

/// Holds a port of the supervisor's range until it is released.
private final class ListeningSocket {
  let port: Int
  private let descriptor: Int32

  init() throws {
    for _ in 0..<1_000 {
      let candidate = Int.random(in: Ports.range)
      let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_port = in_port_t(candidate).bigEndian
      address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
      let bound = withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
      if bound == 0 && listen(descriptor, 1) == 0 {
        port = candidate
        self.descriptor = descriptor
        return
      }
      close(descriptor)
    }
    throw SupervisorError("no port is free")
  }

  deinit { close(descriptor) }
}
