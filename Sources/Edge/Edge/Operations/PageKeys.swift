internal import Bytes
internal import Catalog
internal import Items
internal import Messages

/// Where a page of Query or Scan begins and ends: the key that clients pass from `LastEvaluatedKey` to
/// `ExclusiveStartKey`, and the row key that it stands for.
enum PageKeys {
  /// The smallest row key above `key`.
  static func after(_ key: RowKey) -> RowKey { RowKey(bytes: key.bytes + [0]) }

  /// The first row key after every one that starts with `prefix`.
  static func end(of prefix: RowKey) -> RowKey {
    guard let end = RowKey.end(ofPrefix: prefix.bytes) else {
      fatalError("A table's rows reach the end of the key space.")
    }
    return RowKey(bytes: end)
  }

  static func attributes(of key: RowKey, _ table: TableHandle) -> AttributeMap {
    do throws(MalformedBytes) {
      var reader = ByteReader(key.bytes, in: RowKey.headerBytes..<key.bytes.count)
      var attributes = AttributeMap()
      attributes[table.key.partition.name] = try KeyCodec.readPartition(table.key.partition.type, from: &reader)
      if let sort = table.key.sort { attributes[sort.name] = try KeyCodec.readSort(sort.type, from: &reader) }
      return attributes
    } catch {
      fatalError("A replica answered with a row key that cannot be read: \(error.what).")
    }
  }
}
