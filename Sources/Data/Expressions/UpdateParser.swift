/// An update as it is written, sections in order.
struct ParsedUpdate {
  enum Section: String {
    case set = "SET"
    case remove = "REMOVE"
    case add = "ADD"
    case delete = "DELETE"
  }

  struct Action {
    var section: Section
    var path: ParsedPath
    /// None for REMOVE; one, or two with an arithmetic operator, for SET; one for ADD and DELETE.
    var operands: [ParsedNode]
    var arithmetic: Arithmetic?
  }

  enum Arithmetic: String {
    case plus = "+"
    case minus = "-"
  }

  var actions: [Action] = []
  var sections: [Section] = []
}

/// Recursive descent for update expressions:
///
///     update  = 1*( SET set *( "," set ) / REMOVE path *( "," path ) / ( ADD / DELETE ) change *( "," change ) )
///     set     = path "=" value
///     change  = path ":value"
///     value   = "(" value ")" / operand [ ( "+" / "-" ) operand ]
///     operand = "(" operand ")" / name "(" operand *( "," operand ) ")" / ":value" / path
struct UpdateParser {
  private var cursor: TokenCursor
  private var depth = 0

  private struct Value {
    var operands: [ParsedNode]
    var arithmetic: ParsedUpdate.Arithmetic?
  }

  static func parse(_ text: [UInt8]) throws(ExpressionError) -> (ParsedUpdate, TokenCursor) {
    var parser = UpdateParser(cursor: try TokenCursor(text, kind: .update))
    var update = ParsedUpdate()
    repeat {
      let section = try parser.section()
      update.sections.append(section)
      repeat { update.actions.append(try parser.action(section)) } while parser.cursor.take(.comma)
    } while parser.cursor.current.kind != .end
    return (update, parser.cursor)
  }

  private init(cursor: TokenCursor) { self.cursor = cursor }

  private mutating func section() throws(ExpressionError) -> ParsedUpdate.Section {
    if cursor.take(.set) { return .set }
    if cursor.take(.remove) { return .remove }
    if cursor.take(.add) { return .add }
    if cursor.take(.delete) { return .delete }
    throw cursor.syntaxError()
  }

  private mutating func action(_ section: ParsedUpdate.Section) throws(ExpressionError) -> ParsedUpdate.Action {
    var action = ParsedUpdate.Action(section: section, path: try cursor.path(), operands: [])
    switch section {
    case .set:
      try cursor.expect(.equal)
      let value = try value()
      action.operands = value.operands
      action.arithmetic = value.arithmetic
    case .remove: break
    case .add, .delete:
      guard cursor.current.kind == .valueReference else { throw cursor.syntaxError() }
      action.operands = [.value(cursor.bytes(of: cursor.current))]
      cursor.advance()
    }
    return action
  }

  /// A parenthesis may enclose one operand or the whole value; which of them shows only behind the first operand.
  private mutating func value() throws(ExpressionError) -> Value {
    var first: Value
    if cursor.take(.leftParenthesis) {
      try descend()
      first = try value()
      depth -= 1
      try cursor.expect(.rightParenthesis)
    } else {
      first = Value(operands: [try atom()])
    }
    guard let arithmetic = arithmetic() else { return first }
    guard first.arithmetic == nil else { throw cursor.syntaxError() }
    cursor.advance()
    first.operands.append(try operand())
    first.arithmetic = arithmetic
    return first
  }

  private func arithmetic() -> ParsedUpdate.Arithmetic? {
    switch cursor.current.kind {
    case .plus: .plus
    case .minus: .minus
    default: nil
    }
  }

  private mutating func operand() throws(ExpressionError) -> ParsedNode {
    guard cursor.take(.leftParenthesis) else { return try atom() }
    try descend()
    let operand = try operand()
    depth -= 1
    try cursor.expect(.rightParenthesis)
    return operand
  }

  private mutating func atom() throws(ExpressionError) -> ParsedNode {
    if cursor.isAtFunction { return try function() }
    if cursor.isAtName { return .path(try cursor.path()) }
    guard cursor.current.kind == .valueReference else { throw cursor.syntaxError() }
    defer { cursor.advance() }
    return .value(cursor.bytes(of: cursor.current))
  }

  private mutating func function() throws(ExpressionError) -> ParsedNode {
    let name = cursor.bytes(of: cursor.current)
    cursor.advance()
    try cursor.expect(.leftParenthesis)
    depth += 1
    if depth > ExpressionLimits.nestingMax { throw UpdateResolver.misuse(of: name) }
    var arguments = [try operand()]
    while cursor.take(.comma) { arguments.append(try operand()) }
    depth -= 1
    try cursor.expect(.rightParenthesis)
    return .function(name, arguments)
  }

  private mutating func descend() throws(ExpressionError) {
    depth += 1
    if depth > ExpressionLimits.nestingMax { throw cursor.syntaxError() }
  }
}
