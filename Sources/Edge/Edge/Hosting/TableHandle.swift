internal import Catalog
internal import Items
internal import Messages

/// The name `KeyAttribute` is also one of the expressions.
typealias TableKeyAttribute = KeyAttribute

/// A table as the operations see it, made once for each version of the catalog.
final class TableHandle {
  let table: Table
  /// Of the indexes, each once: attributes whose type an item must respect where it has them.
  let indexKeys: [KeyAttribute]
  /// In the order of their definitions.
  let indexes: [IndexHandle]

  init(_ table: Table) {
    self.table = table
    var keys: [KeyAttribute] = []
    let own = table.definition.key.attributes
    for attribute in table.definition.indexes.flatMap(\.key.attributes)
    where !own.contains(attribute) && !keys.contains(attribute) {
      keys.append(attribute)
    }
    indexKeys = keys
    indexes = table.definition.indexes.compactMap { definition in
      table.index(named: definition.name).map { IndexHandle($0, definition, of: table) }
    }
  }

  /// Those that changes of items are written to.
  var writtenIndexes: [IndexHandle] { indexes.filter { $0.status != .deleting } }

  var hasLocalIndexes: Bool { indexes.contains { $0.isLocal } }

  var id: TableID { table.id }
  var name: String { table.name }
  var key: KeySchema { table.definition.key }
  var isActive: Bool { table.status == .active || table.status == .updating }
}

/// The handles of the catalog that was seen last.
struct TableCache {
  private var version: UInt64 = 0
  private var handles: [String: TableHandle] = [:]

  mutating func handle(named name: String, in catalog: borrowing Catalog) -> TableHandle? {
    if catalog.version != version {
      version = catalog.version
      handles.removeAll(keepingCapacity: true)
    }
    if let handle = handles[name] { return handle }
    guard let table = catalog.table(named: name) else { return nil }
    let handle = TableHandle(table)
    handles[name] = handle
    return handle
  }
}
