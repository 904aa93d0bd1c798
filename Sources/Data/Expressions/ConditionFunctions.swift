/// The functions of conditions. Names are case-sensitive.
enum ConditionFunction: String {
  case attributeExists = "attribute_exists"
  case attributeNotExists = "attribute_not_exists"
  case attributeType = "attribute_type"
  case beginsWith = "begins_with"
  case contains = "contains"
  case size = "size"

  init?(_ name: [UInt8]) { self.init(rawValue: String(decoding: name, as: UTF8.self)) }

  var operandCount: Int {
    switch self {
    case .attributeExists, .attributeNotExists, .size: 1
    case .attributeType, .beginsWith, .contains: 2
    }
  }

  /// Only `size` gives a value; the others give a truth.
  var givesValue: Bool { self == .size }

  static func unknown(_ name: [UInt8], _ kind: ExpressionKind) -> ExpressionError {
    let text = String(decoding: name, as: UTF8.self)
    if UpdateFunction(name) != nil {
      return kind.failure("The function is not allowed in \(kind.article); function: \(text)")
    }
    return kind.failure("Invalid function name; function: \(text)")
  }

  /// What is wrong with a function that stands where it can not, or deep within others.
  static func misuse(of name: [UInt8], _ kind: ExpressionKind) -> ExpressionError {
    guard ConditionFunction(name) != nil else { return unknown(name, kind) }
    let text = String(decoding: name, as: UTF8.self)
    return kind.failure("The function is not allowed to be used this way in an expression; function: \(text)")
  }
}

/// The functions of SET.
enum UpdateFunction: String {
  case ifNotExists = "if_not_exists"
  case listAppend = "list_append"

  init?(_ name: [UInt8]) { self.init(rawValue: String(decoding: name, as: UTF8.self)) }
}

/// Messages that conditions and updates share.
enum OperandMessage {
  static func count(_ function: String, _ count: Int) -> String {
    "Incorrect number of operands for operator or function; operator or function: \(function), "
      + "number of operands: \(count)"
  }

  static func functionType(_ function: String, _ type: String) -> String {
    "Incorrect operand type for operator or function; operator or function: \(function), operand type: \(type)"
  }

  static func sectionType(_ section: String, _ type: String) -> String {
    "Incorrect operand type for operator or function; operator: \(section), operand type: \(type), typeSet: "
      + "ALLOWED_FOR_\(section)_OPERAND"
  }

  static func needsPath(_ function: String) -> String {
    "Operator or function requires a document path; operator or function: \(function)"
  }
}
