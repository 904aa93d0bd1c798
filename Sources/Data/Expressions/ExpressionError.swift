/// A request's expression that DynamoDB would refuse; always answered as `ValidationException`.
public struct ExpressionError: Error, Hashable, Sendable {
  /// DynamoDB's own wording, prefix included. It quotes the expression and its operands, never an item.
  public var message: String

  public init(_ message: String) { self.message = message }
}

/// An update that the item as it stands does not allow; always answered as `ValidationException`.
public struct UpdateError: Error, Hashable, Sendable {
  public var message: String

  public init(_ message: String) { self.message = message }

  static let invalidPath = UpdateError("The document path provided in the update expression is invalid for update")
  static let missingAttribute = UpdateError(
    "The provided expression refers to an attribute that does not exist in the item")
  static let incorrectType = UpdateError("An operand in the update expression has an incorrect data type")
  static let legacyMismatch = UpdateError("Type mismatch for attribute to update")
}

/// Bounds of the language ("Service, account, and table quotas", expression parameters).
enum ExpressionLimits {
  static let expressionBytesMax = 4096
  /// Of a placeholder, its `#` or `:` included.
  static let placeholderBytesMax = 255
  static let operatorsMax = 300
  static let inOperandsMax = 100
  static let pathLevelsMax = 32
  static let listIndexMax = Int(Int32.max)
  /// Above what `operatorsMax` and `expressionBytesMax` allow, and low enough for recursion on a small stack.
  static let nestingMax = 350
}

/// The five expression parameters of the API. The name is the prefix of their messages.
enum ExpressionKind {
  case condition
  case filter
  case keyCondition
  case update
  case projection

  var parameterName: String {
    switch self {
    case .condition: "ConditionExpression"
    case .filter: "FilterExpression"
    case .keyCondition: "KeyConditionExpression"
    case .update: "UpdateExpression"
    case .projection: "ProjectionExpression"
    }
  }

  /// As the message about functions of another kind of expression has it.
  var article: String {
    switch self {
    case .condition: "a condition expression"
    case .filter: "a filter expression"
    case .keyCondition: "a key condition expression"
    case .update: "an update expression"
    case .projection: "a projection expression"
    }
  }

  func failure(_ message: String) -> ExpressionError {
    ExpressionError("Invalid \(parameterName): \(message)")
  }

  /// Whether the grammar of this kind takes `keyword` as a token of its own, so that it can never be a name.
  func reserves(_ keyword: Keyword) -> Bool {
    switch keyword {
    case .none: false
    case .and, .or, .not, .isIn, .between: self != .update && self != .projection
    case .set, .remove, .add, .delete: self == .update
    }
  }
}
