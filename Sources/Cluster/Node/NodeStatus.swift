public import Messages
public import Raft
public import Shards

/// What a node says of one of its replicas.
public struct ReplicaStatus: Equatable, Sendable {
  public var shard: ShardID
  /// The hashes that the shard owns; nil for the metadata group and before the shard learned it.
  public var range: ClosedRange<UInt64>?
  public var role: Role
  /// It does not decide (yet): a successor that is being filled, say.
  public var isLearner: Bool
  /// Its group changes its members, as far as it knows: the former ones decide beside the new ones (joint consensus), so
  /// a member that was replaced still counts as missing.
  public var isInJointConsensus: Bool
  public var leader: NodeID?
  public var term: Term
  public var commitIndex: LogIndex
  public var appliedIndex: LogIndex
  public var logIndex: LogIndex
  /// False where the node takes no part in the group: it lost its replica, or does not know its cluster yet.
  public var isHealthy: Bool
  /// Why it is not healthy, and what it waits for.
  public var reason: String?
  /// How old the state that it answers eventually consistent reads from may be, in milliseconds: 0 on the leader, nil
  /// before a leader was heard.
  public var stalenessMs: UInt64?
  /// Reads that it answered without leading, since the node started.
  public var followerReads: UInt64
  public var checksum: UInt64?
  public var checksumIndex: LogIndex?
  /// At that entry too, of the tables that have replicas in other regions.
  public var digests: [TableDigest] = []
}
