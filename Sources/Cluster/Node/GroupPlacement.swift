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
    firstPlaces.filter { $0.nodes.contains(node) }.map { PlacedGroup(group: GroupID($0.shard), nodes: $0.nodes) }
  }

  /// Where the cluster's first replicas were placed; the metadata group first.
  var firstPlaces: [ClusterMembers.Place] {
    let metadata = ShardMap.placement(0, nodes: founders, replication: replication)
    return [.init(shard: .metadata, nodes: metadata)]
      + initialMap.shards.map { ClusterMembers.Place(shard: $0.id, nodes: $0.nodes) }
  }

  /// Whether the cluster was made with this node.
  var isFounder: Bool { founders.contains(node) }

  /// The group with the nodes of its first replicas; none where it has come here since.
  func placed(_ group: GroupID) -> PlacedGroup {
    placedGroups.first { $0.group == group } ?? PlacedGroup(group: group, nodes: [])
  }

  /// Who may know the group's leader, as far as the node was told.
  func peers(of group: GroupID, _ members: ClusterMembers?) -> [NodeID] {
    let known = members?.holders(of: group.shard) ?? placed(group).nodes
    return known.isEmpty ? nodes : known
  }

  /// What the first leader of a new cluster enters.
  var initialMap: ShardMap { ShardMap.initial(shards: shards, nodes: founders, replication: replication) }
}
