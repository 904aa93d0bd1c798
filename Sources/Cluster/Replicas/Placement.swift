public import Messages
public import Raft

extension ReplicaID {
  /// A replica's id names the node that holds it (low 16 bits) and the occasion on which it joined the group (the rest),
  /// so that an id is never used again. Generation 0 are a group's first members; later ones count
  /// leader's term << 16 | how many that leader had handed out.
  public init(node: NodeID, generation: UInt64 = 0) {
    precondition(node.rawValue <= Self.nodeMax && generation >> 48 == 0, "A replica id has 16 + 48 bits.")
    self.init(generation << 16 | UInt64(node.rawValue))
  }

  public var node: NodeID { NodeID(UInt32(rawValue & UInt64(Self.nodeMax))) }

  public var generation: UInt64 { rawValue >> 16 }

  /// The highest number of a node.
  public static let nodeMax: UInt32 = 0xFFFF
}

extension GroupID {
  public init(_ shard: ShardID) { self.init(shard.rawValue) }

  public var shard: ShardID { ShardID(rawValue) }
}
