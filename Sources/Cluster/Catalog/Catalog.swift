public import Messages

/// The state of the metadata group: what exists in this region, and where it is.
public struct Catalog: Equatable, Sendable {
  /// Raised by every change.
  public internal(set) var version: UInt64
  /// Nil until the cluster was initialised.
  public internal(set) var shardMap: ShardMap?
  /// Ascending by name (bytewise, as `ListTables` pages).
  public internal(set) var tables: [Table]
  var nextTableID: UInt32

  public init() {
    version = 0
    shardMap = nil
    tables = []
    nextTableID = 1
  }

  /// Table names are ASCII, so the order of their bytes is that of their characters. O(log n).
  public func table(named name: String) -> Table? {
    let position = self.position(of: name)
    return position < tables.count && tables[position].name == name ? tables[position] : nil
  }

  public func table(_ id: TableID) -> Table? { tables.first { $0.id == id } }

  /// The index of the first table whose name is not below `name`.
  public func position(of name: String) -> Int {
    var low = 0
    var high = tables.count
    while low < high {
      let middle = (low + high) / 2
      if tables[middle].name < name { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

/// A change of the catalog, carried by the metadata group's log.
public enum CatalogCommand: Equatable, Sendable {
  /// Refused where a shard map exists.
  case initialise(ShardMap)
  case createTable(TableDefinition, createdAtMs: UInt64, uniqueID: [UInt8])
  /// Every shard serves the table now.
  case activate(TableID)
  case deleteTable(name: String)
  /// No shard serves the table any more.
  case forget(TableID)
}

public enum CatalogOutcome: Equatable, Sendable {
  case done
  case table(Table)
  case tableExists
  case tableNotFound
  /// The table is being created or deleted.
  case tableInUse(TableStatus)
  case deletionProtected
  case tooManyTables
  case alreadyInitialised
}

extension Catalog {
  /// DynamoDB's default quota of tables in a region.
  public static let tablesMax = 2_500

  /// Applies one command; deterministic, the same on every replica.
  public mutating func apply(_ command: CatalogCommand) -> CatalogOutcome {
    let outcome = change(by: command)
    switch outcome {
    case .done, .table: version += 1
    default: break
    }
    return outcome
  }

  private mutating func change(by command: CatalogCommand) -> CatalogOutcome {
    switch command {
    case .initialise(let map):
      guard shardMap == nil else { return .alreadyInitialised }
      shardMap = map
      return .done
    case .createTable(let definition, let createdAtMs, let uniqueID):
      return create(definition, createdAtMs: createdAtMs, uniqueID: uniqueID)
    case .activate(let id):
      guard let position = tables.firstIndex(where: { $0.id == id }), tables[position].status == .creating else {
        return .tableNotFound
      }
      tables[position].status = .active
      return .table(tables[position])
    case .deleteTable(let name):
      return delete(name)
    case .forget(let id):
      guard let position = tables.firstIndex(where: { $0.id == id }) else { return .tableNotFound }
      return .table(tables.remove(at: position))
    }
  }

  private mutating func create(
    _ definition: TableDefinition, createdAtMs: UInt64, uniqueID: [UInt8]
  ) -> CatalogOutcome {
    if let existing = table(named: definition.name) {
      // The same request once more.
      if existing.uniqueID == uniqueID { return .table(existing) }
      return existing.status == .active ? .tableExists : .tableInUse(existing.status)
    }
    guard tables.count < Self.tablesMax else { return .tooManyTables }
    let table = Table(
      id: TableID(nextTableID), definition: definition, status: .creating, createdAtMs: createdAtMs,
      uniqueID: uniqueID)
    nextTableID += 1
    tables.insert(table, at: position(of: definition.name))
    return .table(table)
  }

  private mutating func delete(_ name: String) -> CatalogOutcome {
    let position = self.position(of: name)
    guard position < tables.count, tables[position].name == name else { return .tableNotFound }
    guard tables[position].status == .active else { return .tableInUse(tables[position].status) }
    guard !tables[position].definition.deletionProtection else { return .deletionProtected }
    tables[position].status = .deleting
    return .table(tables[position])
  }
}
