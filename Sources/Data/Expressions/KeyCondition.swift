public import Items

/// What a Query asks for: one partition, and a range of its sort keys.
public struct KeyCondition: Hashable, Sendable {
  /// One value for each partition attribute; a table has one, an index up to four.
  public var partition: [AttributeValue]
  /// Values of the first sort attributes, of an index that has several.
  public var leading: [AttributeValue]
  /// On the sort attribute behind those; nil for all that has these values.
  public var sort: SortCondition?

  public init(partition: [AttributeValue], leading: [AttributeValue] = [], sort: SortCondition? = nil) {
    self.partition = partition
    self.leading = leading
    self.sort = sort
  }

  public init(partition: AttributeValue, sort: SortCondition? = nil) {
    self.init(partition: [partition], sort: sort)
  }
}

public enum SortCondition: Hashable, Sendable {
  case equal(AttributeValue)
  case less(AttributeValue)
  case lessOrEqual(AttributeValue)
  case greater(AttributeValue)
  case greaterOrEqual(AttributeValue)
  /// Both bounds belong to it, and the first is not above the second.
  case between(AttributeValue, AttributeValue)
  /// Of a string or binary.
  case beginsWith(AttributeValue)

  public var operands: [AttributeValue] {
    switch self {
    case .equal(let value), .less(let value), .lessOrEqual(let value), .greater(let value), .greaterOrEqual(let value),
      .beginsWith(let value):
      [value]
    case .between(let low, let high): [low, high]
    }
  }
}

/// A key of a table or index as a Query needs it.
public struct KeyAttribute: Hashable, Sendable {
  public var name: [UInt8]
  public var type: KeyType

  public init(name: [UInt8], type: KeyType) {
    self.name = name
    self.type = type
  }
}

/// A `KeyConditionExpression` on its way to a ``KeyCondition``. DynamoDB reports what is wrong with it in three steps,
/// with other checks of the request between them: the text alone (``parse(_:context:)``; the other expressions and
/// unused substitutions come next), what a key condition may say (``conditions()``; whether the table exists comes
/// next), and the table's keys (``KeyConditions/bind(partition:sort:)``).
public struct KeyConditionExpression: Hashable, Sendable {
  let node: Condition.Node

  public static func parse(
    _ text: [UInt8], context: inout ExpressionContext
  ) throws(ExpressionError) -> KeyConditionExpression {
    KeyConditionExpression(node: try ConditionResolver.resolve(text, kind: .keyCondition, context: &context))
  }

  /// - Throws: operators, functions and operands that a key condition may not have, and two conditions on one key.
  public func conditions() throws(ExpressionError) -> KeyConditions {
    var conditions = KeyConditions(entries: [])
    try conditions.add(node)
    guard conditions.entries.count <= KeyConditions.countMax else { throw .keyConditionCount }
    return conditions
  }
}

/// Conditions on attributes, before it is known whether these are the keys.
public struct KeyConditions: Hashable, Sendable {
  /// As many as an index can have key attributes.
  static let countMax = 8

  struct Entry: Hashable, Sendable {
    var name: [UInt8]
    /// Nil where the operator is none that an index can answer.
    var condition: SortCondition?
  }

  var entries: [Entry]

  private func entry(on name: [UInt8]) -> Entry? { entries.first { $0.name == name } }

  /// - Parameter sort: nil where the table or index has only a partition key.
  /// - Throws: a key without a condition, a condition on another attribute, values of another type than the key's, and
  ///   a partition that is not given by equality.
  public func bind(partition: KeyAttribute, sort: KeyAttribute?) throws(ExpressionError) -> KeyCondition {
    guard entries.count <= 2 else { throw .keyConditionCount }
    if sort == nil, entries.count > 1 { throw .unsupportedKeyCondition }
    guard let entry = entry(on: partition.name) else { throw .missedKey(partition.name) }
    let onPartition = try Self.checked(entry, partition.type)
    guard case .equal(let value) = onPartition else { throw .unsupportedKeyCondition }
    guard let sort, entries.count > 1 else { return KeyCondition(partition: value) }
    guard let entry = self.entry(on: sort.name) else { throw .missedKey(sort.name) }
    return KeyCondition(partition: value, sort: try Self.checked(entry, sort.type))
  }

  /// As ``bind(partition:sort:)-(KeyAttribute,_)``, for an index that may have several attributes of each kind: every
  /// partition attribute is given by equality, and so are the sort attributes, from the first one on, but for the last
  /// that has a condition.
  public func bind(partition: [KeyAttribute], sort: [KeyAttribute]) throws(ExpressionError) -> KeyCondition {
    if partition.count == 1, sort.count < 2 { return try bind(partition: partition[0], sort: sort.first) }
    var values: [AttributeValue] = []
    for key in partition {
      guard let entry = entry(on: key.name), case .equal(let value) = try Self.checked(entry, key.type) else {
        throw .unboundPartition
      }
      values.append(value)
    }
    let count = entries.count - partition.count
    guard count <= sort.count else { throw .unsupportedKeyCondition }
    var bound = KeyCondition(partition: values)
    for (position, key) in sort.prefix(count).enumerated() {
      guard let entry = entry(on: key.name) else { throw .unboundSort }
      let condition = try Self.checked(entry, key.type)
      if position + 1 == count {
        bound.sort = condition
      } else if case .equal(let value) = condition {
        bound.leading.append(value)
      } else {
        throw .unboundSort
      }
    }
    return bound
  }

  private static func checked(_ entry: Entry, _ type: KeyType) throws(ExpressionError) -> SortCondition {
    guard let condition = entry.condition else {
      throw ExpressionError("Attempted conditional constraint is not an indexable operation")
    }
    guard condition.operands.allSatisfy({ KeyType(of: $0) == type }) else {
      throw .invalidParameter("Condition parameter type does not match schema type")
    }
    return condition
  }
}

extension ExpressionError {
  static let keyConditionCount = ExpressionError("Conditions can be of length 1 or 2 only")
  fileprivate static let unboundPartition = ExpressionError(
    "Query key condition not supported: every HASH key attribute of the index needs a condition of equality")
  fileprivate static let unboundSort = ExpressionError(
    "Query key condition not supported: RANGE key attributes have conditions from the first one on, all but the last "
      + "of equality")
  fileprivate static let unsupportedKeyCondition = ExpressionError("Query key condition not supported")

  fileprivate static func missedKey(_ name: [UInt8]) -> ExpressionError {
    ExpressionError("Query condition missed key schema element: \(String(decoding: name, as: UTF8.self))")
  }
}

extension KeyConditions {
  fileprivate mutating func add(_ node: Condition.Node) throws(ExpressionError) {
    if case .all(let terms) = node {
      for term in terms { try add(term) }
      return
    }
    if let refused = node.refusedInKeyConditions {
      throw ExpressionError("Invalid operator used in KeyConditionExpression: \(refused)")
    }
    let key = try Self.keyPosition(node)
    guard let path = node.operands[key].path else { fatalError("The key's operand is a path.") }
    guard entry(on: path.topLevelName) == nil else {
      throw ExpressionError("KeyConditionExpressions must only contain one condition per key")
    }
    entries.append(Entry(name: path.topLevelName, condition: node.sortCondition(keyPosition: key)))
  }

  /// Which operand is the key; the others are then values.
  private static func keyPosition(_ node: Condition.Node) throws(ExpressionError) -> Int {
    if let name = node.firstOperandIsKey, node.operands[0].path == nil {
      throw .invalidCondition("\(name) operator must have the key attribute as its first operand")
    }
    var key: Int?
    for (position, operand) in node.operands.enumerated() {
      switch operand {
      case .value: break
      case .size: throw ExpressionError("KeyConditionExpressions cannot contain nested operations")
      case .path(let path):
        guard key == nil else { throw .invalidCondition("Multiple attribute names used in one condition") }
        guard path.isTopLevel else {
          throw ExpressionError("KeyConditionExpressions cannot have conditions on nested attributes")
        }
        key = position
      }
    }
    guard let key else { throw .invalidCondition("No key attribute specified") }
    return key
  }
}

extension ExpressionError {
  fileprivate static func invalidCondition(_ message: String) -> ExpressionError {
    ExpressionError("Invalid condition in KeyConditionExpression: \(message)")
  }
}

extension Condition.Node {
  fileprivate var refusedInKeyConditions: String? {
    switch self {
    case .any: "OR"
    case .not: "NOT"
    case .isIn: "IN"
    case .compare(.notEqual, _, _): "<>"
    case .exists: ConditionFunction.attributeExists.rawValue
    case .notExists: ConditionFunction.attributeNotExists.rawValue
    case .hasType: ConditionFunction.attributeType.rawValue
    case .contains: ConditionFunction.contains.rawValue
    case .all, .compare, .between, .beginsWith: nil
    }
  }

  fileprivate var firstOperandIsKey: String? {
    switch self {
    case .between: "BETWEEN"
    case .beginsWith: ConditionFunction.beginsWith.rawValue
    default: nil
    }
  }

  fileprivate func sortCondition(keyPosition: Int) -> SortCondition {
    let values = operands.compactMap { operand in
      if case .value(let value) = operand { value } else { nil }
    }
    switch self {
    case .between: return .between(values[0], values[1])
    case .beginsWith: return .beginsWith(values[0])
    case .compare(let comparator, _, _):
      switch keyPosition == 0 ? comparator : comparator.mirrored {
      case .equal: return .equal(values[0])
      case .less: return .less(values[0])
      case .lessOrEqual: return .lessOrEqual(values[0])
      case .greater: return .greater(values[0])
      case .greaterOrEqual: return .greaterOrEqual(values[0])
      case .notEqual: fatalError("A refused operator was let through.")
      }
    default: fatalError("A refused operator was let through.")
    }
  }
}
