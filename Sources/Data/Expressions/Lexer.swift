/// Splits an expression into tokens. It refuses nothing: what it does not know becomes a token that no grammar takes,
/// which gives DynamoDB's message about a syntax error with the token and its neighbours.
struct Lexer {
  private let text: [UInt8]
  private var position = 0

  static func tokens(of text: [UInt8]) -> [Token] {
    var lexer = Lexer(text: text)
    var tokens: [Token] = []
    while let token = lexer.next() { tokens.append(token) }
    tokens.append(Token(kind: .end, start: text.count, end: text.count))
    return tokens
  }

  private init(text: [UInt8]) { self.text = text }

  private mutating func next() -> Token? {
    while position < text.count, ASCII.isSpace(text[position]) { position += 1 }
    guard position < text.count else { return nil }
    let start = position
    position += 1
    var token = Token(kind: kind(from: text[start]), start: start, end: position)
    if token.kind == .identifier { token.keyword = Keyword(word: text[start..<position]) }
    token.end = position
    return token
  }

  private mutating func kind(from first: UInt8) -> TokenKind {
    if ASCII.isLetter(first) {
      skip(while: ASCII.isNamePart)
      return .identifier
    }
    if ASCII.isDigit(first) {
      skip(while: ASCII.isDigit)
      return .number
    }
    if let reference = reference(from: first) { return reference }
    return symbol(from: first)
  }

  private mutating func reference(from first: UInt8) -> TokenKind? {
    guard first == UInt8(ascii: "#") || first == UInt8(ascii: ":") else { return nil }
    let start = position
    skip(while: ASCII.isNamePart)
    guard position > start else { return .unknown }
    return first == UInt8(ascii: "#") ? .nameReference : .valueReference
  }

  private mutating func symbol(from first: UInt8) -> TokenKind {
    switch first {
    case UInt8(ascii: "="): return .equal
    case UInt8(ascii: "<"): return take("=") ? .lessOrEqual : take(">") ? .notEqual : .less
    case UInt8(ascii: ">"): return take("=") ? .greaterOrEqual : .greater
    case UInt8(ascii: "+"): return .plus
    case UInt8(ascii: "-"): return .minus
    case UInt8(ascii: ","): return .comma
    case UInt8(ascii: "."): return .dot
    case UInt8(ascii: "("): return .leftParenthesis
    case UInt8(ascii: ")"): return .rightParenthesis
    case UInt8(ascii: "["): return .leftBracket
    case UInt8(ascii: "]"): return .rightBracket
    default:
      // A character beyond ASCII is one token, not one for each of its bytes.
      skip { $0 & 0xC0 == 0x80 }
      return .unknown
    }
  }

  private mutating func skip(while matches: (UInt8) -> Bool) {
    while position < text.count, matches(text[position]) { position += 1 }
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard position < text.count, text[position] == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }
}
