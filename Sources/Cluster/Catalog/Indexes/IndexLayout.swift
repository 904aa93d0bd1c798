public import Bytes
public import Items
public import Messages

/// How the rows of an index are keyed, and what they hold.
///
/// ```
/// global: index id (u32) | hash (u64) | partition components | sort components | base partition component | base sort
/// local:  index id (u32) | the base's hash (u64) | base partition component | sort component | base sort
/// ```
/// Every component but the last ends itself (``KeyCodec/appendPartition(_:to:)``), so that rows order by the index's keys
/// and then by the base's, and the base key can be read from a row's. The hash of a global index is that of index id and
/// partition components, so its rows lie where a table of their own would have them; a row of a local index lies in the
/// shard of its item.
public struct IndexLayout: Equatable, Sendable {
  public let id: TableID
  public let isLocal: Bool
  public let partition: [KeyAttribute]
  public let sort: [KeyAttribute]
  public let table: TableID
  public let base: KeySchema
  /// The attributes that a row has, ascending, each once; nil: all of its item's.
  public let projected: [[UInt8]]?

  /// DynamoDB's limits of keys, in bytes.
  public static let partitionBytesMax = 2_048
  public static let sortBytesMax = 1_024

  public init(_ index: IndexSettings, of table: TableID, base: KeySchema) {
    id = index.id
    isLocal = index.kind == .local
    partition = index.key.partition
    sort = index.key.sort
    self.table = table
    self.base = base
    guard index.projection != .all else {
      projected = nil
      return
    }
    let names = (index.key.attributes + base.attributes).map(\.name) + index.includedAttributes
    let sorted = names.sorted(by: ByteOrder.precedes)
    projected = sorted.indices.filter { $0 == 0 || sorted[$0] != sorted[$0 - 1] }.map { sorted[$0] }
  }

  /// The key attributes of a row: the index's, then those of the base that are not among them.
  public var attributes: [KeyAttribute] {
    var attributes = partition
    for key in sort + base.attributes where !attributes.contains(key) { attributes.append(key) }
    return attributes
  }

  // MARK: Row keys

  /// What the rows with these values of the partition attributes start with.
  public func prefix(_ values: [AttributeValue]) -> RowKey {
    if isLocal {
      var key = RowKey(table: table, partition: values[0])
      key.bytes.replaceSubrange(..<4, with: idBytes)
      return key
    }
    var component = idBytes
    for value in values { KeyCodec.appendPartition(value, to: &component) }
    var writer = ByteWriter(capacity: component.count + 48)
    writer.table(id)
    writer.u64(Hash64.hash(component))
    writer.raw(component[4...])
    return RowKey(bytes: writer.bytes)
  }

  private var idBytes: [UInt8] { withUnsafeBytes(of: id.rawValue.bigEndian) { Array($0) } }

  /// The key of the row that an item has in the index; nil where it has none: a key attribute is missing, has another
  /// type, or is no value that a key may have.
  public func row(of item: EncodedItem, base row: RowKey) throws(MalformedBytes) -> RowKey? {
    guard let partition = try values(partition, of: item, bytesMax: Self.partitionBytesMax),
      let sort = try values(sort, of: item, bytesMax: Self.sortBytesMax)
    else { return nil }
    return self.row(partition, sort, base: row)
  }

  /// The values of the index's key attributes, partition first; nil where the item has no row.
  public func values(of item: EncodedItem) throws(MalformedBytes) -> [AttributeValue]? {
    guard let partition = try values(partition, of: item, bytesMax: Self.partitionBytesMax),
      let sort = try values(sort, of: item, bytesMax: Self.sortBytesMax)
    else { return nil }
    return partition + sort
  }

  /// The key of the row with these values for the item at `base`.
  public func row(_ partition: [AttributeValue], _ sort: [AttributeValue], base: RowKey) -> RowKey {
    var key = prefix(partition)
    for value in sort { KeyCodec.appendPartition(value, to: &key.bytes) }
    key.bytes.append(contentsOf: base.bytes[(isLocal ? partitionEnd(ofBase: base) : RowKey.headerBytes)...])
    return key
  }

  private func values(
    _ keys: [KeyAttribute], of item: EncodedItem, bytesMax: Int
  ) throws(MalformedBytes) -> [AttributeValue]? {
    var values: [AttributeValue] = []
    var bytes = 0
    for key in keys {
      guard let value = try item.value(named: key.name), KeyType(of: value) == key.type, value.isFitForKey else {
        return nil
      }
      bytes += value.sizeBytes
      values.append(value)
    }
    return bytes <= bytesMax ? values : nil
  }

  private func partitionEnd(ofBase row: RowKey) -> Int {
    var reader = ByteReader(row.bytes, in: RowKey.headerBytes..<row.bytes.count)
    guard (try? KeyCodec.readPartition(base.partition.type, from: &reader)) != nil else {
      fatalError("A row key cannot be read.")
    }
    return reader.position
  }

  /// What the row of an item holds.
  public func projection(of item: EncodedItem) throws(MalformedBytes) -> EncodedItem {
    guard let projected else { return item }
    return try item.subset(projected)
  }

  // MARK: Back again

  /// The key attributes that a row's key tells: the index's and the base's.
  public func attributes(of row: RowKey) throws(MalformedBytes) -> AttributeMap {
    var reader = ByteReader(row.bytes, in: RowKey.headerBytes..<row.bytes.count)
    var attributes = AttributeMap()
    for key in partition { attributes[key.name] = try KeyCodec.readPartition(key.type, from: &reader) }
    for key in sort { attributes[key.name] = try KeyCodec.readPartition(key.type, from: &reader) }
    if !isLocal {
      attributes[base.partition.name] = try KeyCodec.readPartition(base.partition.type, from: &reader)
    }
    if let sort = base.sort { attributes[sort.name] = try KeyCodec.readSort(sort.type, from: &reader) }
    return attributes
  }

  /// The key of the item that a row stands for.
  public func baseRow(of row: RowKey) throws(MalformedBytes) -> RowKey {
    let attributes = try attributes(of: row)
    guard let partition = attributes[base.partition.name] else { throw MalformedBytes("an index row has no base key") }
    return RowKey(table: table, partition: partition, sort: base.sort.flatMap { attributes[$0.name] })
  }
}

extension AttributeValue {
  /// Whether a key attribute may have it: an empty string or binary it may not.
  public var isFitForKey: Bool {
    switch self {
    case .string(let bytes), .binary(let bytes): !bytes.isEmpty
    case .number: true
    default: false
    }
  }
}
