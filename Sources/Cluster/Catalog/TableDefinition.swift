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

  public var showsOld: Bool { self == .oldImage || self == .newAndOldImages }
  public var showsNew: Bool { self == .newImage || self == .newAndOldImages }
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
  /// May repeat the table's attributes.
  public var key: IndexKeySchema
  public var projection: ProjectionType
  /// With ``ProjectionType/include`` only.
  public var includedAttributes: [[UInt8]]
  public var throughput: Throughput?

  public init(
    name: String, kind: Kind, key: IndexKeySchema, projection: ProjectionType, includedAttributes: [[UInt8]] = [],
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

/// Continuous backups of a table: from when on, and for how many days back, it can be restored.
public struct PointInTimeRecovery: Equatable, Sendable {
  public var enabledAtMs: UInt64
  /// 1 to 35.
  public var days: UInt8

  public init(enabledAtMs: UInt64, days: UInt8) {
    self.enabledAtMs = enabledAtMs
    self.days = days
  }
}

/// The regions that a table is to be in.
public struct ReplicaRegions: Equatable, Sendable {
  public var own: String
  /// Ascending; at least one.
  public var others: [String]

  public init(own: String, others: [String]) {
    self.own = own
    self.others = others.sorted()
  }
}

/// What `CreateTable` and the changes since have asked for.
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
  /// The attribute that holds an item's expiry time; nil where items don't expire.
  public var timeToLive: [UInt8]?
  /// Nil where it is off.
  public var pointInTimeRecovery: PointInTimeRecovery?
  /// Nil where it has no replicas in other regions.
  public var replicas: ReplicaRegions?

  public init(
    name: String, key: KeySchema, attributes: [KeyAttribute], billingMode: BillingMode = .payPerRequest,
    throughput: Throughput? = nil, indexes: [IndexDefinition] = [], stream: StreamViewType? = nil,
    tableClass: TableClass = .standard, deletionProtection: Bool = false, tags: [Tag] = [],
    timeToLive: [UInt8]? = nil, pointInTimeRecovery: PointInTimeRecovery? = nil
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
    self.timeToLive = timeToLive
    self.pointInTimeRecovery = pointInTimeRecovery
  }
}
