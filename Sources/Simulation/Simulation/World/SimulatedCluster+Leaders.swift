import Messages
import Node
import Raft

/// Who leads what, as each node sees it: no process of the cluster could know so much.
extension SimulatedCluster {
  /// Nodes that take themselves for the leader of a shard; ascending.
  func leaders(of shard: ShardID) -> [NodeID] { nodeIDs.filter { node($0)?.leads(shard) == true } }

  /// The newest term of a shard that a node has heard of.
  func term(of id: NodeID, _ shard: ShardID) -> Term { node(id)?.status.first { $0.shard == shard }?.term ?? 0 }
}
