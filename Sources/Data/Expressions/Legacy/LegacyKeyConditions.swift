internal import Items

extension KeyConditions {
  /// `KeyConditions`. Whether the attributes are keys, and the operators fit them, is checked with the table.
  ///
  /// - Throws: unfit arguments, and no condition, or more than any index has keys.
  public init(legacy conditions: [LegacyCondition]) throws(ExpressionError) {
    self.init(entries: [])
    for condition in conditions {
      guard let comparison = condition.comparison else { fatalError("A key condition without an operator.") }
      let arguments = try condition.checkedArguments(of: comparison)
      entries.append(Entry(name: condition.name, condition: comparison.sortCondition(arguments)))
    }
    guard (1...Self.countMax).contains(entries.count) else { throw .keyConditionCount }
  }
}

extension LegacyOperator {
  /// Nil for operators that no index can answer.
  fileprivate func sortCondition(_ arguments: [AttributeValue]) -> SortCondition? {
    switch self {
    case .equal: .equal(arguments[0])
    case .less: .less(arguments[0])
    case .lessOrEqual: .lessOrEqual(arguments[0])
    case .greater: .greater(arguments[0])
    case .greaterOrEqual: .greaterOrEqual(arguments[0])
    case .between: .between(arguments[0], arguments[1])
    case .beginsWith: .beginsWith(arguments[0])
    case .null, .notNull, .notEqual, .contains, .notContains, .isIn: nil
    }
  }
}
