public import Items

/// What one entry of `Expected`, `QueryFilter`, `ScanFilter` or `KeyConditions` says about one attribute
/// (`ExpectedAttributeValue` and `Condition` in the API Reference). It becomes the same structure as an expression.
public struct LegacyCondition: Hashable, Sendable {
  /// Always of a whole attribute: a dot in it is a dot in the attribute's name.
  public var name: [UInt8]
  public var comparison: LegacyOperator?
  /// `AttributeValueList`
  public var values: [AttributeValue]?
  /// Only `Expected` has it; the one argument, in place of `values`.
  public var value: AttributeValue?
  /// Only `Expected` has it.
  public var exists: Bool?

  public init(name: [UInt8]) { self.name = name }
}

extension Condition {
  /// - Parameters:
  ///   - conditions: at most one an attribute.
  ///   - role: `condition` for `Expected`, `filter` for the filters.
  ///   - any: true where `ConditionalOperator` is `OR`.
  /// - Returns: nil for no conditions, which everything meets.
  public static func legacy(
    _ conditions: [LegacyCondition], role: Role, any: Bool
  ) throws(ExpressionError) -> Condition? {
    var nodes: [Node] = []
    for condition in conditions {
      if role == .condition { try condition.checkMembers() }
      nodes.append(try condition.node())
    }
    switch nodes.count {
    case 0: return nil
    case 1: return Condition(nodes[0])
    default: return Condition(any ? .any(nodes) : .all(nodes))
    }
  }
}

extension LegacyCondition {
  /// Which members of an entry of `Expected` go together. `Value` with an operator is taken, whatever is written about it.
  fileprivate func checkMembers() throws(ExpressionError) {
    if values != nil, value != nil { throw invalid("Value and AttributeValueList cannot be used together") }
    if let comparison {
      if exists != nil { throw invalid("Exists and ComparisonOperator cannot be used together") }
      guard values == nil, value == nil, comparison != .null, comparison != .notNull else { return }
      throw invalid("Value or AttributeValueList must be used with ComparisonOperator: \(comparison.rawValue)")
    }
    if values != nil { throw invalid("AttributeValueList can only be used with a ComparisonOperator") }
    if exists == false {
      if value != nil { throw invalid("Value cannot be used when Exists is false") }
    } else if value == nil {
      throw invalid("Value must be provided when Exists is \(exists.map { "\($0)" } ?? "null")")
    }
  }

  private func invalid(_ what: String) -> ExpressionError {
    .invalidParameter("\(what) for Attribute: \(String(decoding: name, as: UTF8.self))")
  }

  /// Without an operator the attribute has to equal `value`, or to be missing where there is none.
  fileprivate func node() throws(ExpressionError) -> Condition.Node {
    let path = DocumentPath(name: name)
    guard let comparison else {
      guard let value else { return .notExists(path) }
      return .compare(.equal, .path(path), .value(value))
    }
    let arguments = try checkedArguments(of: comparison).map { Condition.Operand.value($0) }
    if let comparator = comparison.comparator { return .compare(comparator, .path(path), arguments[0]) }
    switch comparison {
    case .null: return .notExists(path)
    case .notNull: return .exists(path)
    case .contains: return .contains(.path(path), arguments[0])
    // Of a missing attribute neither CONTAINS nor its opposite holds.
    case .notContains: return .all([.exists(path), .not(.contains(.path(path), arguments[0]))])
    case .beginsWith: return .beginsWith(.path(path), arguments[0])
    case .isIn: return .isIn(.path(path), arguments)
    case .between: return .between(.path(path), arguments[0], arguments[1])
    case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual:
      fatalError("A comparison has a comparator.")
    }
  }

  /// - Throws: in DynamoDB's order, a wrong number of arguments, arguments of different types, a type that the operator
  ///   does not take, and bounds in the wrong order.
  func checkedArguments(of comparison: LegacyOperator) throws(ExpressionError) -> [AttributeValue] {
    let arguments = values ?? value.map { [$0] } ?? []
    guard comparison.argumentCounts.contains(arguments.count) else {
      throw .invalidParameter("Invalid number of argument(s) for the \(comparison.rawValue) ComparisonOperator")
    }
    let types = arguments.map { ValueType(of: $0) }
    if let first = types.first, !types.allSatisfy({ $0 == first }) {
      throw .invalidParameter("AttributeValues inside AttributeValueList must be of same type")
    }
    if let type = types.first, !comparison.takes(type) {
      throw .invalidParameter(
        "ComparisonOperator \(comparison.rawValue) is not valid for \(type.name) AttributeValue type")
    }
    if comparison == .between, let order = arguments[0].order(to: arguments[1]), order > 0 {
      throw ExpressionError(
        "The BETWEEN condition was provided a range where the lower bound is greater than the upper bound")
    }
    return arguments
  }
}

extension ExpressionError {
  static func invalidParameter(_ what: String) -> ExpressionError {
    ExpressionError("One or more parameter values were invalid: \(what)")
  }
}
