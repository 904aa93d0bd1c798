public import Catalog
import Environment
import Journal
public import Messages
import Raft
import Replicas
import Shards
import Store

extension Node {
  /// Whether the node knows its part in the cluster, and every replica that can act knows a leader.
  public var isReady: Bool { identity != nil && replicas.allSatisfy { $0.leader != nil } }

  /// The catalog as this node's replica of the metadata group has applied it; nil where it has none.
  public var catalog: Catalog? { replica(.metadata)?.catalog?.catalog }

  public func leads(_ shard: ShardID) -> Bool {
    replicas.contains { $0.group.shard == shard && $0.leadsShard }
  }

  /// Shards that this node leads.
  public var ledShards: [ShardID] {
    replicas.filter(\.leadsShard).map(\.group.shard)
  }

  public var status: [ReplicaStatus] {
    let healthy = replicas.map { replica in
      ReplicaStatus(
        shard: replica.group.shard, range: replica.shard?.range, role: replica.raft.role,
        isLearner: !replica.raft.membership.isVoter(replica.raft.id),
        isInJointConsensus: replica.raft.membership.isJoint, leader: replica.leader,
        term: replica.raft.term, commitIndex: replica.raft.commit, appliedIndex: replica.store.applied.index,
        logIndex: replica.raft.last.index, isHealthy: true,
        stalenessMs: replica.staleness(now: time).map { $0.nanoseconds / 1_000_000 },
        followerReads: replica.followerReads, checksum: checksums[replica.group]?.sum,
        checksumIndex: checksums[replica.group]?.index, digests: checksums[replica.group]?.digests ?? [])
    }
    let absent = absences.map { shard, reason in
      ReplicaStatus(
        shard: shard, range: nil, role: .follower, isLearner: false, isInJointConsensus: false, leader: nil, term: 0,
        commitIndex: 0, appliedIndex: 0, logIndex: 0, isHealthy: false, reason: reason, stalenessMs: nil,
        followerReads: 0, checksum: nil, checksumIndex: nil)
    }
    return (healthy + absent).sorted { $0.shard < $1.shard }
  }

  /// Groups in which the node takes no part, with the reason and what it waits for.
  public var absences: [(shard: ShardID, reason: String)] {
    guard let waiting = discoveryStatus else {
      return remaining.map { ($0.group.shard, "\($0.reason) Now \($0.state).") }
    }
    return configuration.placedGroups.map { ($0.group.shard, waiting) }
  }

  /// Groups whose replica here lost what it had promised, with the reason, until it has a successor.
  public var damage: [(shard: ShardID, reason: String)] {
    remaining.filter { !$0.isComing }.map { ($0.group.shard, $0.reason) }
  }

  private var remaining: [LostReplica] { lost.filter { !$0.isLeaving } }

  /// What the streams of a shard keep that this node leads; 0 for other shards.
  public func streamBytes(of shard: ShardID) -> UInt64 { streams.bytes(of: GroupID(shard)) }

  /// Operations that wait for an answer, over all replicas.
  public var operationsWaiting: Int { replicas.reduce(0) { $0 + $1.waitingCount } }

  /// Bytes of the log's segments that are needed.
  public var journalBytes: Int { journal.bytesInUse }

  /// Memory of what is applied and not yet flushed.
  public var overlayBytes: Int { replicas.reduce(0) { $0 + $1.store.overlayBytes } }
}

extension Replica {
  fileprivate var leadsShard: Bool { shard != nil && isServing }
}
