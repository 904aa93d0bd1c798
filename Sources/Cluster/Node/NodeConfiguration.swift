public import Catalog
public import Environment
public import Journal
public import Messages
public import Raft
import Replicas

public struct NodeConfiguration: Sendable {
  /// The cluster that the node's data must belong to, 32 hexadecimal digits.
  public var cluster: String
  public var node: NodeID
  /// Every node of the region, this one included, ascending. What the metadata group says of members counts more.
  public var nodes: [NodeID]
  /// The nodes that the cluster was made with, ascending: its first replicas were placed on them.
  public var founders: [NodeID]
  /// Names and addresses of `nodes`, for who is told of them; where they are missing nodes have names of their numbers.
  public var members: [Member] = []
  /// The other regions of the topology.
  public var regions: [Region] = []
  /// The shards and replicas of a cluster that is made new.
  public var shards: Int
  public var replication: Int
  public var dataDirectory: String
  public var raft: RaftConfiguration
  public var journal: JournalConfiguration
  /// Log beyond which whoever keeps the oldest segment is flushed, and members that lag behind it get a snapshot.
  public var journalBytesMax = 192 << 20
  /// Rows of one item of a snapshot, in bytes; a larger row travels alone.
  public var snapshotChunkBytes = SnapshotFrame.itemBytesMax
  /// Memory of what is applied and not yet flushed, over all replicas of the node.
  public var overlayBytesMax: Int
  /// Page cache of each of a replica's connections to its database, in bytes; nil: as ``StoreConfiguration`` has them.
  public var storeCacheBytes: Int?
  /// Page size of databases that are made new, in bytes; nil: as ``StoreConfiguration`` has it.
  public var storePageBytes: Int?
  /// A replica's overlay is not flushed for its size alone below this.
  public var storageFlushBytesMin = 1 << 20
  /// Records of changes are written to their file once they take so much memory, before the flush that they are part of.
  public var appendedBytesMax = 1 << 20
  /// Size of a file of such records, in bytes; nil: as ``AppendedKeys`` has it.
  public var appendedFileBytes: UInt64?
  /// A replica without a write for this long is flushed.
  public var idleFlushDelay: Span
  /// Changes are that old when they leave for the global indexes: to show what a reader of an index may find.
  public var indexDelay = Span.zero
  public var streams = Streams()
  /// What a shard keeps of a table for a region that does not take it, in bytes. Beyond it the region gets what the table
  /// holds, once it is there again.
  public var regionFeedBytesMax: UInt64 = 1 << 30
  /// How often a leader looks for traces of removed items that no region needs any more.
  public var traceInterval = Span.seconds(5)
  /// How long a replica that is to go may take to send what it took in, in milliseconds. Beyond it is given up. By default
  /// as long as DynamoDB waits for a region that is away.
  public var replicaRemovalMs: UInt64 = 20 * 3_600_000
  /// Residency rules of tables, ascending by table; the same on every node of every region.
  public var residencies: [TableResidency] = []
  /// For rules that hash. Nil where the node has no key: what such rules concern stays here.
  public var residencyHash: ResidencyHash?
  /// How replicas are compared; nil: they are not.
  var scrub: Scrubber.Pace?
  /// Of a shard's rounds; zero: there are none.
  public var scrubInterval: Span {
    get { scrub?.interval ?? .zero }
    set { scrub = newValue > .zero ? Scrubber.Pace(interval: newValue) : nil }
  }
  /// Leaders go to the nodes where they would best be, see ``LeaderBalance``.
  public var balancesLeaders = false
  /// Operations of one node that wait for a commit or a read; one more is refused as overloaded.
  public var operationsMax: Int

  public struct Region: Sendable {
    public var name: String
    /// At least one.
    public var nodes: [NodeID]

    public init(name: String, nodes: [NodeID]) {
      self.name = name
      self.nodes = nodes.sorted()
    }
  }

  /// What streams keep.
  public struct Streams: Sendable {
    /// Records older than this go, by the shard's logical time.
    public var retentionMs: UInt64 = 24 * 60 * 60 * 1_000
    /// Of one shard. Beyond it the oldest go early, and who has not read them finds them trimmed.
    public var bytesMax: UInt64 = 1 << 30

    public init() {}
  }

  public init(
    cluster: String, node: NodeID, nodes: [NodeID], founders: [NodeID]? = nil, shards: Int, replication: Int,
    dataDirectory: String,
    raft: RaftConfiguration = RaftConfiguration(), journal: JournalConfiguration = JournalConfiguration(),
    overlayBytesMax: Int = 256 << 20, idleFlushDelay: Span = .seconds(5), operationsMax: Int = 65_536
  ) {
    self.cluster = cluster
    self.node = node
    self.nodes = nodes.sorted()
    self.founders = (founders ?? nodes).sorted()
    self.shards = shards
    self.replication = replication
    self.dataDirectory = dataDirectory
    self.raft = raft
    self.journal = journal
    self.overlayBytesMax = overlayBytesMax
    self.idleFlushDelay = idleFlushDelay
    self.operationsMax = operationsMax
  }
}
