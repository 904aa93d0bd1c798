public import Items

/// A key attribute: its name (UTF-8) and type.
public struct KeyAttribute: Equatable, Sendable {
  public var name: [UInt8]
  public var type: KeyType

  public init(name: [UInt8], type: KeyType) {
    self.name = name
    self.type = type
  }
}

/// The primary key of a table.
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

/// The key of an index. A global one may have up to four partition and four sort attributes, a local one has the
/// table's partition attribute and one of its own to sort by.
public struct IndexKeySchema: Equatable, Sendable {
  /// At least one, in the order of the request.
  public var partition: [KeyAttribute]
  public var sort: [KeyAttribute]

  public init(partition: [KeyAttribute], sort: [KeyAttribute] = []) {
    precondition(!partition.isEmpty, "An index has a partition attribute.")
    self.partition = partition
    self.sort = sort
  }

  /// One attribute of each kind, as most indexes have.
  public init(partition: KeyAttribute, sort: KeyAttribute? = nil) {
    self.init(partition: [partition], sort: sort.map { [$0] } ?? [])
  }

  /// Partition first.
  public var attributes: [KeyAttribute] { partition + sort }

  /// DynamoDB's limit, for each of the two kinds.
  public static let attributesMax = 4
}
