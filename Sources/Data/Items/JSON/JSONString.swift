/// A string in the input, without its quotes; already checked.
struct JSONSpan {
  var range: Range<Int>
  var hasEscapes: Bool
}

/// A member's name. It refers to the reader's input and lives no longer than that.
public struct JSONName {
  let raw: UnsafeBufferPointer<UInt8>
  /// Set where the name was written with escapes.
  let decoded: [UInt8]?

  /// UTF-8.
  public var bytes: [UInt8] { decoded ?? Array(raw) }

  public var text: String { String(decoding: bytes, as: UTF8.self) }

  /// Lets a `switch` compare names with literals.
  public static func ~= (pattern: StaticString, name: JSONName) -> Bool { name == pattern }

  public static func == (name: JSONName, text: StaticString) -> Bool {
    let expected = UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    if let decoded = name.decoded { return decoded.elementsEqual(expected) }
    return name.raw.count == expected.count && ByteOrder.compare(name.raw, expected) == 0
  }
}

extension JSONReader {
  /// Reads the string that begins at the reader's position.
  mutating func scanString() throws(ItemError) -> JSONSpan {
    let start = position + 1
    var isASCII = true
    var hasEscapes = false
    position = start
    while true {
      position = TextScan.firstSpecial(input, from: position, to: input.count, isASCII: &isASCII)
      guard position < input.count else { throw malformed("a string has no end") }
      switch input[position] {
      case UInt8(ascii: "\""):
        guard isASCII || TextScan.isUTF8(input, from: start, to: position) else {
          throw malformed("text is not UTF-8")
        }
        defer { position += 1 }
        return JSONSpan(range: start..<position, hasEscapes: hasEscapes)
      case UInt8(ascii: "\\"):
        hasEscapes = true
        position = try scanEscape()
      default: throw malformed("a control character is not escaped")
      }
    }
  }

  /// Checks the escape at the reader's position and returns where it ends.
  private func scanEscape() throws(ItemError) -> Int {
    guard position + 1 < input.count else { throw malformed("a string has no end") }
    switch input[position + 1] {
    case UInt8(ascii: "u"): break
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
      UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      return position + 2
    default: throw malformed("an escape is unknown")
    }
    guard let unit = codeUnit(at: position) else { throw malformed("an escape lacks its four hexadecimal digits") }
    guard unit & 0xF800 == 0xD800 else { return position + 6 }
    guard unit < 0xDC00, let second = codeUnit(at: position + 6), second & 0xFC00 == 0xDC00 else {
      throw malformed("half of a surrogate pair is missing")
    }
    return position + 12
  }

  /// The value of `\uXXXX` at `start`, or nil where there is none.
  private func codeUnit(at start: Int) -> UInt32? {
    guard start + 6 <= input.count, input[start] == UInt8(ascii: "\\"), input[start + 1] == UInt8(ascii: "u") else {
      return nil
    }
    var value: UInt32 = 0
    for index in start + 2..<start + 6 {
      let byte = input[index]
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt32(byte - UInt8(ascii: "0"))
      case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt32(byte - UInt8(ascii: "a") + 10)
      case UInt8(ascii: "A")...UInt8(ascii: "F"): value = value << 4 | UInt32(byte - UInt8(ascii: "A") + 10)
      default: return nil
      }
    }
    return value
  }

  /// The contents of a scanned string.
  func text(_ span: JSONSpan) -> [UInt8] {
    guard span.hasEscapes else { return Array(input[span.range]) }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(span.range.count)
    var position = span.range.lowerBound
    while position < span.range.upperBound {
      let byte = input[position]
      if byte == UInt8(ascii: "\\") {
        position = appendEscape(at: position, to: &bytes)
      } else {
        bytes.append(byte)
        position += 1
      }
    }
    return bytes
  }

  /// Calls `body` with the contents of a scanned string, copied only where it has escapes.
  @inline(__always) func withText<Result, Failure: Error>(
    _ span: JSONSpan, _ body: (UnsafeBufferPointer<UInt8>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    guard span.hasEscapes else { return try body(UnsafeBufferPointer(rebasing: input[span.range])) }
    return try text(span).withUnsafeBufferPointer { (bytes) throws(Failure) -> Result in try body(bytes) }
  }

  /// Appends what a checked escape stands for and returns where it ends.
  private func appendEscape(at start: Int, to bytes: inout [UInt8]) -> Int {
    switch input[start + 1] {
    case UInt8(ascii: "b"): bytes.append(0x08)
    case UInt8(ascii: "f"): bytes.append(0x0C)
    case UInt8(ascii: "n"): bytes.append(0x0A)
    case UInt8(ascii: "r"): bytes.append(0x0D)
    case UInt8(ascii: "t"): bytes.append(0x09)
    case UInt8(ascii: "u"):
      guard let unit = codeUnit(at: start) else { fatalError("A checked escape has lost its digits.") }
      guard unit & 0xF800 == 0xD800 else {
        append(scalar: unit, to: &bytes)
        return start + 6
      }
      guard let second = codeUnit(at: start + 6) else { fatalError("A checked escape has lost its second half.") }
      append(scalar: 0x10000 + (unit & 0x3FF) << 10 + second & 0x3FF, to: &bytes)
      return start + 12
    case let byte: bytes.append(byte)
    }
    return start + 2
  }

  private func append(scalar value: UInt32, to bytes: inout [UInt8]) {
    guard let scalar = Unicode.Scalar(value) else { fatalError("A checked escape is no Unicode scalar.") }
    bytes.append(contentsOf: UTF8.encode(scalar)!)
  }
}
