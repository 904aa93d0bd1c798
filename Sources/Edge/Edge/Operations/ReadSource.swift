internal import Catalog
internal import Expressions
internal import Items
internal import Messages

/// What a Query or Scan reads: a table, or one of its indexes.
struct ReadSource {
  let table: TableHandle
  let index: IndexHandle?

  /// - Throws: an index that the table does not have, or that is not filled yet.
  init(_ table: TableHandle, indexName: String?) throws(APIError) {
    self.table = table
    guard let indexName else {
      index = nil
      return
    }
    guard let index = table.indexes.first(where: { $0.name == indexName }), index.status != .deleting else {
      throw .validation("The table does not have the specified index: \(indexName)")
    }
    guard index.status == .active else {
      throw .validation("Cannot read from backfilling global secondary index: \(indexName)")
    }
    self.index = index
  }

  var id: TableID { index?.layout.id ?? table.id }
  var partition: [TableKeyAttribute] { index?.layout.partition ?? [table.key.partition] }
  var sort: [TableKeyAttribute] { index?.layout.sort ?? table.key.sort.map { [$0] } ?? [] }
  /// Those that tell where a page ends: an index's, then its table's.
  var keyAttributes: [TableKeyAttribute] { index?.layout.attributes ?? table.key.attributes }

  // MARK: Ranges

  /// The rows that a key condition means: lower inclusive, upper exclusive.
  func bounds(_ condition: KeyCondition) -> (lower: RowKey, upper: RowKey) {
    var first = index?.layout.prefix(condition.partition) ?? RowKey(table: table.id, partition: condition.partition[0])
    for value in condition.leading { append(value, to: &first) }
    let end = Self.end(of: first)
    func at(_ value: AttributeValue) -> RowKey {
      var key = first
      append(value, to: &key)
      return key
    }
    func after(_ value: AttributeValue) -> RowKey { index == nil ? Self.after(at(value)) : Self.end(of: at(value)) }
    switch condition.sort {
    case nil: return (first, end)
    case .equal(let value): return (at(value), after(value))
    case .less(let value): return (first, at(value))
    case .lessOrEqual(let value): return (first, after(value))
    case .greater(let value): return (after(value), end)
    case .greaterOrEqual(let value): return (at(value), end)
    case .between(let low, let high): return (at(low), after(high))
    case .beginsWith(let value):
      var prefix = at(value)
      // In an index the component would end here.
      if index != nil { prefix.bytes.removeLast(KeyCodec.terminatorBytes) }
      return (prefix, Self.end(of: prefix))
    }
  }

  /// A table's sort key is the last part of a row's key; an index's are followed by the item's key.
  private func append(_ value: AttributeValue, to key: inout RowKey) {
    if index == nil {
      KeyCodec.appendSort(value, to: &key.bytes)
    } else {
      KeyCodec.appendPartition(value, to: &key.bytes)
    }
  }

  /// The smallest row key above `key`.
  static func after(_ key: RowKey) -> RowKey { RowKey(bytes: key.bytes + [0]) }

  /// The first row key after every one that starts with `prefix`.
  static func end(of prefix: RowKey) -> RowKey {
    guard let end = RowKey.end(ofPrefix: prefix.bytes) else {
      fatalError("A table's rows reach the end of the key space.")
    }
    return RowKey(bytes: end)
  }
}
