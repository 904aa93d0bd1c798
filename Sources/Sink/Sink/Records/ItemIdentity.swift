internal import Bytes
internal import Crypto
internal import Items

/// What a table's items are known by.
struct TableShape: Equatable, Sendable {
  var name: String
  var partitionKey: [UInt8]
  var sortKey: [UInt8]?

  init(name: String, partitionKey: String, sortKey: String? = nil) {
    self.name = name
    self.partitionKey = Array(partitionKey.utf8)
    self.sortKey = sortKey.map { Array($0.utf8) }
  }
}

/// One item's keys as the mirror shows them, and the digest that is its primary key there.
struct ItemIdentity: Hashable, Sendable {
  /// SHA-256 of the table's name, the partition key and the sort key, each with its type and length.
  let id: [UInt8]
  /// Strings as they are, numbers in plain decimals, binaries in base 64.
  let pk: [UInt8]
  /// Empty in a table without a sort key.
  let sk: [UInt8]

  /// What the mirror has of it.
  init(id: [UInt8], pk: [UInt8], sk: [UInt8]) { (self.id, self.pk, self.sk) = (id, pk, sk) }

  /// Nil where a key is missing.
  init?(_ keys: AttributeMap, of table: TableShape) {
    guard let partition = keys[table.partitionKey] else { return nil }
    var sort: AttributeValue?
    if let name = table.sortKey {
      guard let value = keys[name] else { return nil }
      sort = value
    }
    var writer = ByteWriter(capacity: 128)
    writer.blob(Array(table.name.utf8))
    partition.encode(into: &writer)
    sort?.encode(into: &writer)
    id = Array(SHA256.hash(data: writer.bytes))
    pk = ColumnText.plain(partition)
    sk = sort.map(ColumnText.plain) ?? []
  }
}

/// The text that a single value becomes outside JSON.
enum ColumnText {
  static func plain(_ value: AttributeValue) -> [UInt8] {
    switch value {
    case .string(let text): return PostgresText.escaped(text)
    case .number(let number):
      var digits: [UInt8] = []
      number.append(to: &digits)
      return digits
    case .binary(let data): return Base64.encode(data)
    case .bool(let flag): return Array((flag ? "true" : "false").utf8)
    case .null: return []
    case .stringSet, .numberSet, .binarySet, .list, .map: return PlainJSON.value(value)
    }
  }
}
