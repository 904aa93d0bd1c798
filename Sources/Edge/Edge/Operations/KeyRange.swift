internal import Expressions
internal import Items
internal import Messages

/// The rows that a key condition means, as bounds of row keys: lower inclusive, upper exclusive.
enum KeyRange {
  static func bounds(_ condition: KeyCondition, _ table: TableHandle) -> (lower: RowKey, upper: RowKey) {
    let first = RowKey(table: table.id, partition: condition.partition)
    let end = PageKeys.end(of: first)
    func at(_ sort: AttributeValue) -> RowKey {
      RowKey(table: table.id, partition: condition.partition, sort: sort)
    }
    func after(_ sort: AttributeValue) -> RowKey { PageKeys.after(at(sort)) }
    switch condition.sort {
    case nil: return (first, end)
    case .equal(let value): return (at(value), after(value))
    case .less(let value): return (first, at(value))
    case .lessOrEqual(let value): return (first, after(value))
    case .greater(let value): return (after(value), end)
    case .greaterOrEqual(let value): return (at(value), end)
    case .between(let low, let high): return (at(low), after(high))
    case .beginsWith(let prefix): return (at(prefix), PageKeys.end(of: at(prefix)))
    }
  }
}
