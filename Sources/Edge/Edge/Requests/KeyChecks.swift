internal import Bytes
internal import Catalog
internal import Items
internal import Messages

/// Primary keys of requests: checked against a table's schema, and made into row keys.
enum KeyChecks {
  static let partitionBytesMax = 2_048
  static let sortBytesMax = 1_024
  static let mismatch = APIError.validation("The provided key element does not match the schema")

  /// The row key of a whole item that is to be put.
  static func rowKey(ofItem item: EncodedItem, _ table: TableHandle) throws(APIError) -> RowKey {
    let partition = try attribute(table.key.partition, ofItem: item)
    let sort: AttributeValue? =
      if let schema = table.key.sort { try attribute(schema, ofItem: item) } else { nil }
    try checkSizes(partition, sort)
    return RowKey(table: table.id, partition: partition, sort: sort)
  }

  /// The row key of a `Key` parameter, which holds the key attributes and nothing else.
  static func rowKey(ofKey key: EncodedItem, _ table: TableHandle) throws(APIError) -> RowKey {
    let values = try keyValues(key, table)
    try checkNotEmpty(values.partition, table.key.partition)
    if let sort = values.sort, let schema = table.key.sort { try checkNotEmpty(sort, schema) }
    try checkSizes(values.partition, values.sort)
    return RowKey(table: table.id, partition: values.partition, sort: values.sort)
  }

  /// The values of a parameter that must be a primary key in form.
  static func keyValues(
    _ key: EncodedItem, _ table: TableHandle
  ) throws(APIError) -> (partition: AttributeValue, sort: AttributeValue?) {
    guard key.count == table.key.attributes.count else { throw mismatch }
    guard let partition = key.attribute(table.key.partition.name),
      KeyType(of: partition) == table.key.partition.type
    else { throw mismatch }
    guard let schema = table.key.sort else { return (partition, nil) }
    guard let sort = key.attribute(schema.name), KeyType(of: sort) == schema.type else { throw mismatch }
    return (partition, sort)
  }

  private static func attribute(_ key: KeyAttribute, ofItem item: EncodedItem) throws(APIError) -> AttributeValue {
    guard let value = item.attribute(key.name) else {
      throw .invalid("Missing the key \(key.text) in the item")
    }
    guard KeyType(of: value) == key.type else {
      throw .invalid("Type mismatch for key \(key.text) expected: \(key.type.name) actual: \(value.typeName)")
    }
    try checkNotEmpty(value, key)
    return value
  }

  private static func checkNotEmpty(_ value: AttributeValue, _ key: KeyAttribute) throws(APIError) {
    let kind: String
    switch value {
    case .string(let bytes) where bytes.isEmpty: kind = "string"
    case .binary(let bytes) where bytes.isEmpty: kind = "binary"
    default: return
    }
    throw .validation(
      "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty "
        + "\(kind) value. Key: \(key.text)")
  }

  /// The texts are DynamoDB's own, missing blank included.
  private static func checkSizes(_ partition: AttributeValue?, _ sort: AttributeValue?) throws(APIError) {
    if let partition, partition.sizeBytes > partitionBytesMax {
      throw .invalid("Size of hashkey has exceeded the maximum size limit of2048 bytes")
    }
    if let sort, sort.sizeBytes > sortBytesMax {
      throw .invalid("Aggregated size of all range keys has exceeded the size limit of 1024 bytes")
    }
  }

  /// An item that has an index's key attribute must have it with the index's type, not empty and not too long.
  static func checkIndexKeys(of item: EncodedItem, _ table: TableHandle) throws(APIError) {
    guard !table.indexKeys.isEmpty else { return }
    for index in table.table.definition.indexes {
      for key in index.key.attributes where table.indexKeys.contains(key) {
        guard let value = item.attribute(key.name) else { continue }
        try checkIndexKey(value, key, index.name)
        let isPartition = index.key.partition.contains(key)
        try checkSizes(isPartition ? value : nil, isPartition ? nil : value)
      }
    }
  }

  private static func checkIndexKey(
    _ value: AttributeValue, _ key: KeyAttribute, _ index: String
  ) throws(APIError) {
    guard KeyType(of: value) == key.type else {
      throw .invalid(
        "Type mismatch for Index Key \(key.text) Expected: \(key.type.name) Actual: \(value.typeName) "
          + "IndexName: \(index)")
    }
    let isEmpty =
      switch value {
      case .string(let bytes), .binary(let bytes): bytes.isEmpty
      default: false
      }
    guard isEmpty else { return }
    throw .validation(
      "One or more parameter values are not valid. A value specified for a secondary index key is not supported. The "
        + "AttributeValue for a key attribute cannot contain an empty \(key.type == .string ? "string" : "binary") "
        + "value. IndexName: \(index), IndexKey: \(key.text)")
  }
}

extension KeyAttribute {
  var text: String { String(decoding: name, as: UTF8.self) }
}

/// Reads of items that were encoded in this process or arrived in a checksummed frame.
extension EncodedItem {
  func attribute(_ name: [UInt8]) -> AttributeValue? {
    do throws(MalformedBytes) {
      return try value(named: name)
    } catch {
      fatalError("An encoded item cannot be read: \(error.what).")
    }
  }

  var count: Int {
    do throws(MalformedBytes) {
      return try attributeCount()
    } catch {
      fatalError("An encoded item cannot be read: \(error.what).")
    }
  }
}
