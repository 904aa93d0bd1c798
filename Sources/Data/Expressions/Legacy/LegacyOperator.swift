internal import Items

/// The comparison operators of the older form, in the order in which the service lists them in its messages.
public enum LegacyOperator: String, CaseIterable, Sendable {
  case isIn = "IN"
  case null = "NULL"
  case between = "BETWEEN"
  case less = "LT"
  case notContains = "NOT_CONTAINS"
  case equal = "EQ"
  case greater = "GT"
  case notNull = "NOT_NULL"
  case notEqual = "NE"
  case lessOrEqual = "LE"
  case beginsWith = "BEGINS_WITH"
  case greaterOrEqual = "GE"
  case contains = "CONTAINS"

  var argumentCounts: ClosedRange<Int> {
    switch self {
    case .null, .notNull: 0...0
    case .between: 2...2
    case .isIn: 1...Int.max
    default: 1...1
    }
  }

  /// Equality takes every type; what needs an order, or looks for a part, takes scalars.
  func takes(_ type: ValueType) -> Bool {
    switch self {
    case .null, .notNull, .equal, .notEqual: true
    case .beginsWith: type == .string || type == .binary
    default: type.hasOrder
    }
  }

  /// The operators that have a token in expressions.
  var comparator: Comparator? {
    switch self {
    case .equal: .equal
    case .notEqual: .notEqual
    case .less: .less
    case .lessOrEqual: .lessOrEqual
    case .greater: .greater
    case .greaterOrEqual: .greaterOrEqual
    default: nil
    }
  }
}
