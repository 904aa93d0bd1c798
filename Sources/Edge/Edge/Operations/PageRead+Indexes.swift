internal import Catalog
internal import Expressions
internal import Items
internal import Messages

/// What an index allows to be read of it. The texts are DynamoDB's.
extension PageRead {
  func check(_ source: ReadSource) throws(APIError) {
    guard let index = source.index, !index.isLocal else { return }
    if consistent { throw .validation("Consistent reads are not supported on global secondary indexes") }
    if wantsAll, index.projected != nil {
      throw .invalid(
        "Select type ALL_ATTRIBUTES is not supported for global secondary index \(index.name) because its projection "
          + "type is not ALL")
    }
    let missing = index.unprojected(expressions.projection?.topLevelNames ?? [])
    guard missing.isEmpty else {
      let names = missing.map { String(decoding: $0, as: UTF8.self) }.joined(separator: ", ")
      throw .invalid("Global secondary index \(index.name) does not project [\(names)]")
    }
  }

  /// Whether the rows of a local index do not have what is asked for: then their items are fetched.
  func fetchesItems(_ source: ReadSource) -> Bool {
    guard let index = source.index, index.isLocal, index.projected != nil else { return false }
    if wantsAll { return true }
    let wanted = (expressions.projection?.topLevelNames ?? []) + (expressions.filter?.referencedTopLevelNames ?? [])
    return !index.unprojected(wanted).isEmpty
  }

  /// An index pays for its rows, the table for what was fetched of it.
  func consumed(_ page: RangePage, _ source: ReadSource) -> ConsumedCapacity {
    let steps = page.last == nil && source.index == nil ? partsMin : 1
    let units = ConsumedCapacity.read(bytes: Int(page.scannedBytes), consistent: consistent, stepsMin: steps)
    guard let index = source.index else { return ConsumedCapacity(table: source.table.name, units: units) }
    let fetched = Double(page.fetchedSteps) * (consistent ? 1 : 0.5)
    return ConsumedCapacity(table: source.table.name, units: fetched, indexes: [.init(index, units: units)])
  }
}
