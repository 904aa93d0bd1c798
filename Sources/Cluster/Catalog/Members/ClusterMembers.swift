public import Messages

/// One node of the region as others find it.
public struct Member: Equatable, Sendable {
  public var node: NodeID
  /// Of its process.
  public var name: String
  /// `host:port` of its internal listener.
  public var address: String
  /// Its replicas go to other nodes, and then so does it.
  public var isLeaving: Bool

  public init(node: NodeID, name: String, address: String, isLeaving: Bool = false) {
    self.node = node
    self.name = name
    self.address = address
    self.isLeaving = isLeaving
  }
}

/// The nodes of a region and where replicas are, once nodes were added or taken away: what the metadata group agrees on,
/// and tells to every node.
///
/// One replica moves at a time. The entry that says so also says which is next, so whoever leads goes on where the last
/// leader stood.
public struct ClusterMembers: Equatable, Sendable {
  /// Where the replicas of one group are; the metadata group is shard 0.
  public struct Place: Equatable, Sendable {
    public var shard: ShardID
    /// Ascending.
    public var nodes: [NodeID]

    public init(shard: ShardID, nodes: [NodeID]) {
      self.shard = shard
      self.nodes = nodes.sorted()
    }
  }

  /// What was asked for and is not done yet.
  public struct Plan: Equatable, Sendable {
    /// Stored: never renumber.
    public enum Kind: UInt8, Sendable {
      case add = 1
      case drain = 2
      case replace = 3
    }

    public var kind: Kind
    /// The node that comes or leaves.
    public var node: NodeID
    /// The node that comes in its place.
    public var replacement: NodeID?
    /// Replicas that have moved for it.
    public var moved: UInt32 = 0

    public init(kind: Kind, node: NodeID, replacement: NodeID? = nil) {
      self.kind = kind
      self.node = node
      self.replacement = replacement
    }
  }

  /// A replica on its way from one node to another.
  public struct Move: Equatable, Sendable {
    public var shard: ShardID
    public var from: NodeID
    public var to: NodeID

    public init(shard: ShardID, from: NodeID, to: NodeID) {
      self.shard = shard
      self.from = from
      self.to = to
    }
  }

  /// Raised by every change, from 1.
  public var version: UInt64
  /// Ascending by node.
  public var members: [Member]
  /// Ascending by shard.
  public var places: [Place]
  /// The highest number that a node ever had: none is used again.
  public var nodeMax: NodeID
  public var plan: Plan?
  public var move: Move?

  /// Before the first change; its version is 0, and no catalog holds it.
  public init(first members: [Member], metadata: [NodeID], map: ShardMap) {
    version = 0
    self.members = members.sorted { $0.node < $1.node }
    places =
      [Place(shard: .metadata, nodes: metadata)]
      + map.shards.map { Place(shard: $0.id, nodes: $0.nodes) }.sorted { $0.shard < $1.shard }
    nodeMax = self.members.last?.node ?? NodeID(0)
  }

  public func member(_ node: NodeID) -> Member? { members.first { $0.node == node } }

  /// The nodes that hold a replica of the group, without one that is still on its way.
  public func nodes(of shard: ShardID) -> [NodeID] { places.first { $0.shard == shard }?.nodes ?? [] }

  /// The nodes that are to hold a replica of the group once the move under way has ended.
  public func target(of shard: ShardID) -> [NodeID] {
    guard let move, move.shard == shard else { return nodes(of: shard) }
    return (nodes(of: shard).filter { $0 != move.from } + [move.to]).sorted()
  }

  /// The nodes that have a replica of the group or are to have one, those that stay first: where its only copy moves, just
  /// the node that it leaves knows anything of it.
  public func holders(of shard: ShardID) -> [NodeID] {
    let staying = target(of: shard)
    return staying + nodes(of: shard).filter { !staying.contains($0) }
  }

  /// Whether the replica that moves now moves to that node.
  public func isComing(_ shard: ShardID, to node: NodeID) -> Bool { move?.shard == shard && move?.to == node }

  /// The groups of which that node is to have a replica now: those that are on their way to it, and from it, included.
  public func groups(on node: NodeID) -> [ShardID] {
    places.filter { $0.nodes.contains(node) || isComing($0.shard, to: node) }.map(\.shard)
  }
}
