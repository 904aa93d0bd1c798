import Catalog
import Environment
import Messages
import Node
import Raft
import SimulatedDisk

/// Keeps damage within what can be survived: of what is committed, a minority of the copies (one machine at a time).
///
/// A machine counts as damaged until nothing of the damage is left on its disk and each of its replicas is a voter again,
/// of a group that has done with its former members, and has applied all that anybody knew to be committed then. Until
/// then nothing else is damaged, and it does not count as healed.
final class FaultAtlas {
  private(set) var damaged: NodeID?
  /// While a fault is still at work there.
  private var isSpoiling = false
  /// What each group has to apply before the machine is whole.
  private var targets: [ShardID: LogIndex]?
  private let cluster: SimulatedCluster

  init(_ cluster: SimulatedCluster) { self.cluster = cluster }

  /// Claims the machine for a damage; false where another one is damaged.
  func claim(_ id: NodeID) -> Bool {
    guard damaged == nil || damaged == id else { return false }
    damaged = id
    isSpoiling = true
    targets = nil
    return true
  }

  /// The fault is over; what it left may still be there.
  func release(_ id: NodeID) { if damaged == id { isSpoiling = false } }

  /// Nothing on that machine counts any more.
  func forget(_ id: NodeID) { if damaged == id { damaged = nil } }

  /// Looks whether the damaged machine is whole.
  func look() {
    guard let id = damaged, !isSpoiling else { return }
    let disk = cluster.disk(id)
    // One fault's end says nothing of another one that is at work on the same disk.
    guard disk.hazard == nil, !disk.isScarred, !disk.isDoubtful,
      let node = cluster.node(id), !cluster.isPaused(.node(id)),
      node.status.allSatisfy({ $0.isHealthy && !$0.isLearner && !$0.isInJointConsensus }),
      // A wiped node hears from others what has moved to it.
      cluster.members?.groups(on: id).allSatisfy({ shard in node.status.contains { $0.shard == shard } }) ?? true
    else {
      targets = nil
      return
    }
    guard let targets else {
      self.targets = Dictionary(
        uniqueKeysWithValues: node.status.map { ($0.shard, max($0.logIndex, newestCommit(of: $0.shard))) })
      return
    }
    // What moved to another node is whole there.
    if node.status.allSatisfy({ $0.appliedIndex >= targets[$0.shard] ?? 0 }) { damaged = nil }
  }

  private func newestCommit(of shard: ShardID) -> LogIndex {
    cluster.nodeIDs.compactMap { cluster.node($0) }.flatMap(\.status).filter { $0.shard == shard }
      .map(\.commitIndex).max() ?? 0
  }
}
