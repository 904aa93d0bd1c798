/// What PostgreSQL's `text` and `jsonb` cannot hold: U+0000.
///
/// The rule: U+0000 is written as U+2400 (␀) and a zero digit, and U+2400 itself as two of it. Nothing else changes, and
/// the text can be told back: after a ␀, `0` stands for U+0000 and ␀ for itself.
enum PostgresText {
  private static let symbol: [UInt8] = [0xE2, 0x90, 0x80]

  /// - Parameter text: UTF-8.
  static func escaped(_ text: [UInt8]) -> [UInt8] {
    guard needsEscape(text) else { return text }
    var result: [UInt8] = []
    result.reserveCapacity(text.count + 8)
    var index = 0
    while index < text.count {
      if text[index] == 0 {
        result += symbol
        result.append(UInt8(ascii: "0"))
        index += 1
      } else if isSymbol(text, at: index) {
        result += symbol + symbol
        index += 3
      } else {
        result.append(text[index])
        index += 1
      }
    }
    return result
  }

  private static func needsEscape(_ text: [UInt8]) -> Bool {
    text.withUnsafeBufferPointer { bytes in
      for index in bytes.indices where bytes[index] == 0 || bytes[index] == 0xE2 {
        if bytes[index] == 0 || isSymbol(text, at: index) { return true }
      }
      return false
    }
  }

  private static func isSymbol(_ text: [UInt8], at index: Int) -> Bool {
    index + 2 < text.count && text[index] == 0xE2 && text[index + 1] == 0x90 && text[index + 2] == 0x80
  }
}
