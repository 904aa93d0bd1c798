public import Items
public import Messages

/// A key attribute: its name (UTF-8) and type.
public struct KeyAttribute: Equatable, Sendable {
  public var name: [UInt8]
  public var type: KeyType

  public init(name: [UInt8], type: KeyType) {
    self.name = name
    self.type = type
  }
}

/// The primary key of a table or an index.
public struct KeySchema: Equatable, Sendable {
  public var partition: KeyAttribute
  public var sort: KeyAttribute?

  public init(partition: KeyAttribute, sort: KeyAttribute? = nil) {
    self.partition = partition
    self.sort = sort
  }

  /// Partition first.
  public var attributes: [KeyAttribute] { sort.map { [partition, $0] } ?? [partition] }
}

public struct Throughput: Equatable, Sendable {
  public var readUnits: UInt64
  public var writeUnits: UInt64

  public init(readUnits: UInt64, writeUnits: UInt64) {
    self.readUnits = readUnits
    self.writeUnits = writeUnits
  }
}

/// Stored: the raw values.
public enum BillingMode: UInt8, Sendable {
  case provisioned = 1
  case payPerRequest = 2
}
public enum ProjectionType: UInt8, Sendable {
  case all = 1
  case keysOnly = 2
  case include = 3
}
public enum StreamViewType: UInt8, Sendable {
  case keysOnly = 1
  case newImage = 2
  case oldImage = 3
  case newAndOldImages = 4
}
public enum TableClass: UInt8, Sendable {
  case standard = 1
  case standardInfrequentAccess = 2
}

public struct IndexDefinition: Equatable, Sendable {
  public enum Kind: UInt8, Sendable {
    case global = 1
    case local = 2
  }

  public var name: String
  public var kind: Kind
  /// In the order of the request; `KeySchema` of an index may repeat the table's attributes.
  public var key: KeySchema
  public var projection: ProjectionType
  /// With ``ProjectionType/include`` only.
  public var includedAttributes: [[UInt8]]
  public var throughput: Throughput?

  public init(
    name: String, kind: Kind, key: KeySchema, projection: ProjectionType, includedAttributes: [[UInt8]] = [],
    throughput: Throughput? = nil
  ) {
    self.name = name
    self.kind = kind
    self.key = key
    self.projection = projection
    self.includedAttributes = includedAttributes
    self.throughput = throughput
  }
}

public struct Tag: Equatable, Sendable {
  public var key: String
  public var value: String

  public init(key: String, value: String) {
    self.key = key
    self.value = value
  }
}

/// What `CreateTable` asked for.
public struct TableDefinition: Equatable, Sendable {
  public var name: String
  public var key: KeySchema
  /// All of the request's `AttributeDefinitions`, in its order.
  public var attributes: [KeyAttribute]
  public var billingMode: BillingMode
  public var throughput: Throughput?
  public var indexes: [IndexDefinition]
  public var stream: StreamViewType?
  public var tableClass: TableClass
  public var deletionProtection: Bool
  public var tags: [Tag]

  public init(
    name: String, key: KeySchema, attributes: [KeyAttribute], billingMode: BillingMode = .payPerRequest,
    throughput: Throughput? = nil, indexes: [IndexDefinition] = [], stream: StreamViewType? = nil,
    tableClass: TableClass = .standard, deletionProtection: Bool = false, tags: [Tag] = []
  ) {
    self.name = name
    self.key = key
    self.attributes = attributes
    self.billingMode = billingMode
    self.throughput = throughput
    self.indexes = indexes
    self.stream = stream
    self.tableClass = tableClass
    self.deletionProtection = deletionProtection
    self.tags = tags
  }
}

/// Stored: the raw values.
public enum TableStatus: UInt8, Sendable {
  case creating = 1
  case active = 2
  case deleting = 3
}

/// A table as the metadata group knows it.
public struct Table: Equatable, Sendable {
  public var id: TableID
  public var definition: TableDefinition
  public var status: TableStatus
  /// When the table was made, milliseconds since 1970 by the clock of the coordinator that was asked.
  public var createdAtMs: UInt64
  /// A random identifier (the `TableId` of `DescribeTable`), 16 bytes.
  public var uniqueID: [UInt8]

  public init(id: TableID, definition: TableDefinition, status: TableStatus, createdAtMs: UInt64, uniqueID: [UInt8]) {
    self.id = id
    self.definition = definition
    self.status = status
    self.createdAtMs = createdAtMs
    self.uniqueID = uniqueID
  }

  public var name: String { definition.name }
}

/// What a shard needs to know to serve a table; it arrives as an entry of the shard's own log.
public struct TableSettings: Equatable, Sendable {
  public var id: TableID
  public var key: KeySchema

  public init(id: TableID, key: KeySchema) {
    self.id = id
    self.key = key
  }
}
