public import Bytes
import Expressions
public import Items

extension ByteWriter {
  @inlinable public mutating func rowKey(_ key: RowKey) { blob(key.bytes) }
  @inlinable public mutating func item(_ item: EncodedItem) { blob(item.bytes) }
}

extension ByteReader {
  public mutating func rowKey() throws(MalformedBytes) -> RowKey {
    let bytes = try blob()
    guard bytes.count >= RowKey.headerBytes else { throw MalformedBytes("a row key is too short") }
    return RowKey(bytes: bytes)
  }

  public mutating func item() throws(MalformedBytes) -> EncodedItem { EncodedItem(trusted: try blob()) }
}

extension ItemWrite {
  private enum Tag { static let put: UInt8 = 1, update: UInt8 = 2, delete: UInt8 = 3 }

  public func encode(into writer: inout ByteWriter) {
    writer.rowKey(key)
    switch action {
    case .put(let item):
      writer.u8(Tag.put)
      writer.item(item)
    case .update(let expression, let key):
      writer.u8(Tag.update)
      expression.encode(into: &writer)
      writer.item(key)
    case .delete:
      writer.u8(Tag.delete)
    }
    writer.optional(condition) { $1.encode(into: &$0) }
    writer.u8(returns.rawValue)
  }

  public init(from reader: inout ByteReader) throws(MalformedBytes) {
    key = try reader.rowKey()
    switch try reader.u8() {
    case Tag.put: action = .put(try reader.item())
    case Tag.update:
      let expression = try UpdateExpression(from: &reader)
      action = .update(expression, key: try reader.item())
    case Tag.delete: action = .delete
    default: throw MalformedBytes("an unknown kind of write")
    }
    condition = try reader.optional { (input) throws(MalformedBytes) in try Condition(from: &input) }
    returns = ReturnedImages(rawValue: try reader.u8())
  }
}

extension RangeRead {
  public func encode(into writer: inout ByteWriter) {
    writer.rowKey(lower)
    writer.rowKey(upper)
    writer.bool(reverse)
    writer.bool(consistent)
    writer.optional(limit) { $0.u32($1) }
    writer.u32(pageBytesMax)
    writer.optional(filter) { $1.encode(into: &$0) }
    writer.bool(countOnly)
    writer.bool(fetchesItems)
  }

  public init(from reader: inout ByteReader) throws(MalformedBytes) {
    lower = try reader.rowKey()
    upper = try reader.rowKey()
    reverse = try reader.bool()
    consistent = try reader.bool()
    limit = try reader.optional { (input) throws(MalformedBytes) in try input.u32() }
    pageBytesMax = try reader.u32()
    filter = try reader.optional { (input) throws(MalformedBytes) in try Condition(from: &input) }
    countOnly = try reader.bool()
    fetchesItems = try reader.bool()
  }
}

extension Request {
  private enum Tag {
    static let write: UInt8 = 1, get: UInt8 = 2, range: UInt8 = 3, catalogCommand: UInt8 = 4, catalogRead: UInt8 = 5
    static let configureTable: UInt8 = 6, dropTable: UInt8 = 7, checksum: UInt8 = 8
    static let describeMember: UInt8 = 9, replaceReplica: UInt8 = 10, confirmIndex: UInt8 = 11
    static let index: UInt8 = 12, stream: UInt8 = 16, relay: UInt8 = 17, sizes: UInt8 = 20
    static let region: UInt8 = 24, confirmReplica: UInt8 = 25, regionMark: UInt8 = 30, closeTable: UInt8 = 31
    static let placeReplicas: UInt8 = 40, assign: UInt8 = 41, changeMembers: UInt8 = 42
    static let rangeSummed: UInt8 = 43, differs: UInt8 = 44
  }

  private enum Stamp { static let none: UInt8 = 0, first: UInt8 = 1, retry: UInt8 = 2 }

  public func encode(into writer: inout ByteWriter) {
    writer.varint(id)
    writer.shard(shard)
    writer.varint(term)
    writer.u8(stamp.map { $0.isRetry ? Stamp.retry : Stamp.first } ?? Stamp.none)
    stamp?.encode(into: &writer)
    switch operation {
    case .write(let write):
      writer.u8(Tag.write)
      write.encode(into: &writer)
    case .get(let key, let consistent):
      writer.u8(Tag.get)
      writer.rowKey(key)
      writer.bool(consistent)
    case .range(let range):
      writer.u8(Tag.range)
      range.encode(into: &writer)
    case .catalogCommand(let command):
      writer.u8(Tag.catalogCommand)
      writer.blob(command)
    case .catalogRead(let version):
      writer.u8(Tag.catalogRead)
      writer.varint(version)
    case .configureTable(let settings):
      writer.u8(Tag.configureTable)
      writer.blob(settings)
    case .dropTable(let table):
      writer.u8(Tag.dropTable)
      writer.table(table)
    case .confirmIndex(let index):
      writer.u8(Tag.confirmIndex)
      writer.table(index)
    case .checksum:
      writer.u8(Tag.checksum)
    case .describeMember(let node):
      writer.u8(Tag.describeMember)
      writer.node(node)
    case .replaceReplica(let node, let old):
      writer.u8(Tag.replaceReplica)
      writer.node(node)
      writer.optional(old) { $0.u64($1) }
    case .index(let batch):
      writer.u8(Tag.index)
      batch.encode(into: &writer)
    case .stream(let read):
      writer.u8(Tag.stream)
      read.encode(into: &writer)
    case .region(let batch):
      writer.u8(Tag.region)
      batch.encode(into: &writer)
    case .closeTable(let table, let regions):
      writer.u8(Tag.closeTable)
      writer.table(table)
      writer.array(regions) { $0.string($1) }
    case .regionMark(let read):
      writer.u8(Tag.regionMark)
      read.encode(into: &writer)
    case .confirmReplica(let table, let region):
      writer.u8(Tag.confirmReplica)
      writer.table(table)
      writer.string(region)
    case .relay(let request):
      writer.u8(Tag.relay)
      writer.blob(request)
    case .placeReplicas(let nodes, let version):
      writer.u8(Tag.placeReplicas)
      writer.array(nodes) { $0.node($1) }
      writer.varint(version)
    case .assign(let members):
      writer.u8(Tag.assign)
      writer.blob(members)
    case .changeMembers(let request):
      writer.u8(Tag.changeMembers)
      writer.blob(request)
    case .rangeSummed(let index, let sum, let node):
      writer.u8(Tag.rangeSummed)
      writer.varint(index)
      writer.u64(sum)
      writer.node(node)
    case .differs(let index):
      writer.u8(Tag.differs)
      writer.varint(index)
    case .sizes(let tables):
      writer.u8(Tag.sizes)
      writer.array(tables) { $0.table($1) }
    }
  }

  public init(from reader: inout ByteReader) throws(MalformedBytes) {
    id = try reader.varint()
    shard = try reader.shard()
    term = try reader.varint()
    switch try reader.u8() {
    case Stamp.none: stamp = nil
    case Stamp.first: stamp = try OperationStamp(from: &reader)
    case Stamp.retry: stamp = try OperationStamp(from: &reader, isRetry: true)
    default: throw MalformedBytes("an unknown kind of operation stamp")
    }
    switch try reader.u8() {
    case Tag.write: operation = .write(try ItemWrite(from: &reader))
    case Tag.get:
      let key = try reader.rowKey()
      operation = .get(key, consistent: try reader.bool())
    case Tag.range: operation = .range(try RangeRead(from: &reader))
    case Tag.catalogCommand: operation = .catalogCommand(try reader.blob())
    case Tag.catalogRead: operation = .catalogRead(version: try reader.varint())
    case Tag.configureTable: operation = .configureTable(try reader.blob())
    case Tag.dropTable: operation = .dropTable(try reader.table())
    case Tag.confirmIndex: operation = .confirmIndex(try reader.table())
    case Tag.checksum: operation = .checksum
    case Tag.describeMember: operation = .describeMember(try reader.node())
    case Tag.replaceReplica:
      let node = try reader.node()
      let old = try reader.optional { (input) throws(MalformedBytes) in try input.u64() }
      operation = .replaceReplica(node, old: old)
    case Tag.index: operation = .index(try IndexBatch(from: &reader))
    case Tag.stream: operation = .stream(try StreamRead(from: &reader))
    case Tag.region: operation = .region(try RegionBatch(from: &reader))
    case Tag.closeTable:
      let table = try reader.table()
      let regions = try reader.array { (input) throws(MalformedBytes) in try input.string() }
      operation = .closeTable(table, settledIn: regions)
    case Tag.regionMark: operation = .regionMark(try RegionMarkRead(from: &reader))
    case Tag.confirmReplica:
      let table = try reader.table()
      operation = .confirmReplica(table, region: try reader.string())
    case Tag.placeReplicas:
      let nodes = try reader.array { (input) throws(MalformedBytes) in try input.node() }
      operation = .placeReplicas(nodes, version: try reader.varint())
    case Tag.assign: operation = .assign(try reader.blob())
    case Tag.changeMembers: operation = .changeMembers(try reader.blob())
    case Tag.rangeSummed:
      let index = try reader.varint()
      let sum = try reader.u64()
      operation = .rangeSummed(index: index, sum: sum, by: try reader.node())
    case Tag.differs: operation = .differs(index: try reader.varint())
    case Tag.relay: operation = .relay(try reader.blob())
    case Tag.sizes:
      operation = .sizes(try reader.array { (input) throws(MalformedBytes) in try input.table() })
    default: throw MalformedBytes("an unknown operation")
    }
  }
}
