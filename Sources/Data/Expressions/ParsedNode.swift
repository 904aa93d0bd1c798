internal import Items

/// An expression as it is written: placeholders unresolved, functions unchecked. DynamoDB reports a syntax error
/// anywhere before it looks at any name, so checking is a second pass over this tree.
indirect enum ParsedNode {
  case path(ParsedPath)
  /// A placeholder with its `:`.
  case value([UInt8])
  case function([UInt8], [ParsedNode])
  case compare(Comparator, ParsedNode, ParsedNode)
  case between(ParsedNode, ParsedNode, ParsedNode)
  case isIn(ParsedNode, [ParsedNode])
  case all([ParsedNode])
  case any([ParsedNode])
  case not(ParsedNode)

  /// Whether it is a value and not a truth; a function can be either.
  var isOnlyOperand: Bool {
    switch self {
    case .path, .value: true
    default: false
    }
  }

  var isOperand: Bool {
    switch self {
    case .path, .value, .function: true
    default: false
    }
  }

  var children: [ParsedNode] {
    switch self {
    case .path, .value: []
    case .function(_, let arguments): arguments
    case .compare(_, let left, let right): [left, right]
    case .between(let operand, let low, let high): [operand, low, high]
    case .isIn(let operand, let candidates): [operand] + candidates
    case .all(let terms), .any(let terms): terms
    case .not(let term): [term]
    }
  }
}

struct ParsedPath {
  enum Part {
    case name([UInt8])
    /// A placeholder with its `#`.
    case reference([UInt8])
    case index(Int)
  }

  var parts: [Part]

  func checkReservedWords(_ kind: ExpressionKind) throws(ExpressionError) {
    for part in parts {
      guard case .name(let name) = part, ReservedWords.contains(name) else { continue }
      let word = String(decoding: name, as: UTF8.self)
      throw kind.failure("Attribute name is a reserved keyword; reserved keyword: \(word)")
    }
  }

  func resolve(_ context: inout ExpressionContext, _ kind: ExpressionKind) throws(ExpressionError) -> DocumentPath {
    var components: [DocumentPath.Component] = []
    for part in parts {
      switch part {
      case .name(let name): components.append(.name(name))
      case .index(let index): components.append(.index(index))
      case .reference(let placeholder):
        guard let name = context.name(placeholder) else {
          throw kind.failure(
            "An expression attribute name used in the document path is not defined; attribute name: "
              + String(decoding: placeholder, as: UTF8.self))
        }
        components.append(.name(name))
      }
    }
    guard let path = DocumentPath(components) else { fatalError("A path without a name or too deep was parsed.") }
    return path
  }
}

extension ExpressionContext {
  mutating func resolve(value placeholder: [UInt8], _ kind: ExpressionKind) throws(ExpressionError) -> AttributeValue {
    if let value = value(placeholder) { return value }
    throw kind.failure(
      "An expression attribute value used in expression is not defined; attribute value: "
        + String(decoding: placeholder, as: UTF8.self))
  }
}
