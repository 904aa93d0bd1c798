import Bytes
import Catalog
import Environment
import Messages
import Raft
import Replicas

/// Who a data directory belongs to, and as which replicas its node takes part. Its first version is written after
/// everything else of a new node is durable; a node without it has no data.
///
/// ```
/// "gantry\n" | format (u32) | cluster (string) | node (u32) | nodes (array of u32) | shards (u32) |
/// replication (u32) | incarnation (u64) | replicas (array of: group u32, state u8, id u64, 0: unknown) |
/// seen (array of: node u32, incarnation u64) | members (blob; format 3) | CRC-32C of all before (u32)
/// ```
/// Format 1 goes from the replication to the checksum: incarnation 0, and the first members' replicas. Format 2 knows
/// of no members: it is written until nodes were added or taken away.
struct Identity: Equatable {
  static let format: UInt32 = 3

  /// What the node holds of one group.
  struct Holding: Equatable {
    /// Stored: never renumber.
    enum State: UInt8 {
      case normal = 0
      /// Log or store lost something: the id never acts again.
      case lost = 1
      /// The id was handed out anew and has not acted yet; log and store may still be the lost replica's.
      case rebuilding = 2
      /// It moved to another node; log and store go. The id never acts again.
      case removed = 3
    }

    var group: GroupID
    /// The newest id that the node may have acted under, or may act under next. Nil: it was lost with everything else.
    var id: ReplicaID?
    var state: State
  }

  struct Seen: Equatable {
    var node: NodeID
    var incarnation: UInt64
  }

  var cluster: String
  var node: NodeID
  /// Every node that the cluster was made with, ascending.
  var nodes: [NodeID]
  var shards: UInt32
  var replication: UInt32
  /// Raised by one and synced at each start, before anything is sent.
  var incarnation: UInt64 = 0
  /// Ascending by group.
  var holdings: [Holding]
  /// The highest incarnation seen of each other node, ascending by node.
  var seen: [Seen] = []
  /// The newest that this node was told; nil until nodes were added or taken away.
  var members: ClusterMembers?

  /// A new node's.
  init(_ configuration: NodeConfiguration) {
    cluster = configuration.cluster
    node = configuration.node
    nodes = configuration.founders
    shards = UInt32(configuration.shards)
    replication = UInt32(configuration.replication)
    holdings = configuration.placedGroups.map {
      Holding(group: $0.group, id: ReplicaID(node: configuration.node), state: .normal)
    }
  }

  func holding(_ group: GroupID) -> Holding? { holdings.first { $0.group == group } }

  mutating func set(_ holding: Holding) {
    holdings.removeAll { $0.group == holding.group }
    holdings.append(holding)
    holdings.sort { $0.group < $1.group }
  }

  mutating func sawIncarnation(_ incarnation: UInt64, of node: NodeID) {
    seen.removeAll { $0.node == node }
    seen.append(Seen(node: node, incarnation: incarnation))
    seen.sort { $0.node < $1.node }
  }

  /// Refuses a directory of another cluster, node or layout.
  func check(_ expected: Identity, directory: String) throws(NodeFailure) {
    guard cluster == expected.cluster else {
      throw NodeFailure(
        "\(directory) belongs to cluster \(cluster), not \(expected.cluster): use its own data directory or an empty one."
      )
    }
    guard node == expected.node else {
      throw NodeFailure("\(directory) belongs to node \(node.rawValue), not node \(expected.node.rawValue).")
    }
    guard nodes == expected.nodes, shards == expected.shards, replication == expected.replication else {
      throw NodeFailure(
        """
        \(directory) was made for \(layout), the topology now says \(expected.layout): \
        keep the layout, or start with an empty data directory.
        """)
    }
  }

  private var layout: String {
    let numbers = nodes.map { String($0.rawValue) }.joined(separator: ", ")
    return "\(shards) shards of \(replication) replicas on nodes \(numbers)"
  }
}
