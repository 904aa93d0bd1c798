public import Settings

/// What `gantry cluster up` makes: processes, tables and data.
public struct Topology: Sendable {
  public struct Region: Sendable {
    public var name: String
    public var shards: Int
    public var replication: Int
    /// In the order of their numbers.
    public var nodes: [String]
    /// The number of each of `nodes`; empty: from 1.
    var numbers: [UInt32] = []
    /// How many nodes the cluster was made with: those numbered from 1. Nil: `nodes`.
    var founders: Int?
    public var coordinators: [Coordinator]
  }

  public struct Coordinator: Sendable {
    public var name: String
    /// Of the public API on loopback; 0: any free one.
    public var port: Int
    public var loops: Int
    /// Of web pages that may call the API, or `*` for all; empty: none.
    public var corsOrigins: [String]
  }

  /// What the links between each two of some regions are like.
  public struct RegionLinks: Sendable, Equatable {
    public var between: [String]
    /// Each way.
    public var delayMs: Int
    public var jitterMs: Int
    public var lossPercent: Double
  }

  public struct Table: Sendable {
    public var name: String
    /// A `CreateTable` request, JSON.
    public var request: [UInt8]
  }

  public struct SampleDataPlan: Sendable {
    public var table: String
    public var seed: UInt64
    public var patients: Int
  }

  /// A PostgreSQL server of the cluster's own, in its data folder.
  public struct Postgres: Sendable, Equatable {
    public var name: String
    /// On loopback; 0: any free one.
    public var port: Int
  }

  /// A sink that mirrors one of the tables.
  public struct Sink: Sendable, Equatable {
    public var name: String
    public var table: String
    /// A built-in mapping or a file; nil mirrors items only.
    public var mapping: String?
    /// Where to, instead of the cluster's own PostgreSQL.
    public var postgres: String?
  }

  /// The built-in name or the path that it was read from.
  public var source: String
  public var regions: [Region]
  /// How slow and lossy the links between regions are; of two that speak of one pair the later one counts.
  public var links: [RegionLinks]
  public var tables: [Table]
  public var sampleData: SampleDataPlan?
  public var postgres: Postgres?
  /// Of the first region.
  public var sink: Sink?
  /// What regions may hold of tables with replicas.
  public var residency: [ResidencySettings]
  /// Holds the key of its hashes.
  public var residencyKeyFile: String?
  /// Times and sizes of every node.
  public var nodeSettings: NodeTuning
  /// How every process writes its log.
  public var logFormat: LogFormat
  public var logLevel: LogLevel

  /// As the folder's cluster has become since: nodes were added or taken away.
  func following(_ state: ClusterState) -> Topology {
    var changed = self
    for index in changed.regions.indices {
      guard let members = state.members(of: changed.regions[index].name) else { continue }
      changed.regions[index].founders = changed.regions[index].nodes.count
      changed.regions[index].nodes = members.nodes.map(\.name)
      changed.regions[index].numbers = members.nodes.map(\.number)
    }
    return changed
  }

  /// The same for processes. Clients of a region, and coordinators that pass requests on, have no such links.
  var linkImpairments: [LinkImpairment] {
    links.map { links in
      LinkImpairment(
        groups: links.between.map { name in
          regions.filter { $0.name == name }.flatMap { $0.nodes + $0.coordinators.map(\.name) }
        },
        delay: LinkImpairment.Delay(ms: links.delayMs, jitterMs: links.jitterMs),
        lossPerMillion: Int((links.lossPercent * 10_000).rounded()))
    }
  }

  /// The processes beside the regions' own.
  var mirrorNames: [String] { [postgres?.name, sink?.name].compactMap { $0 } }

  /// The region that has the process; nil where none has.
  func region(with process: String) -> Region? {
    regions.first { $0.nodes.contains(process) || $0.coordinators.contains { $0.name == process } }
  }

  /// What a data folder is bound to: a later start may change everything else.
  var shape: String {
    regions.map { region in
      "\(region.name): nodes \(region.nodes.joined(separator: ",")), \(region.shards) shards, "
        + "replication \(region.replication)"
    }.joined(separator: "; ")
  }
}

extension Topology.Region {
  /// Its nodes with their numbers, ascending.
  var numbered: [(name: String, number: UInt32)] {
    nodes.enumerated().map { (name: $1, number: numbers.isEmpty ? UInt32($0 + 1) : numbers[$0]) }
  }

  /// The numbers of the nodes that the cluster was made with.
  var founderNumbers: [UInt32] { (1...UInt32(founders ?? nodes.count)).map { $0 } }
}
