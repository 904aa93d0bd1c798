public import Messages

/// What a shard needs to know to serve a table; it arrives as an entry of the shard's own log.
public struct TableSettings: Equatable, Sendable {
  public var id: TableID
  public var key: KeySchema
  /// Settings take the place of those with a lower version. 0 where an earlier build made them.
  public var version: UInt64
  public var indexes: [IndexSettings]
  /// The attribute that holds an item's expiry time; nil where items don't expire.
  public var timeToLive: [UInt8]?
  /// Nil where the table has none.
  public var stream: StreamSettings?
  /// Nil where the table has no replicas in other regions.
  public var replication: ReplicationSettings?

  public init(
    id: TableID, key: KeySchema, version: UInt64 = 0, indexes: [IndexSettings] = [], timeToLive: [UInt8]? = nil,
    stream: StreamSettings? = nil, replication: ReplicationSettings? = nil
  ) {
    self.id = id
    self.key = key
    self.version = version
    self.indexes = indexes
    self.timeToLive = timeToLive
    self.stream = stream
    self.replication = replication
  }
}

/// Which regions hold a replica of a table, as a shard of one of them knows it.
public struct ReplicationSettings: Equatable, Sendable {
  /// The shard's own.
  public var region: String
  /// Ascending; at least one.
  public var others: [String]
  /// The ``Table/uniqueID``, which all replicas share.
  public var table: [UInt8]
  /// Nil where every region holds everything.
  public var residency: Residency?
  /// Regions that were given up, ascending: some of what they wrote may have reached only some of the others.
  public var lost: [String]
  /// The table is to go from this region and takes no more writes. Not of the catalog: the shard notes it.
  public var isClosed = false

  public init(
    region: String, others: [String], table: [UInt8] = [], residency: Residency? = nil, lost: [String] = []
  ) {
    self.residency = residency
    self.lost = lost.sorted()
    self.region = region
    self.others = others.sorted()
    self.table = table
  }
}

/// An index as a shard knows it.
public struct IndexSettings: Equatable, Sendable {
  /// The hidden table of its rows.
  public var id: TableID
  public var kind: IndexDefinition.Kind
  public var key: IndexKeySchema
  public var projection: ProjectionType
  /// With ``ProjectionType/include`` only.
  public var includedAttributes: [[UInt8]]
  /// ``IndexStatus/creating`` where a shard that did not know the index before has to fill it with the items that it
  /// holds; ``IndexStatus/active`` where there were none.
  public var status: IndexStatus

  public init(
    id: TableID, kind: IndexDefinition.Kind, key: IndexKeySchema, projection: ProjectionType,
    includedAttributes: [[UInt8]] = [], status: IndexStatus = .active
  ) {
    self.id = id
    self.kind = kind
    self.key = key
    self.projection = projection
    self.includedAttributes = includedAttributes
    self.status = status
  }
}

public struct StreamSettings: Equatable, Sendable {
  public var view: StreamViewType
  /// Names the stream among those that the table has had.
  public var startedAtMs: UInt64

  public init(view: StreamViewType, startedAtMs: UInt64) {
    self.view = view
    self.startedAtMs = startedAtMs
  }
}
