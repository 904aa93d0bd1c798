public import Settings

/// What `gantry cluster up` makes: processes, tables and data.
public struct Topology: Sendable {
  public struct Region: Sendable {
    public var name: String
    public var shards: Int
    public var replication: Int
    /// In the order of their numbers, from 1.
    public var nodes: [String]
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

  /// The built-in name or the path that it was read from.
  public var source: String
  public var regions: [Region]
  public var tables: [Table]
  public var sampleData: SampleDataPlan?
  /// Times and sizes of every node.
  public var nodeSettings: NodeTuning
  /// How every process writes its log.
  public var logFormat: LogFormat
  public var logLevel: LogLevel

  /// What a data folder is bound to: a later start may change everything else.
  var shape: String {
    regions.map { region in
      "\(region.name): nodes \(region.nodes.joined(separator: ",")), \(region.shards) shards, "
        + "replication \(region.replication)"
    }.joined(separator: "; ")
  }
}
