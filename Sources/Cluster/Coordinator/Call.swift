public import Catalog
public import Items
public import Messages

/// What the edge asks of the coordinator. One call becomes one request to a shard leader, or several for a scan.
public enum Call: Sendable {
  case write(ItemWrite)
  case get(RowKey, consistent: Bool)
  /// Within one partition, so within one shard.
  case query(RangeRead)
  /// Any range of one table: walks the shards in the order of the hash space until the page is full.
  case scan(RangeRead)
  /// Of one shard of the table.
  case stream(StreamRead, ShardID)
  /// How much one shard holds of these tables and indexes.
  case sizes([TableID], ShardID)
  /// Answered when every shard serves the table. `uniqueID` is 16 random bytes.
  case createTable(TableDefinition, createdAtMs: UInt64, uniqueID: [UInt8])
  /// Answered when every shard has followed.
  case alterTable(TableAlteration)
  /// Answered when every shard dropped the table and its name is free.
  case deleteTable(name: String)
  /// Fetches the newest catalog from the metadata group; afterwards ``Coordinator/catalog`` is at least that new.
  case refreshCatalog
}

public enum CallOutcome: Sendable {
  case written(WriteAnswer)
  /// `old` is present where it was asked for and the item existed.
  case conditionFailed(old: EncodedItem?, oldBytes: UInt32)
  case item(EncodedItem?)
  case page(RangePage)
  case stream(StreamPage)
  /// Empty where the shard has not counted yet.
  case sizes([TableSize])
  case catalog(CatalogOutcome)
  case refreshed
  case failed(CallFailure)
}

public enum CallFailure: Equatable, Sendable {
  /// The table id is not served any more: refresh the catalog, look the name up again, retry once if the id changed.
  case unknownTable
  /// DynamoDB's own text for a `ValidationException`.
  case invalid(String)
  /// The write may or may not have taken effect: `InternalServerError`.
  case outcomeUnknown
  /// A queue is full; the call had no effect.
  case overloaded
  /// No leader answered in time; the call had no effect. The text says what was waited for.
  case unavailable(String)
  /// A replica could not serve; the call had no effect.
  case failed(String)
}
