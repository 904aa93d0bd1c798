internal import Catalog
internal import Items
internal import Messages

/// The items of one partition of a table with local indexes, as `ReturnItemCollectionMetrics` shows them.
///
/// The size is DynamoDB's estimate in steps of a gigabyte, there a warning before the limit of 10; here a partition has no
/// such limit, and the estimate is the first step.
struct ItemCollection {
  private let key: AttributeMap

  /// - Parameter row: of an item in it.
  init(_ row: RowKey, _ table: TableHandle) {
    guard let attributes = try? table.key.attributes(of: row) else { fatalError("A row key cannot be read.") }
    let name = table.key.partition.name
    key = AttributeMap(attributes.elements.filter { $0.name == name })
  }

  func write(to writer: inout JSONWriter) {
    writer.beginObject()
    writer.key("ItemCollectionKey")
    writer.item(key)
    writer.key("SizeEstimateRangeGB")
    writer.beginArray()
    writer.double(0)
    writer.double(1)
    writer.endArray()
    writer.endObject()
  }
}
