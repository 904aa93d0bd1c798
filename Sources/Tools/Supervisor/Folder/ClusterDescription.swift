internal import Items
internal import Settings

/// What a process does, as the command line and `cluster.json` call it.
enum ProcessRole: String, Sendable, CaseIterable {
  case node, coordinator, postgres, sink

  /// Whether it takes part in the cluster's own traffic, so that links of it can be cut.
  var hasLinks: Bool { self == .node || self == .coordinator }

  /// The order in which kinds of process are ended: who asks before who answers.
  static let endOrder: [ProcessRole] = [.sink, .coordinator, .node, .postgres]
}

/// A process of the running cluster as `cluster.json` lists it.
struct DescribedProcess: Equatable, Sendable {
  var name: String
  var role: ProcessRole
  /// A node's number.
  var node: Int?
  /// Nil while the process is down.
  var identity: ProcessIdentity?
  /// `host:port`; empty for a sink, which serves nobody but on `admin`.
  var address: String
  /// `host:port`; empty for PostgreSQL.
  var admin: String
  var dataDir: String
  /// Where a sink writes to: a connection URL.
  var postgres: String?
}

/// `cluster.json`: the running cluster, for scripts and for finding orphans.
struct ClusterDescription: Equatable, Sendable {
  struct Region: Equatable, Sendable {
    var name: String
    /// `http://host:port` of the first coordinator.
    var endpoint: String
    var processes: [DescribedProcess]
  }

  var cluster: String
  var topology: String
  /// Process ids and start times of an earlier boot mean nothing.
  var bootID: String
  var supervisor: ProcessIdentity
  var regions: [Region]
  var faults = ClusterFaults()

  var processes: [DescribedProcess] { regions.flatMap(\.processes) }

  func process(named name: String) -> DescribedProcess? { processes.first { $0.name == name } }

  mutating func update(_ name: String, _ identity: ProcessIdentity?) {
    for region in regions.indices {
      for index in regions[region].processes.indices where regions[region].processes[index].name == name {
        regions[region].processes[index].identity = identity
      }
    }
  }

  /// - Throws: with the names that there are, where `name` is none of them.
  func known(_ name: String) throws(SupervisorError) -> DescribedProcess {
    if let process = process(named: name) { return process }
    let names = processes.map(\.name)
    let hint = NearestName.of(name, among: names).map { "; did you mean '\($0)'?" } ?? ""
    throw SupervisorError("there is no '\(name)': there are \(names.joined(separator: ", "))\(hint)", exitCode: 2)
  }

  /// - Throws: where no cluster runs here.
  static func ofRunning(_ folder: DataFolder) throws(SupervisorError) -> ClusterDescription {
    if let description = try load(folder) { return description }
    throw SupervisorError("no cluster is up in \(folder.path); start one with: gantry cluster up --topology local")
  }

  /// Nil where no cluster runs here.
  static func load(_ folder: DataFolder) throws(SupervisorError) -> ClusterDescription? {
    guard let bytes = try Files.read(folder.descriptionPath) else { return nil }
    guard let json = try? JSONValue(parsing: bytes), let description = ClusterDescription(json) else {
      throw SupervisorError("\(folder.descriptionPath) is damaged; run gantry cluster down, which does not need it")
    }
    return description
  }

  func save(_ folder: DataFolder) throws(SupervisorError) {
    try Files.replace(folder.descriptionPath, with: json.indented)
  }
}
