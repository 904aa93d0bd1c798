internal import Bytes
internal import Catalog
internal import Items
internal import Messages

/// Where a page of Query or Scan begins and ends: the key that clients pass from `LastEvaluatedKey` to
/// `ExclusiveStartKey`, and the row key that it stands for.
extension ReadSource {
  func attributes(of row: RowKey) -> AttributeMap {
    do throws(MalformedBytes) {
      if let index { return try index.layout.attributes(of: row) }
      return try table.key.attributes(of: row)
    } catch {
      fatalError("A replica answered with a row key that cannot be read: \(error.what).")
    }
  }

  /// The row that a starting key stands for. It has the key attributes and nothing else.
  func row(at given: EncodedItem) throws(APIError) -> RowKey {
    guard let index else {
      let values = try KeyChecks.keyValues(given, table)
      return RowKey(table: table.id, partition: values.partition, sort: values.sort)
    }
    let keys = index.layout.attributes
    guard given.count == keys.count else { throw Self.invalidStart }
    var values: [[UInt8]: AttributeValue] = [:]
    for key in keys {
      guard let value = given.attribute(key.name), KeyType(of: value) == key.type else { throw KeyChecks.mismatch }
      values[key.name] = value
    }
    func all(_ keys: [TableKeyAttribute]) -> [AttributeValue] { keys.compactMap { values[$0.name] } }
    let base = all(table.key.attributes)
    let item = RowKey(table: table.id, partition: base[0], sort: base.count > 1 ? base[1] : nil)
    return index.layout.row(all(index.layout.partition), all(index.layout.sort), base: item)
  }

  static let invalidStart = APIError.validation("The provided starting key is invalid")
}

extension KeySchema {
  /// The key attributes that a row's key tells.
  func attributes(of row: RowKey) throws(MalformedBytes) -> AttributeMap {
    var reader = ByteReader(row.bytes, in: RowKey.headerBytes..<row.bytes.count)
    var attributes = AttributeMap()
    attributes[partition.name] = try KeyCodec.readPartition(partition.type, from: &reader)
    if let sort { attributes[sort.name] = try KeyCodec.readSort(sort.type, from: &reader) }
    return attributes
  }

  func partition(of row: RowKey) -> AttributeValue? { (try? attributes(of: row))?[partition.name] }
}
