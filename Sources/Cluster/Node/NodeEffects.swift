public import Environment
public import Messages

/// What happened to a node that an operator should know.
public struct NodeNotice: Equatable, Sendable {
  /// Nil where it concerns the whole node.
  public var shard: ShardID?
  public var text: String
}

/// What a node wants done after one turn, in order.
public struct NodeEffects {
  /// Encoded ``ConsensusFrame``s, few a peer, those that need no sync first.
  public var consensus: [(node: NodeID, bytes: [UInt8])] = []
  /// Encoded ``SnapshotFrame``s, to be sent on the bulk connections; one that is lost is asked for again.
  public var bulk: [(node: NodeID, bytes: [UInt8])] = []
  /// Requests of this node to other nodes, on connections for operations.
  public var requests: [(node: NodeID, requests: [Request])] = []
  /// Requests of this node to nodes of other regions.
  public var regional: [(region: String, node: NodeID, requests: [Request])] = []
  /// Answers to requests, by the connection that they came on.
  public var responses: [(connection: UInt64, responses: [Response])] = []
  /// Blocking work, to be reported by ``Node/jobFinished(_:error:now:)``.
  public var jobs: [Job] = []
  /// What the process should log.
  public var notices: [NodeNotice] = []
  /// Reads are left over: the owner ends another turn soon, after what else has arrived.
  public var hasMore = false
  /// The node cannot go on and must stop without sending anything more.
  public var failure: NodeFailure?
}
