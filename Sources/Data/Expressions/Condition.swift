public import Bytes
public import Items

/// A condition or filter, self-contained: names and values of the request are part of it.
public struct Condition: Hashable, Sendable {
  public enum Role: Sendable {
    case condition
    case filter

    var kind: ExpressionKind { self == .condition ? .condition : .filter }
  }

  let node: Node

  /// The attributes of the item that its paths start with, in order of their first use, each once.
  public let referencedTopLevelNames: [[UInt8]]

  init(_ node: Node) {
    self.node = node
    var names: [[UInt8]] = []
    node.visitPaths { path in
      if !names.contains(path.topLevelName) { names.append(path.topLevelName) }
    }
    referencedTopLevelNames = names
  }

  /// - Parameter text: the expression in UTF-8.
  /// - Throws: what DynamoDB refuses, in the order in which it looks: syntax anywhere, then parentheses, functions and
  ///   reserved words anywhere, then placeholders, operands and types, one comparison or function after the other.
  public static func parse(
    _ text: [UInt8], role: Role, context: inout ExpressionContext
  ) throws(ExpressionError) -> Condition {
    Condition(try ConditionResolver.resolve(text, kind: role.kind, context: &context))
  }

  /// Whether a path of it goes on below the attribute `name`.
  public func leadsInto(_ name: [UInt8]) -> Bool {
    var leads = false
    node.visitPaths { if $0.leadsInto(name) { leads = true } }
    return leads
  }

  /// Whether `item` meets the condition; a missing item is one without attributes. Comparisons of a missing attribute,
  /// or of values whose types differ or have no order, are false (`<>` is true).
  public func evaluate(_ item: AttributeMap?) -> Bool { node.holds(item ?? AttributeMap()) }

  /// As ``evaluate(_:)-(AttributeMap?)``, decoding only the attributes that the condition names.
  public func evaluate(_ item: EncodedItem?) throws(MalformedBytes) -> Bool {
    var elements: [AttributeMap.Element] = []
    if let item {
      for name in referencedTopLevelNames {
        guard let value = try item.value(named: name) else { continue }
        elements.append(AttributeMap.Element(name: name, value: value))
      }
    }
    return node.holds(AttributeMap(elements))
  }
}

/// The raw values are stored.
enum Comparator: UInt8 {
  case equal = 0
  case notEqual = 1
  case less = 2
  case lessOrEqual = 3
  case greater = 4
  case greaterOrEqual = 5

  init?(_ token: TokenKind) {
    switch token {
    case .equal: self = .equal
    case .notEqual: self = .notEqual
    case .less: self = .less
    case .lessOrEqual: self = .lessOrEqual
    case .greater: self = .greater
    case .greaterOrEqual: self = .greaterOrEqual
    default: return nil
    }
  }

  var symbol: String {
    switch self {
    case .equal: "="
    case .notEqual: "<>"
    case .less: "<"
    case .lessOrEqual: "<="
    case .greater: ">"
    case .greaterOrEqual: ">="
    }
  }

  var needsOrder: Bool { self != .equal && self != .notEqual }

  /// The comparator that says the same with its operands exchanged.
  var mirrored: Comparator {
    switch self {
    case .equal, .notEqual: self
    case .less: .greater
    case .lessOrEqual: .greaterOrEqual
    case .greater: .less
    case .greaterOrEqual: .lessOrEqual
    }
  }
}

extension Condition {
  indirect enum Operand: Hashable, Sendable {
    case path(DocumentPath)
    case value(AttributeValue)
    /// Of a path or a value, never of another size.
    case size(Operand)

    var path: DocumentPath? {
      guard case .path(let path) = self else { return nil }
      return path
    }
  }

  indirect enum Node: Hashable, Sendable {
    case all([Node])
    case any([Node])
    case not(Node)
    case compare(Comparator, Operand, Operand)
    case between(Operand, Operand, Operand)
    case isIn(Operand, [Operand])
    case exists(DocumentPath)
    case notExists(DocumentPath)
    case hasType(Operand, ValueType)
    case beginsWith(Operand, Operand)
    case contains(Operand, Operand)
  }
}

extension Condition.Node {
  func visitPaths(_ body: (DocumentPath) -> Void) {
    switch self {
    case .all(let terms), .any(let terms): for term in terms { term.visitPaths(body) }
    case .not(let term): term.visitPaths(body)
    case .exists(let path), .notExists(let path): body(path)
    default: for operand in operands { operand.visitPaths(body) }
    }
  }

  /// The operands of a comparison or function, in the order in which they are written.
  var operands: [Condition.Operand] {
    switch self {
    case .all, .any, .not: []
    case .compare(_, let left, let right), .beginsWith(let left, let right), .contains(let left, let right):
      [left, right]
    case .between(let operand, let low, let high): [operand, low, high]
    case .isIn(let operand, let candidates): [operand] + candidates
    case .exists(let path), .notExists(let path): [.path(path)]
    case .hasType(let operand, _): [operand]
    }
  }
}

extension Condition.Operand {
  func visitPaths(_ body: (DocumentPath) -> Void) {
    switch self {
    case .path(let path): body(path)
    case .value: break
    case .size(let operand): operand.visitPaths(body)
    }
  }
}
