enum TokenKind: UInt8 {
  case identifier
  /// `#name`
  case nameReference
  /// `:value`
  case valueReference
  /// Digits; only list indexes are numbers.
  case number
  case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual
  case plus, minus, comma, dot
  case leftParenthesis, rightParenthesis, leftBracket, rightBracket
  /// A character that starts no token; no rule of the grammar takes it.
  case unknown
  case end
}

/// Words that structure an expression, in any case. Which of them a grammar takes depends on its kind.
enum Keyword: UInt8 {
  case none
  case and, or, not, isIn, between
  case set, remove, add, delete

  private static let spellings: [(spelling: [UInt8], keyword: Keyword)] = [
    (Array("AND".utf8), .and), (Array("OR".utf8), .or), (Array("NOT".utf8), .not), (Array("IN".utf8), .isIn),
    (Array("BETWEEN".utf8), .between), (Array("SET".utf8), .set), (Array("REMOVE".utf8), .remove),
    (Array("ADD".utf8), .add), (Array("DELETE".utf8), .delete),
  ]

  init(word: ArraySlice<UInt8>) {
    self = .none
    for entry in Keyword.spellings where entry.spelling.count == word.count {
      if entry.spelling.elementsEqual(word.lazy.map(ASCII.uppercase)) { self = entry.keyword }
    }
  }
}

struct Token {
  var kind: TokenKind
  var keyword = Keyword.none
  /// Byte offsets into the expression's text.
  var start: Int
  var end: Int
}

enum ASCII {
  static func uppercase(_ byte: UInt8) -> UInt8 { byte >= 0x61 && byte <= 0x7A ? byte - 0x20 : byte }

  static func isLetter(_ byte: UInt8) -> Bool { uppercase(byte) >= 0x41 && uppercase(byte) <= 0x5A }

  static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

  static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D }

  /// Letters, digits and the underscore: what a name goes on with, and all of what follows `#` and `:`.
  static func isNamePart(_ byte: UInt8) -> Bool { isLetter(byte) || isDigit(byte) || byte == 0x5F }
}
