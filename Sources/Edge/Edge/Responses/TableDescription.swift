internal import Catalog
internal import Items
internal import Messages

/// A table as CreateTable, DescribeTable and DeleteTable show it.
struct TableDescription {
  let table: Table
  let arn: String
  /// False for the answer of DeleteTable, which tells neither keys nor indexes nor when the table was made.
  var showsSchema = true
  /// Zeros for a table that is only just made, or goes.
  var sizes = TableSizes()

  func write(to writer: inout JSONWriter) {
    let definition = table.definition
    writer.beginObject()
    writer.member("TableName", table.name)
    writer.member("TableArn", arn)
    writer.member("TableId", Self.uuid(table.uniqueID))
    writer.member("TableStatus", status)
    if showsSchema { writeSchema(to: &writer) }
    Self.write(sizes.table, "TableSizeBytes", to: &writer)
    writeThroughput(definition.throughput, to: &writer)
    writeBilling(to: &writer)
    writeStream(to: &writer)
    writeReplicas(to: &writer)
    writer.key("TableClassSummary")
    writer.beginObject()
    writer.member("TableClass", definition.tableClass.name)
    writer.endObject()
    writer.key("DeletionProtectionEnabled")
    writer.bool(definition.deletionProtection)
    writer.endObject()
  }

  private func writeSchema(to writer: inout JSONWriter) {
    writer.key("CreationDateTime")
    writer.seconds(milliseconds: Int(table.createdAtMs))
    writeAttributes(table.definition.attributes, to: &writer)
    Self.write(table.definition.key, to: &writer)
    writeIndexes(.local, "LocalSecondaryIndexes", to: &writer)
    writeIndexes(.global, "GlobalSecondaryIndexes", to: &writer)
  }

  private var status: String {
    switch table.status {
    case .creating: "CREATING"
    case .active: "ACTIVE"
    case .deleting: "DELETING"
    case .updating: "UPDATING"
    }
  }

  static func uuid(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    for (position, byte) in bytes.enumerated() {
      if [4, 6, 8, 10].contains(position) { text.append(UInt8(ascii: "-")) }
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }

  private func writeAttributes(_ attributes: [KeyAttribute], to writer: inout JSONWriter) {
    writer.key("AttributeDefinitions")
    writer.beginArray()
    for attribute in attributes {
      writer.beginObject()
      writer.key("AttributeName")
      writer.string(attribute.name)
      writer.member("AttributeType", "\(attribute.type.name)")
      writer.endObject()
    }
    writer.endArray()
  }

  static func write(_ key: KeySchema, to writer: inout JSONWriter) {
    write(IndexKeySchema(partition: key.partition, sort: key.sort), to: &writer)
  }

  private static func write(_ key: IndexKeySchema, to writer: inout JSONWriter) {
    writer.key("KeySchema")
    writer.beginArray()
    for (position, attribute) in key.attributes.enumerated() {
      writer.beginObject()
      writer.key("AttributeName")
      writer.string(attribute.name)
      writer.member("KeyType", position < key.partition.count ? "HASH" : "RANGE")
      writer.endObject()
    }
    writer.endArray()
  }

  private static func write(_ size: TableSize, _ bytes: StaticString, to writer: inout JSONWriter) {
    writer.key(bytes)
    writer.integer(Int(clamping: size.bytes))
    writer.key("ItemCount")
    writer.integer(Int(clamping: size.rows))
  }

  /// Tables on demand show zeros.
  private func writeThroughput(_ throughput: Throughput?, to writer: inout JSONWriter) {
    writer.key("ProvisionedThroughput")
    writer.beginObject()
    writer.key("NumberOfDecreasesToday")
    writer.integer(0)
    writer.key("ReadCapacityUnits")
    writer.integer(Int(throughput?.readUnits ?? 0))
    writer.key("WriteCapacityUnits")
    writer.integer(Int(throughput?.writeUnits ?? 0))
    writer.endObject()
  }

  private func writeBilling(to writer: inout JSONWriter) {
    guard table.definition.billingMode == .payPerRequest else { return }
    writer.key("BillingModeSummary")
    writer.beginObject()
    writer.member("BillingMode", "PAY_PER_REQUEST")
    writer.key("LastUpdateToPayPerRequestDateTime")
    writer.seconds(milliseconds: Int(table.onDemandSinceMs ?? table.createdAtMs))
    writer.endObject()
  }

  private func writeIndexes(_ kind: IndexDefinition.Kind, _ name: StaticString, to writer: inout JSONWriter) {
    let indexes = table.definition.indexes.filter { $0.kind == kind }
    guard !indexes.isEmpty else { return }
    writer.key(name)
    writer.beginArray()
    for index in indexes { write(index, to: &writer) }
    writer.endArray()
  }

  /// Local indexes have no status.
  private func write(_ index: IndexDefinition, to writer: inout JSONWriter) {
    writer.beginObject()
    writer.member("IndexName", index.name)
    writer.member("IndexArn", "\(arn)/index/\(index.name)")
    Self.write(index.key, to: &writer)
    writer.key("Projection")
    writer.beginObject()
    switch index.projection {
    case .all: writer.member("ProjectionType", "ALL")
    case .keysOnly: writer.member("ProjectionType", "KEYS_ONLY")
    case .include:
      writer.member("ProjectionType", "INCLUDE")
      writer.key("NonKeyAttributes")
      writer.beginArray()
      for name in index.includedAttributes { writer.string(name) }
      writer.endArray()
    }
    writer.endObject()
    if index.kind == .global {
      writeStatus(of: index, to: &writer)
      writeThroughput(index.throughput, to: &writer)
    }
    let size = table.index(named: index.name).flatMap { sizes.indexes[$0.id] }
    Self.write(size ?? TableSize(), "IndexSizeBytes", to: &writer)
    writer.endObject()
  }

  private func writeStatus(of index: IndexDefinition, to writer: inout JSONWriter) {
    let status = table.status == .deleting ? .deleting : self.table.index(named: index.name)?.status ?? .creating
    switch status {
    case .active: writer.member("IndexStatus", table.status == .creating ? "CREATING" : "ACTIVE")
    case .deleting: writer.member("IndexStatus", "DELETING")
    case .creating:
      writer.member("IndexStatus", "CREATING")
      writer.key("Backfilling")
      writer.bool(table.status == .active)
    }
  }

  /// Those in other regions.
  private func writeReplicas(to writer: inout JSONWriter) {
    let replicas = table.shownReplicas
    guard !replicas.isEmpty else { return }
    writer.member("GlobalTableVersion", "2019.11.21")
    writer.key("Replicas")
    writer.beginArray()
    for replica in replicas {
      writer.beginObject()
      writer.member("RegionName", replica.region)
      writer.member("ReplicaStatus", replica.status.name)
      if replica.status == .failed {
        writer.member("ReplicaStatusDescription", "The region has another table of that name.")
      }
      writer.endObject()
    }
    writer.endArray()
  }

  /// The newest stream keeps its name when it is off.
  private func writeStream(to writer: inout JSONWriter) {
    if let startedAtMs = table.streamStartedAtMs {
      let label = Timestamps.label(startedAtMs)
      writer.member("LatestStreamLabel", label)
      writer.member("LatestStreamArn", "\(arn)/stream/\(label)")
    }
    guard let stream = table.definition.stream else { return }
    writer.key("StreamSpecification")
    writer.beginObject()
    writer.key("StreamEnabled")
    writer.bool(true)
    writer.member("StreamViewType", stream.name)
    writer.endObject()
  }
}

extension TableClass {
  var name: String { self == .standard ? "STANDARD" : "STANDARD_INFREQUENT_ACCESS" }
}

extension ReplicaStatus {
  fileprivate var name: String {
    switch self {
    case .creating: "CREATING"
    case .active: "ACTIVE"
    case .deleting, .draining, .left: "DELETING"
    case .failed: "CREATION_FAILED"
    }
  }
}

extension JSONWriter {
  mutating func member(_ name: StaticString, _ value: String) {
    key(name)
    string(value)
  }
}

extension Exchange {
  /// Answers with one table under `member`.
  func succeed(
    _ member: StaticString, _ table: Table, _ sizes: TableSizes = TableSizes(), showsSchema: Bool = true
  ) {
    var writer = JSONWriter(capacity: 1_024)
    writer.beginObject()
    writer.key(member)
    let arn = service.arn(table: table.name)
    TableDescription(table: table, arn: arn, showsSchema: showsSchema, sizes: sizes).write(to: &writer)
    writer.endObject()
    succeed(writer.bytes)
  }
}
