import Bytes
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

extension IndexKeySchema {
  func encode(into writer: inout ByteWriter) {
    writer.array(partition) { $1.encode(into: &$0) }
    writer.array(sort) { $1.encode(into: &$0) }
  }

  init(from reader: inout ByteReader) throws(MalformedBytes) {
    let partition = try reader.array { (input) throws(MalformedBytes) in try KeyAttribute(from: &input) }
    guard !partition.isEmpty else { throw MalformedBytes("an index has no partition attribute") }
    self.init(
      partition: partition,
      sort: try reader.array { (input) throws(MalformedBytes) in try KeyAttribute(from: &input) })
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
    key = try IndexKeySchema(from: &reader)
    projection = try reader.stored("an unknown projection")
    includedAttributes = try reader.array { (input) throws(MalformedBytes) in try input.blob() }
    throughput = try reader.optional { (input) throws(MalformedBytes) in try Throughput(from: &input) }
  }
}

extension PointInTimeRecovery {
  func encode(into writer: inout ByteWriter) {
    writer.u64(enabledAtMs)
    writer.u8(days)
  }

  init(from reader: inout ByteReader) throws(MalformedBytes) {
    enabledAtMs = try reader.u64()
    days = try reader.u8()
  }
}

extension TableDefinition {
  func encode(into writer: inout ByteWriter) {
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
    writer.optional(timeToLive) { $0.blob($1) }
    writer.optional(pointInTimeRecovery) { $1.encode(into: &$0) }
    // Nothing where there are none: so had an earlier build it.
    guard let replicas else { return }
    writer.string(replicas.own)
    writer.array(replicas.others) { $0.string($1) }
  }

  init(from reader: inout ByteReader) throws(MalformedBytes) {
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
    timeToLive = try reader.optional { (input) throws(MalformedBytes) in try input.blob() }
    pointInTimeRecovery = try reader.optional { (input) throws(MalformedBytes) in
      try PointInTimeRecovery(from: &input)
    }
    guard !reader.isAtEnd else { return }
    let own = try reader.string()
    replicas = ReplicaRegions(
      own: own, others: try reader.array { (input) throws(MalformedBytes) in try input.string() })
  }
}

extension TableIndex {
  func encode(into writer: inout ByteWriter) {
    writer.string(name)
    writer.table(id)
    writer.u8(status.rawValue)
  }

  init(from reader: inout ByteReader) throws(MalformedBytes) {
    name = try reader.string()
    id = try reader.table()
    status = try reader.stored("an unknown index status")
  }
}

extension Table {
  func encode(into writer: inout ByteWriter) {
    writer.table(id)
    writer.nested { definition.encode(into: &$0) }
    writer.u8(status.rawValue)
    writer.u64(createdAtMs)
    writer.blob(uniqueID)
    writer.varint(version)
    writer.varint(settingsVersion)
    writer.array(indexes) { $1.encode(into: &$0) }
    writer.optional(streamStartedAtMs) { $0.u64($1) }
    writer.optional(onDemandSinceMs) { $0.u64($1) }
    // Nothing where there are none: so had an earlier build it.
    let isShared = residency != nil || shared != nil || replicas.contains { $0.addedAtMs > 0 }
    guard !closedStreams.isEmpty || !replicas.isEmpty || isShared else { return }
    writer.array(closedStreams) {
      $1.stream.encode(into: &$0)
      $0.u64($1.closedAtMs)
    }
    guard !replicas.isEmpty || isShared else { return }
    writer.array(replicas) {
      $0.string($1.region)
      $0.u8($1.status.rawValue)
    }
    guard isShared else { return }
    writer.optional(residency) { $1.encode(into: &$0) }
    writer.optional(shared) { $1.encode(into: &$0) }
    writer.bool(isSharing)
    writer.array(replicas) { $0.u64($1.addedAtMs) }
  }

  init(from reader: inout ByteReader) throws(MalformedBytes) {
    id = try reader.table()
    definition = try reader.nested { (input) throws(MalformedBytes) in try TableDefinition(from: &input) }
    status = try reader.stored("an unknown table status")
    createdAtMs = try reader.u64()
    uniqueID = try reader.blob()
    version = try reader.varint()
    settingsVersion = try reader.varint()
    indexes = try reader.array { (input) throws(MalformedBytes) in try TableIndex(from: &input) }
    streamStartedAtMs = try reader.optional { (input) throws(MalformedBytes) in try input.u64() }
    onDemandSinceMs = try reader.optional { (input) throws(MalformedBytes) in try input.u64() }
    if !reader.isAtEnd {
      closedStreams = try reader.array { (input) throws(MalformedBytes) in
        let stream = try StreamSettings(from: &input)
        return ClosedStream(stream: stream, closedAtMs: try input.u64())
      }
    }
    if !reader.isAtEnd {
      replicas = try reader.array { (input) throws(MalformedBytes) in
        let region = try input.string()
        return TableReplica(region: region, status: try input.stored("an unknown replica status"))
      }
    }
    if !reader.isAtEnd {
      residency = try reader.optional { (input) throws(MalformedBytes) in try Residency(from: &input) }
      shared = try reader.optional { (input) throws(MalformedBytes) in try ItemVersion(from: &input) }
      isSharing = try reader.bool()
      let times = try reader.array { (input) throws(MalformedBytes) in try input.u64() }
      guard times.count == replicas.count else { throw MalformedBytes("a table's replicas are miscounted") }
      for (place, time) in times.enumerated() { replicas[place].addedAtMs = time }
    }
    let names = definition.indexes.map(\.name)
    guard indexes.allSatisfy({ names.contains($0.name) }) else { throw MalformedBytes("an index has no definition") }
  }
}

extension ByteWriter {
  /// A length, then what `write` writes: fields can be added behind it later.
  mutating func nested(_ write: (inout ByteWriter) -> Void) {
    var inner = ByteWriter()
    write(&inner)
    blob(inner.bytes)
  }
}

extension ByteReader {
  /// What ``ByteWriter/nested(_:)`` wrote, to its end.
  mutating func nested<Value>(
    _ read: (inout ByteReader) throws(MalformedBytes) -> Value
  ) throws(MalformedBytes) -> Value {
    var inner = ByteReader(try blob())
    let value = try read(&inner)
    try inner.finish()
    return value
  }

  /// A stored enum's raw value.
  mutating func stored<Value: RawRepresentable>(_ otherwise: StaticString) throws(MalformedBytes) -> Value
  where Value.RawValue == UInt8 {
    guard let value = Value(rawValue: try u8()) else { throw MalformedBytes(otherwise) }
    return value
  }
}
