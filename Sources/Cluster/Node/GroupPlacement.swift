import Catalog
import Messages
import Raft
import Replicas

/// A group of which a node holds a replica, and the nodes of its first replicas.
struct PlacedGroup {
  var group: GroupID
  var nodes: [NodeID]

  /// What a replica with that id knows of its group before its store and log tell more: one that joined later waits for
  /// a leader to tell it.
  func membership(of id: ReplicaID) -> Membership {
    id.generation == 0 ? Membership(voters: nodes.map { ReplicaID(node: $0) }) : .none
  }
}

extension NodeConfiguration {
  /// The groups that the cluster places on this node, ascending; the metadata group first.
  var placedGroups: [PlacedGroup] {
    let metadata = ShardMap.placement(0, nodes: nodes, replication: replication)
    let shards = initialMap.shards.map { PlacedGroup(group: GroupID($0.id), nodes: $0.nodes) }
    return ([PlacedGroup(group: .metadata, nodes: metadata)] + shards).filter { $0.nodes.contains(node) }
  }

  /// What the first leader of a new cluster enters.
  var initialMap: ShardMap { ShardMap.initial(shards: shards, nodes: nodes, replication: replication) }
}
