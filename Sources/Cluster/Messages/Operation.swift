public import Expressions
public import Items

/// Which images of an item an answer must carry.
public struct ReturnedImages: OptionSet, Sendable {
  public var rawValue: UInt8

  public init(rawValue: UInt8) { self.rawValue = rawValue }

  public static let old = ReturnedImages(rawValue: 1)
  public static let new = ReturnedImages(rawValue: 2)
  /// The image that a condition failed against.
  public static let onConditionFailure = ReturnedImages(rawValue: 4)
  /// ``WriteAnswer/oldBytes``, for consumed capacity. Without it a put that has no condition reads nothing.
  public static let oldSize = ReturnedImages(rawValue: 8)
}

/// A change of one item, evaluated by the leader of its shard.
public struct ItemWrite: Sendable {
  public enum Action: Sendable {
    case put(EncodedItem)
    /// `key` holds the key attributes alone: the item that an update of a missing item starts from.
    case update(UpdateExpression, key: EncodedItem)
    case delete
  }

  public var key: RowKey
  public var action: Action
  public var condition: Condition?
  public var returns: ReturnedImages

  public init(key: RowKey, action: Action, condition: Condition? = nil, returns: ReturnedImages = []) {
    self.key = key
    self.action = action
    self.condition = condition
    self.returns = returns
  }
}

/// Items in row key order from `lower` (inclusive) to `upper` (exclusive), last first if `reverse`.
public struct RangeRead: Sendable {
  public var lower: RowKey
  public var upper: RowKey
  public var reverse: Bool
  /// True where the answer must reflect every write acknowledged before the read began.
  public var consistent: Bool
  /// Of no concern to replicas, and not sent: the read need not be consistent, but the leader is asked where it is known.
  /// A global index is behind its table as it is; a follower's delay would come on top.
  public var prefersLeader = false
  /// Items examined at most (before the filter), nil for no such limit.
  public var limit: UInt32?
  /// Item sizes (by DynamoDB's rules) after whose sum the page ends.
  public var pageBytesMax: UInt32
  /// Items that it refuses are counted but not returned.
  public var filter: Condition?
  /// True where only the counts are wanted.
  public var countOnly: Bool
  /// Rows of a local index are replaced by the items that they stand for.
  public var fetchesItems: Bool

  public init(
    lower: RowKey, upper: RowKey, reverse: Bool = false, consistent: Bool = false, limit: UInt32? = nil,
    pageBytesMax: UInt32 = RangeRead.pageBytesDefault, filter: Condition? = nil, countOnly: Bool = false,
    fetchesItems: Bool = false
  ) {
    self.lower = lower
    self.upper = upper
    self.reverse = reverse
    self.consistent = consistent
    self.limit = limit
    self.pageBytesMax = pageBytesMax
    self.filter = filter
    self.countOnly = countOnly
    self.fetchesItems = fetchesItems
  }

  /// DynamoDB's 1 MB of a Query or Scan page.
  public static let pageBytesDefault: UInt32 = 1 << 20
}

/// What one process asks of a shard replica (or of the metadata group).
public enum Operation: Sendable {
  case write(ItemWrite)
  case get(RowKey, consistent: Bool)
  case range(RangeRead)
  /// An encoded command of the metadata group's state machine.
  case catalogCommand([UInt8])
  /// The catalog, if it is newer than `version`. Linearizable.
  case catalogRead(version: UInt64)
  /// Encoded settings by which this shard is to serve a table from its log position on.
  case configureTable([UInt8])
  case dropTable(TableID)
  /// Asks whether the shard has put into an index, named by its hidden table, all that its items imply.
  case confirmIndex(TableID)
  /// Puts an entry in the log at which every replica computes its checksum.
  case checksum
  /// Asked by that node while it has no data: what does the answerer know of the cluster's past? Of no shard.
  case describeMember(NodeID)
  /// Asks the group's leader for the id under which that node comes back to the group: its replica there lost what it
  /// had promised. `old` is the newest id that the node may have acted under; where it does not know, that is what it
  /// is told, and it asks again.
  case replaceReplica(NodeID, old: UInt64?)
  /// Changes of an index's rows, from the leader of the shard that has the items.
  case index(IndexBatch)
  /// Linearizable: every change acknowledged before is among the records.
  case stream(StreamRead)
  /// Changes that were made in another region, from the leader of the shard that has them.
  case region(RegionBatch)
  /// Asks the shard how far its changes have arrived in other regions (``RegionMark``).
  case regionMark(RegionMarkRead)
  /// Asks whether all that the shard held of the table has arrived in that region.
  case confirmReplica(TableID, region: String)
  /// The table goes from this region: it takes no more writes. Asks whether all that it took has arrived in those regions.
  case closeTable(TableID, settledIn: [String])
  /// An encoded request for whoever leads its shard, as far as the receiver knows: for one that does not reach the leader.
  case relay([UInt8])
  /// The group's replicas are to be on these nodes: replicas are added and taken away, one at a time, until they are.
  /// `version` is that of the members it follows from; of two the higher counts. Answered by ``Answer/done`` once it is so.
  case placeReplicas([NodeID], version: UInt64)
  /// Encoded members of the cluster, from the metadata group's leader to a node: which groups it takes part in, and where
  /// the others are. Of no shard.
  case assign([UInt8])
  /// An encoded request to add nodes or to take them away.
  case changeMembers([UInt8])
  /// What a replica has in the range that the entry asked about, told to the shard's leader.
  case rangeSummed(index: UInt64, sum: UInt64, by: NodeID)
  /// The leader's word that the receiver's replica differs there from what most have.
  case differs(index: UInt64)
  /// How much the shard holds of these tables and indexes. Any replica may say, as of when it last counted.
  case sizes([TableID])
}

public struct Request: Sendable {
  /// Unique on its connection.
  public var id: UInt64
  public var shard: ShardID
  /// The leader's term that a stamped change is meant for; a leader of another term refuses it. A request that was
  /// delayed beyond a change of leaders can then do no harm.
  public var term: UInt64
  /// Present on changes that a coordinator may send again.
  public var stamp: OperationStamp?
  public var operation: Operation

  public init(id: UInt64, shard: ShardID, term: UInt64 = 0, stamp: OperationStamp? = nil, operation: Operation) {
    self.id = id
    self.shard = shard
    self.term = term
    self.stamp = stamp
    self.operation = operation
  }
}
