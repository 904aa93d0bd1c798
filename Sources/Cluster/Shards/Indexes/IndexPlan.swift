import Bytes
import Catalog
import Items
import Messages

/// What a shard does for one index when an item of its table changes.
struct IndexPlan {
  let key: IndexKey
  /// The attributes that a row has, ascending; nil: all.
  private let projected: [[UInt8]]?

  var id: TableID { key.id }

  init(_ index: IndexSettings, of table: TableSettings) {
    key = IndexKey(id: index.id, kind: index.kind, key: index.key, of: table.id, base: table.key)
    if index.projection == .all {
      projected = nil
    } else {
      var names = key.attributes.map(\.name) + index.includedAttributes
      names.sort { ByteOrder.precedes($0, $1) }
      projected = names.indices.filter { $0 == 0 || names[$0] != names[$0 - 1] }.map { names[$0] }
    }
  }

  /// The row of an item, nil where it has none: indexes are sparse.
  func row(of item: EncodedItem?, base: RowKey) throws(MalformedBytes) -> IndexBatch.Row? {
    guard let item, let row = try key.row(of: item, base: base) else { return nil }
    return IndexBatch.Row(key: row, item: try projected.map { (names) throws(MalformedBytes) in try item.subset(names) } ?? item)
  }

  /// What becomes of the rows when an item changes.
  func change(from old: EncodedItem?, to new: EncodedItem?, base: RowKey) throws(MalformedBytes) -> RowChange {
    let before = try row(of: old, base: base)
    let after = try row(of: new, base: base)
    if before == after { return RowChange() }
    return RowChange(put: after, delete: before?.key == after?.key ? nil : before?.key)
  }
}

/// The rows of an index that one change of an item puts and deletes.
struct RowChange {
  var put: IndexBatch.Row?
  var delete: RowKey?
}
