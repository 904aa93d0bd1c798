import Bytes
import Items
import Messages

/// Reads tables as builds wrote them in which indexes had no ids and settings no version. Such bytes are in stores and
/// logs; nothing writes them any more.
enum EarlierForms {
  static func table(from reader: inout ByteReader) throws(MalformedBytes) -> Table {
    let id = try reader.table()
    let definition = try definition(from: &reader)
    let status: TableStatus = try reader.stored("an unknown table status")
    let createdAtMs = try reader.u64()
    return Table(
      id: id, definition: definition, status: status, createdAtMs: createdAtMs, uniqueID: try reader.blob(),
      version: 0, settingsVersion: 0, streamStartedAtMs: definition.stream == nil ? nil : createdAtMs)
  }

  static func definition(from reader: inout ByteReader) throws(MalformedBytes) -> TableDefinition {
    let name = try reader.string()
    let key = try KeySchema(from: &reader)
    let attributes = try reader.array { (input) throws(MalformedBytes) in try KeyAttribute(from: &input) }
    var definition = TableDefinition(name: name, key: key, attributes: attributes)
    definition.billingMode = try reader.stored("an unknown billing mode")
    definition.throughput = try reader.optional { (input) throws(MalformedBytes) in try Throughput(from: &input) }
    definition.indexes = try reader.array { (input) throws(MalformedBytes) in try index(from: &input) }
    definition.stream = try reader.optional { (input) throws(MalformedBytes) in
      try input.stored("an unknown stream view") as StreamViewType
    }
    definition.tableClass = try reader.stored("an unknown table class")
    definition.deletionProtection = try reader.bool()
    definition.tags = try reader.array { (input) throws(MalformedBytes) in
      let key = try input.string()
      return Tag(key: key, value: try input.string())
    }
    return definition
  }

  private static func index(from reader: inout ByteReader) throws(MalformedBytes) -> IndexDefinition {
    let name = try reader.string()
    let kind: IndexDefinition.Kind = try reader.stored("an unknown kind of index")
    let key = try KeySchema(from: &reader)
    let projection: ProjectionType = try reader.stored("an unknown projection")
    let included = try reader.array { (input) throws(MalformedBytes) in try input.blob() }
    let throughput = try reader.optional { (input) throws(MalformedBytes) in try Throughput(from: &input) }
    return IndexDefinition(
      name: name, kind: kind, key: IndexKeySchema(partition: key.partition, sort: key.sort), projection: projection,
      includedAttributes: included, throughput: throughput)
  }
}
