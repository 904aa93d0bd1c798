public import Messages

/// A change of the catalog, carried by the metadata group's log.
public enum CatalogCommand: Equatable, Sendable {
  /// Refused where a shard map exists.
  case initialise(ShardMap)
  case createTable(TableDefinition, createdAtMs: UInt64, uniqueID: [UInt8])
  /// As an earlier build proposed it: its replicas gave indexes no ids, so none may when it is read from the log again.
  case createUnnumbered(TableDefinition, createdAtMs: UInt64, uniqueID: [UInt8])
  /// Every shard has the table's settings of that version now.
  case activate(TableID, version: UInt64)
  case alterTable(TableAlteration)
  /// Gives ids to the indexes of a table that an earlier build made. Nothing where it was done.
  case number(TableID)
  /// Every shard has put into the index what its items imply.
  case completeIndex(TableID, of: TableID)
  case deleteTable(name: String)
  /// From another region: there is to be a table with that definition and unique id here, and it is to know the regions
  /// named in it.
  case ensureReplica(TableDefinition, createdAtMs: UInt64, uniqueID: [UInt8])
  /// From another region: the table with that unique id is no longer to be in `region`, which may be this one.
  case leaveReplica(uniqueID: [UInt8], region: String)
  /// Every node of the region reads what came with that release (``Catalog/release``).
  case useRelease(UInt8)
  /// To the region whose replica of the table is to go: once the others have what it took in, it says so and drops it.
  case retireReplica(uniqueID: [UInt8], region: String)
  /// That region's replica is given up, whatever it took in and did not send. Where it is, it becomes a table of its own.
  case abandonReplica(uniqueID: [UInt8], region: String)
  /// Every shard has sent to the region what was there before it had a replica.
  case completeReplica(String, of: TableID)
  /// The region has another table of that name.
  case failReplica(String, of: TableID)
  /// No region has anything of that replica any more.
  case forgetReplica(String, of: TableID)
  /// From another region: what all replicas of the table with that unique id have in common is as in that definition.
  case adoptShared(TableDefinition, version: ItemVersion, uniqueID: [UInt8])
  /// Every other region has heard of it.
  case completeShare(ItemVersion, of: TableID)
  /// The settings of the nodes have these residency rules for tables of that name; nil: none.
  case setResidency(Residency?, of: String)
  /// No shard serves the table any more.
  case forget(TableID)
  /// The nodes and the places of replicas, made from those of the version before.
  case changeMembers(ClusterMembers)
}

/// A whole new definition of a table, made from the one that the asker saw. What differs is the change.
public struct TableAlteration: Equatable, Sendable {
  public var id: TableID
  /// That of the table it was made from; one that was changed since is left as it is (``CatalogOutcome/tableChanged``).
  public var version: UInt64
  /// With the same name and primary key, and the same definition of each index that stays but for its throughput.
  public var definition: TableDefinition
  /// By the clock of the coordinator that was asked.
  public var atMs: UInt64

  public init(of table: Table, to definition: TableDefinition, atMs: UInt64) {
    id = table.id
    version = table.version
    self.definition = definition
    self.atMs = atMs
  }
}

public enum CatalogOutcome: Equatable, Sendable {
  case done
  case table(Table)
  case tableExists
  case tableNotFound
  /// The table is being created, changed or deleted.
  case tableInUse(TableStatus)
  /// An alteration was made from a version of the table that is no longer the newest.
  case tableChanged
  case deletionProtected
  /// The region of a replica made another one in the last day (``Table/actedAsSource(atMs:)``).
  case actedAsSource
  /// An index of the table is being made.
  case indexesInUse
  /// The table has replicas in other regions, and a node may run an earlier release, which cannot delete it then.
  case hasReplicas
  /// A residency rule does not keep an attribute that is a key of the table, or of one of its indexes.
  case residencyForbids(attribute: [UInt8])
  case tooManyTables
  case alreadyInitialised
  /// The members were changed since these were made from them.
  case membersChanged
}
