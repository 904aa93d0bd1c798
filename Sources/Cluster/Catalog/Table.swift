public import Messages

/// Stored: the raw values.
public enum TableStatus: UInt8, Sendable {
  case creating = 1
  case active = 2
  case deleting = 3
  /// It serves, and some shards may not have followed its newest settings yet.
  case updating = 4
}

/// Stored: the raw values.
public enum IndexStatus: UInt8, Sendable {
  /// Added to a table that has items: it is fed from now on and filled with what was there before.
  case creating = 1
  case active = 2
  /// The shards no longer serve it, or are about to drop it.
  case deleting = 3
}

/// What the metadata group keeps of an index beside its definition.
public struct TableIndex: Equatable, Sendable {
  /// That of its definition; one name names one index of a table.
  public var name: String
  /// The hidden table of its rows.
  public var id: TableID
  public var status: IndexStatus

  public init(name: String, id: TableID, status: IndexStatus) {
    self.name = name
    self.id = id
    self.status = status
  }
}

/// Stored: the raw values.
public enum ReplicaStatus: UInt8, Sendable {
  /// The region is being told, and what the table has is on its way there.
  case creating = 1
  case active = 2
  /// It was given up, or never came to be. What is left is to tell the regions; clients do not see it any more.
  case deleting = 3
  /// The region has another table of that name.
  case failed = 4
  /// It is to go, and takes part until everybody has what it took in.
  case draining = 5
  /// It has gone, and some shards may not know yet.
  case left = 6
}

/// A table's counterpart in another region.
public struct TableReplica: Equatable, Sendable {
  public var region: String
  public var status: ReplicaStatus
  /// When it was asked for, where that was here: this region is what the replica was made from. Else 0. Of one that is
  /// draining: when that was asked for.
  public var addedAtMs: UInt64

  public init(region: String, status: ReplicaStatus, addedAtMs: UInt64 = 0) {
    self.region = region
    self.status = status
    self.addedAtMs = addedAtMs
  }
}

/// A stream that was switched off: its records can be read for a while.
public struct ClosedStream: Equatable, Sendable {
  public var stream: StreamSettings
  /// By the clock of the coordinator that was asked.
  public var closedAtMs: UInt64

  public init(stream: StreamSettings, closedAtMs: UInt64) {
    self.stream = stream
    self.closedAtMs = closedAtMs
  }

  /// For how long DynamoDB keeps the records of a stream, and shows one that is off.
  public static let retentionMs: UInt64 = 24 * 60 * 60 * 1_000
  /// Of one table; the oldest goes early.
  static let countMax = 100

  public func isShown(atMs now: UInt64) -> Bool { closedAtMs + Self.retentionMs > now }
}

/// A table as the metadata group knows it.
public struct Table: Equatable, Sendable {
  public var id: TableID
  public var definition: TableDefinition
  public var status: TableStatus
  /// When the table was made, milliseconds since 1970 by the clock of the coordinator that was asked.
  public var createdAtMs: UInt64
  /// A random identifier (the `TableId` of `DescribeTable`), 16 bytes; replicas in other regions have the same.
  public var uniqueID: [UInt8]
  /// Raised by every change of the table.
  public var version: UInt64
  /// The version in which the shards' settings changed last. 0 where an earlier build made the table: its shards know
  /// nothing of indexes and streams.
  public var settingsVersion: UInt64
  /// In the order of their definitions. One without an entry here has no id yet (``Catalog/needsNumbering(_:)``).
  public var indexes: [TableIndex]
  /// When the stream was switched on last, also where it is off now; no two streams of a table have the same.
  public var streamStartedAtMs: UInt64?
  /// Ascending by start. What is older than ``ClosedStream/retentionMs`` stays until the table's stream changes again.
  public internal(set) var closedStreams: [ClosedStream] = []
  /// When the table was switched to billing by request last; nil where it has been so from the start, or never was.
  public var onDemandSinceMs: UInt64?
  /// In the order in which they were added.
  public internal(set) var replicas: [TableReplica] = []
  /// What its shards have been told of the catalog's rules, or are being told.
  public internal(set) var residency: Residency?
  /// When and where what all replicas have in common (``TableDefinition/takeShared(from:)``) was changed last; nil where
  /// nobody did since there are replicas. The highest stays, everywhere.
  public internal(set) var shared: ItemVersion?
  /// The other regions are still to be told.
  public internal(set) var isSharing = false

  public init(
    id: TableID, definition: TableDefinition, status: TableStatus, createdAtMs: UInt64, uniqueID: [UInt8],
    version: UInt64 = 1, settingsVersion: UInt64 = 1, indexes: [TableIndex] = [], streamStartedAtMs: UInt64? = nil
  ) {
    self.id = id
    self.definition = definition
    self.status = status
    self.createdAtMs = createdAtMs
    self.uniqueID = uniqueID
    self.version = version
    self.settingsVersion = settingsVersion
    self.indexes = indexes
    self.streamStartedAtMs = streamStartedAtMs
  }

  public var name: String { definition.name }

  /// Nil where the table has no such index, or it has no id yet.
  public func index(named name: String) -> TableIndex? { indexes.first { $0.name == name } }

  /// What its shards are to know.
  public var settings: TableSettings {
    TableSettings(
      id: id, key: definition.key, version: settingsVersion, indexes: indexes.compactMap { settings(of: $0) },
      timeToLive: definition.timeToLive, stream: openStream, replication: replication)
  }

  /// Regions to which its changes go, and whose changes it takes.
  public var replicatedTo: [String] {
    replicas.filter { $0.status == .creating || $0.status == .active || $0.status == .draining }.map(\.region)
  }

  /// As clients see them.
  public var shownReplicas: [TableReplica] { replicas.filter { $0.status != .deleting } }

  private var replication: ReplicationSettings? {
    guard let own = definition.replicas?.own, !replicatedTo.isEmpty else { return nil }
    return ReplicationSettings(
      region: own, others: replicatedTo, table: uniqueID, residency: residency,
      lost: replicas.filter { $0.status == .deleting }.map(\.region))
  }

  /// The definition that its counterpart in `region` has to have. What is each region's own it begins without, as in the
  /// service.
  public func definition(in region: String) -> TableDefinition? {
    guard let own = definition.replicas?.own else { return nil }
    var there = definition
    there.deletionProtection = false
    there.tags = []
    there.pointInTimeRecovery = nil
    there.replicas = ReplicaRegions(own: region, others: (replicatedTo + [own]).filter { $0 != region })
    // Indexes that are going are no longer wanted.
    there.indexes.removeAll { index(named: $0.name)?.status == .deleting }
    return there
  }

  /// The stream that is on.
  public var openStream: StreamSettings? {
    definition.stream.map { StreamSettings(view: $0, startedAtMs: streamStartedAtMs ?? createdAtMs) }
  }

  /// Nil for an index that is going.
  private func settings(of index: TableIndex) -> IndexSettings? {
    guard index.status != .deleting else { return nil }
    guard let definition = definition.indexes.first(where: { $0.name == index.name }) else {
      fatalError("An index of a table has no definition.")
    }
    return IndexSettings(
      id: index.id, kind: definition.kind, key: definition.key, projection: definition.projection,
      includedAttributes: definition.includedAttributes, status: index.status)
  }
}
