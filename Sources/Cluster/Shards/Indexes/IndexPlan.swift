import Bytes
import Catalog
import Items
import Messages

/// What a shard does for one index when an item of its table changes.
struct IndexPlan {
  let layout: IndexLayout

  var id: TableID { layout.id }

  init(_ index: IndexSettings, of table: TableSettings) {
    layout = IndexLayout(index, of: table.id, base: table.key)
  }

  /// The row of an item, nil where it has none: indexes are sparse.
  func row(of item: EncodedItem?, base: RowKey) throws(MalformedBytes) -> IndexBatch.Row? {
    guard let item, let key = try layout.row(of: item, base: base) else { return nil }
    return IndexBatch.Row(key: key, item: try layout.projection(of: item))
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
