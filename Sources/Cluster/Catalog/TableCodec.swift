public import Bytes
import Items
import Messages

extension KeyAttribute {
  func encode(into writer: inout ByteWriter) {
    writer.blob(name)
    writer.u8(type.rawValue)
  }

  init(from reader: inout ByteReader) throws(MalformedBytes) {
    name = try reader.blob()
    type = try reader.stored("an unknown key type")
  }
}

extension KeySchema {
  func encode(into writer: inout ByteWriter) {
    partition.encode(into: &writer)
    writer.optional(sort) { $1.encode(into: &$0) }
  }

  init(from reader: inout ByteReader) throws(MalformedBytes) {
    partition = try KeyAttribute(from: &reader)
    sort = try reader.optional { (input) throws(MalformedBytes) in try KeyAttribute(from: &input) }
  }
}

extension Throughput {
  func encode(into writer: inout ByteWriter) {
    writer.varint(readUnits)
    writer.varint(writeUnits)
  }

  init(from reader: inout ByteReader) throws(MalformedBytes) {
    readUnits = try reader.varint()
    writeUnits = try reader.varint()
  }
}

extension IndexDefinition {
  func encode(into writer: inout ByteWriter) {
    writer.string(name)
    writer.u8(kind.rawValue)
    key.encode(into: &writer)
    writer.u8(projection.rawValue)
    writer.array(includedAttributes) { $0.blob($1) }
    writer.optional(throughput) { $1.encode(into: &$0) }
  }

  init(from reader: inout ByteReader) throws(MalformedBytes) {
    name = try reader.string()
    kind = try reader.stored("an unknown kind of index")
    key = try KeySchema(from: &reader)
    projection = try reader.stored("an unknown projection")
    includedAttributes = try reader.array { (input) throws(MalformedBytes) in try input.blob() }
    throughput = try reader.optional { (input) throws(MalformedBytes) in try Throughput(from: &input) }
  }
}

extension TableDefinition {
  public func encode(into writer: inout ByteWriter) {
    writer.string(name)
    key.encode(into: &writer)
    writer.array(attributes) { $1.encode(into: &$0) }
    writer.u8(billingMode.rawValue)
    writer.optional(throughput) { $1.encode(into: &$0) }
    writer.array(indexes) { $1.encode(into: &$0) }
    writer.optional(stream) { $0.u8($1.rawValue) }
    writer.u8(tableClass.rawValue)
    writer.bool(deletionProtection)
    writer.array(tags) {
      $0.string($1.key)
      $0.string($1.value)
    }
  }

  public init(from reader: inout ByteReader) throws(MalformedBytes) {
    name = try reader.string()
    key = try KeySchema(from: &reader)
    attributes = try reader.array { (input) throws(MalformedBytes) in try KeyAttribute(from: &input) }
    billingMode = try reader.stored("an unknown billing mode")
    throughput = try reader.optional { (input) throws(MalformedBytes) in try Throughput(from: &input) }
    indexes = try reader.array { (input) throws(MalformedBytes) in try IndexDefinition(from: &input) }
    stream = try reader.optional { (input) throws(MalformedBytes) in
      try input.stored("an unknown stream view") as StreamViewType
    }
    tableClass = try reader.stored("an unknown table class")
    deletionProtection = try reader.bool()
    tags = try reader.array { (input) throws(MalformedBytes) in
      let key = try input.string()
      return Tag(key: key, value: try input.string())
    }
  }
}

extension Table {
  func encode(into writer: inout ByteWriter) {
    writer.table(id)
    definition.encode(into: &writer)
    writer.u8(status.rawValue)
    writer.u64(createdAtMs)
    writer.blob(uniqueID)
  }

  init(from reader: inout ByteReader) throws(MalformedBytes) {
    id = try reader.table()
    definition = try TableDefinition(from: &reader)
    status = try reader.stored("an unknown table status")
    createdAtMs = try reader.u64()
    uniqueID = try reader.blob()
  }
}

extension TableSettings {
  public func encode() -> [UInt8] {
    var writer = ByteWriter()
    writer.table(id)
    key.encode(into: &writer)
    return writer.bytes
  }

  public init(_ bytes: [UInt8]) throws(MalformedBytes) {
    var reader = ByteReader(bytes)
    id = try reader.table()
    key = try KeySchema(from: &reader)
    try reader.finish()
  }
}

extension ByteReader {
  /// A stored enum's raw value.
  mutating func stored<Value: RawRepresentable>(_ otherwise: StaticString) throws(MalformedBytes) -> Value
  where Value.RawValue == UInt8 {
    guard let value = Value(rawValue: try u8()) else { throw MalformedBytes(otherwise) }
    return value
  }
}
