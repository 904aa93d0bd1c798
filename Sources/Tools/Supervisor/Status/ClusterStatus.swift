/// What the processes of a cluster say about themselves at one moment.
public struct ClusterStatus: Sendable {
  struct Process: Sendable {
    var described: DescribedProcess
    var region: String
    var state: ProcessState
    /// Nil where it did not answer.
    var isReady: Bool?
    /// Of a process that is down.
    var lastLines: [String] = []
  }

  struct Replica: Sendable {
    /// The node's name.
    var node: String
    /// `leader`, `follower`, `candidate`, `learner`; `unknown` for a node that did not answer.
    var role: String
    var term: UInt64 = 0
    var appliedIndex: UInt64?
    var logIndex: UInt64?
    var isHealthy = false
    /// Why it is not healthy, in the node's words.
    var reason: String?
    var checksum: String?
    var checksumIndex: UInt64?
    /// At that index too.
    var digests: [ReplicatedTableDigest] = []
  }

  struct Shard: Sendable {
    /// 0 for the metadata group.
    var id: Int
    /// First and last hash, hexadecimal; nil for the metadata group.
    var range: (first: String, last: String)?
    /// The name of the leader's node; nil where nobody leads.
    var leader: String?
    var term: UInt64
    var replicas: [Replica]
  }

  struct Region: Sendable {
    var name: String
    var endpoint: String
    /// The metadata group first, then shards by number.
    var groups: [Shard]
    /// Who belongs to the region, and which replica moves; nil where no node was added or taken away yet.
    var members: MembersView?

    var shards: [Shard] { groups.filter { $0.id != 0 } }
  }

  /// The verdict of `--checksums`.
  public enum Agreement: String, Sendable {
    case equal, unequal
    /// Not every living replica showed its sum in time.
    case incomplete
  }

  var cluster: String
  /// In the order of the topology; at least one.
  var regions: [Region]
  var processes: [Process]
  var faults = ClusterFaults()
  /// Of every table with replicas in other regions.
  var replication: [ReplicationLag] = []
  public var agreement: Agreement?

  /// Tables in several regions, where checksums were asked for.
  var globalTables: [GlobalTable] { agreement == nil ? [] : GlobalTable.all(in: regions) }

  /// Whether every process is up, not paused, and every shard of every region has a leader.
  public var isHealthy: Bool {
    processes.allSatisfy { $0.state == .up }
      && regions.allSatisfy { !$0.shards.isEmpty && $0.groups.allSatisfy { $0.leader != nil } }
  }
}
