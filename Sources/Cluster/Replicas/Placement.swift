public import Messages
public import Raft

extension ReplicaID {
  /// A replica's id names the node that holds it (low half) and how often that node joined the group (high half), so
  /// that an id is never used again.
  public init(node: NodeID, generation: UInt32 = 0) {
    self.init(UInt64(generation) << 32 | UInt64(node.rawValue))
  }

  public var node: NodeID { NodeID(UInt32(truncatingIfNeeded: rawValue)) }
}

extension GroupID {
  public init(_ shard: ShardID) { self.init(shard.rawValue) }

  public var shard: ShardID { ShardID(rawValue) }
}
