/// What the grammars share: a position in the tokens, document paths, and the message about a syntax error.
struct TokenCursor {
  let kind: ExpressionKind
  private let text: [UInt8]
  private let tokens: [Token]
  private var position = 0
  /// A path that is well-formed but outside the limits; reported after the whole expression has proved well-formed.
  private(set) var pathFault: String?

  init(_ text: [UInt8], kind: ExpressionKind) throws(ExpressionError) {
    if text.isEmpty { throw kind.failure("The expression can not be empty;") }
    if text.count > ExpressionLimits.expressionBytesMax {
      throw kind.failure("Expression size has exceeded the maximum allowed size; expression size: \(text.count)")
    }
    self.kind = kind
    self.text = text
    tokens = Lexer.tokens(of: text)
  }

  var current: Token { tokens[position] }

  func bytes(of token: Token) -> [UInt8] { Array(text[token.start..<token.end]) }

  func number(of tokenKind: TokenKind) -> Int { tokens.lazy.filter { $0.kind == tokenKind }.count }

  mutating func advance() {
    if position + 1 < tokens.count { position += 1 }
  }

  mutating func take(_ tokenKind: TokenKind) -> Bool {
    guard current.kind == tokenKind else { return false }
    advance()
    return true
  }

  mutating func expect(_ tokenKind: TokenKind) throws(ExpressionError) {
    guard take(tokenKind) else { throw syntaxError() }
  }

  func isAt(_ keyword: Keyword) -> Bool { current.keyword == keyword }

  mutating func take(_ keyword: Keyword) -> Bool {
    guard isAt(keyword) else { return false }
    advance()
    return true
  }

  mutating func expect(_ keyword: Keyword) throws(ExpressionError) {
    guard take(keyword) else { throw syntaxError() }
  }

  /// Names the current token and shows it between its neighbours.
  func syntaxError() -> ExpressionError {
    let previous = position > 0 ? tokens[position - 1] : current
    let next = current.kind == .end ? previous : tokens[position + 1]
    let last = current.kind == .end ? previous.end : next.kind == .end ? current.end : next.end
    let token = current.kind == .end ? "<EOF>" : String(decoding: bytes(of: current), as: UTF8.self)
    let near = String(decoding: text[previous.start..<max(previous.start, last)], as: UTF8.self)
    return kind.failure("Syntax error; token: \"\(token)\", near: \"\(near)\"")
  }

  private func isPlainName(_ token: Token) -> Bool { token.kind == .identifier && !kind.reserves(token.keyword) }

  var isAtName: Bool { isPlainName(current) || current.kind == .nameReference }

  /// Whether a plain name with an opening parenthesis comes next. Placeholders can not name functions.
  var isAtFunction: Bool { isPlainName(current) && tokens[position + 1].kind == .leftParenthesis }

  mutating func path() throws(ExpressionError) -> ParsedPath {
    var path = ParsedPath(parts: [try namePart()])
    try extend(&path)
    return path
  }

  /// Takes `.name` and `[index]` as often as they come.
  mutating func extend(_ path: inout ParsedPath) throws(ExpressionError) {
    while true {
      if take(.dot) {
        path.parts.append(try namePart())
      } else if take(.leftBracket) {
        path.parts.append(.index(try listIndex()))
        try expect(.rightBracket)
      } else {
        break
      }
    }
    if path.parts.count > ExpressionLimits.pathLevelsMax, pathFault == nil {
      pathFault = "The document path has too many nesting levels; nesting levels: \(path.parts.count)"
    }
  }

  private mutating func namePart() throws(ExpressionError) -> ParsedPath.Part {
    guard isAtName else { throw syntaxError() }
    let token = current
    advance()
    return token.kind == .nameReference ? .reference(bytes(of: token)) : .name(bytes(of: token))
  }

  private mutating func listIndex() throws(ExpressionError) -> Int {
    guard current.kind == .number else { throw syntaxError() }
    let digits = bytes(of: current)
    advance()
    var index = 0
    for digit in digits {
      index = index * 10 + Int(digit - 0x30)
      guard index <= ExpressionLimits.listIndexMax else {
        let text = String(decoding: digits, as: UTF8.self)
        if pathFault == nil { pathFault = "List index is not within the allowable range; index: [\(text)]" }
        return 0
      }
    }
    return index
  }

  func checkPathFault() throws(ExpressionError) {
    if let pathFault { throw kind.failure(pathFault) }
  }
}
