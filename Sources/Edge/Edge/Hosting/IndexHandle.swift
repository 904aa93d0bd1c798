internal import Bytes
internal import Catalog
internal import Items
internal import Messages

/// An index as the operations see it, made with its table's handle.
struct IndexHandle {
  let definition: IndexDefinition
  let layout: IndexLayout
  let status: IndexStatus
  /// The attributes that its rows have; nil: all.
  let projected: Set<[UInt8]>?

  init(_ index: TableIndex, _ definition: IndexDefinition, of table: Table) {
    self.definition = definition
    status = index.status
    let settings = IndexSettings(
      id: index.id, kind: definition.kind, key: definition.key, projection: definition.projection,
      includedAttributes: definition.includedAttributes)
    layout = IndexLayout(settings, of: table.id, base: table.definition.key)
    projected = layout.projected.map { Set($0) }
  }

  var name: String { definition.name }
  var isLocal: Bool { layout.isLocal }

  /// Those of `names` that its rows do not have, ascending.
  func unprojected(_ names: [[UInt8]]) -> [[UInt8]] {
    guard let projected else { return [] }
    return names.filter { !projected.contains($0) }
  }

  /// Capacity units that a change of an item costs in this index (*Write capacity* of secondary indexes, Developer Guide):
  /// a put or a delete costs its row, a move both, a change of a row the larger of its images, no change nothing.
  func writeUnits(from old: EncodedItem?, to new: EncodedItem?) -> Double {
    let before = row(of: old)
    let after = row(of: new)
    switch (before, after) {
    case (nil, nil): return 0
    case (let row?, nil), (nil, let row?): return row.units
    case (let before?, let after?):
      if before.keys != after.keys { return before.units + after.units }
      return before.item == after.item ? 0 : max(before.units, after.units)
    }
  }

  private struct Row {
    var keys: [AttributeValue]
    var item: EncodedItem

    var units: Double { ConsumedCapacity.write(oldBytes: 0, newBytes: UInt32(item.sizeBytes)) }
  }

  private func row(of item: EncodedItem?) -> Row? {
    guard let item else { return nil }
    do throws(MalformedBytes) {
      guard let keys = try layout.values(of: item) else { return nil }
      return Row(keys: keys, item: try layout.projection(of: item))
    } catch {
      fatalError("An encoded item cannot be read: \(error.what).")
    }
  }
}
