/// Recursive descent for the grammar that conditions, filters and key conditions share:
///
///     condition   = conjunction *( OR conjunction )
///     conjunction = negation *( AND negation )
///     negation    = *NOT comparison
///     comparison  = primary [ comparator operand / BETWEEN operand AND operand / IN "(" operand *( "," operand ) ")" ]
///     primary     = "(" condition ")" / operand
///     operand     = "(" operand ")" / name "(" operand *( "," operand ) ")" / ":value" / path
///
/// A parenthesis can open either a condition or an operand, so `condition` also returns a lone operand, and who needs
/// a truth refuses it at the token that follows.
struct ConditionParser {
  private var cursor: TokenCursor
  private var depth = 0
  private var operators = 0
  private var hasRedundantParentheses = false

  private struct Parsed {
    var node: ParsedNode
    var isParenthesised = false
  }

  static func parse(_ text: [UInt8], kind: ExpressionKind) throws(ExpressionError) -> (ParsedNode, TokenCursor) {
    var parser = ConditionParser(cursor: try TokenCursor(text, kind: kind))
    let parsed = try parser.condition()
    let node = try parser.truth(of: parsed)
    guard parser.cursor.current.kind == .end else { throw parser.cursor.syntaxError() }
    if parser.hasRedundantParentheses { throw parser.redundantParentheses }
    if parser.operators > ExpressionLimits.operatorsMax { throw parser.tooManyOperators }
    return (node, parser.cursor)
  }

  private init(cursor: TokenCursor) { self.cursor = cursor }

  private var redundantParentheses: ExpressionError {
    cursor.kind.failure("The expression has redundant parentheses;")
  }

  /// DynamoDB stops counting at the first operator too many.
  private var tooManyOperators: ExpressionError {
    cursor.kind.failure(
      "The expression contains too many operators; operator count: \(ExpressionLimits.operatorsMax + 1)")
  }

  private mutating func condition() throws(ExpressionError) -> Parsed {
    let first = try conjunction()
    guard cursor.isAt(.or) else { return first }
    var terms = [try truth(of: first)]
    while cursor.take(.or) {
      operators += 1
      let term = try conjunction()
      terms.append(try truth(of: term))
    }
    return Parsed(node: .any(terms))
  }

  private mutating func conjunction() throws(ExpressionError) -> Parsed {
    let first = try negation()
    guard cursor.isAt(.and) else { return first }
    var terms = [try truth(of: first)]
    while cursor.take(.and) {
      operators += 1
      let term = try negation()
      terms.append(try truth(of: term))
    }
    return Parsed(node: .all(terms))
  }

  private mutating func negation() throws(ExpressionError) -> Parsed {
    var count = 0
    while cursor.take(.not) { count += 1 }
    operators += count
    let parsed = try comparison()
    guard count > 0 else { return parsed }
    // A pair of negations cancels; one pair stays visible for key conditions, which refuse the operator.
    let node = ParsedNode.not(try truth(of: parsed))
    return Parsed(node: count % 2 == 1 ? node : .not(node))
  }

  /// The cursor has to be behind `parsed`, so parse in a statement of its own: a call reads its receiver before its
  /// arguments.
  private func truth(of parsed: Parsed) throws(ExpressionError) -> ParsedNode {
    if parsed.node.isOnlyOperand { throw cursor.syntaxError() }
    return parsed.node
  }

  private mutating func comparison() throws(ExpressionError) -> Parsed {
    let left = try primary()
    if let comparator = Comparator(cursor.current.kind) {
      try startOperator(after: left)
      return Parsed(node: .compare(comparator, left.node, try operand().node))
    }
    if cursor.isAt(.between) {
      try startOperator(after: left)
      let low = try operand().node
      try cursor.expect(.and)
      return Parsed(node: .between(left.node, low, try operand().node))
    }
    if cursor.isAt(.isIn) {
      try startOperator(after: left)
      return Parsed(node: .isIn(left.node, try parenthesisedList()))
    }
    return left
  }

  private mutating func startOperator(after left: Parsed) throws(ExpressionError) {
    guard left.node.isOperand else { throw cursor.syntaxError() }
    operators += 1
    cursor.advance()
  }

  private mutating func primary() throws(ExpressionError) -> Parsed {
    guard cursor.take(.leftParenthesis) else { return try atom() }
    try descend()
    let inner = try condition()
    return try close(inner)
  }

  private mutating func operand() throws(ExpressionError) -> Parsed {
    guard cursor.take(.leftParenthesis) else { return try atom() }
    try descend()
    let inner = try operand()
    return try close(inner)
  }

  /// Takes the closing parenthesis, and what continues a path behind it: `(a.b).c` is the path `a.b.c`.
  private mutating func close(_ inner: Parsed) throws(ExpressionError) -> Parsed {
    try cursor.expect(.rightParenthesis)
    depth -= 1
    if inner.isParenthesised { hasRedundantParentheses = true }
    if case .path(var path) = inner.node, cursor.current.kind == .dot || cursor.current.kind == .leftBracket {
      try cursor.extend(&path)
      return Parsed(node: .path(path))
    }
    return Parsed(node: inner.node, isParenthesised: true)
  }

  private mutating func descend() throws(ExpressionError) {
    depth += 1
    guard depth > ExpressionLimits.nestingMax else { return }
    if operators > ExpressionLimits.operatorsMax { throw tooManyOperators }
    guard cursor.number(of: .leftParenthesis) == cursor.number(of: .rightParenthesis) else {
      while cursor.current.kind != .end { cursor.advance() }
      throw cursor.syntaxError()
    }
    throw redundantParentheses
  }

  private mutating func atom() throws(ExpressionError) -> Parsed {
    if cursor.isAtFunction { return Parsed(node: try function()) }
    if cursor.isAtName { return Parsed(node: .path(try cursor.path())) }
    guard cursor.current.kind == .valueReference else { throw cursor.syntaxError() }
    defer { cursor.advance() }
    return Parsed(node: .value(cursor.bytes(of: cursor.current)))
  }

  private mutating func function() throws(ExpressionError) -> ParsedNode {
    let name = cursor.bytes(of: cursor.current)
    cursor.advance()
    depth += 1
    if depth > ExpressionLimits.nestingMax { throw ConditionFunction.misuse(of: name, cursor.kind) }
    let arguments = try parenthesisedList()
    depth -= 1
    return .function(name, arguments)
  }

  private mutating func parenthesisedList() throws(ExpressionError) -> [ParsedNode] {
    try cursor.expect(.leftParenthesis)
    var operands = [try operand().node]
    while cursor.take(.comma) { operands.append(try operand().node) }
    try cursor.expect(.rightParenthesis)
    return operands
  }
}
