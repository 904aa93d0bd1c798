internal import Catalog
internal import Items

/// The items of one partition of a table with local indexes, as `ReturnItemCollectionMetrics` shows them.
///
/// The size is DynamoDB's estimate in steps of a gigabyte, there a warning before the limit of 10; here a partition has no
/// such limit, and the estimate is the first step.
struct ItemCollection {
  private let key: AttributeMap

  let partition: AttributeValue

  /// - Parameter item: one in it, or its key.
  init(of item: EncodedItem, _ table: TableHandle) {
    let name = table.key.partition.name
    guard let partition = item.attribute(name) else { fatalError("An item was written without its key.") }
    self.partition = partition
    key = AttributeMap([.init(name: name, value: partition)])
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
