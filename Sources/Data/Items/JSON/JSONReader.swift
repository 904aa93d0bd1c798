/// The JSON types, as ``JSONReader/peek()`` tells them.
public enum JSONKind: Hashable, Sendable {
  case object, array, string, number, bool, null
}

/// A pull parser for strict JSON (RFC 8259) over bytes that the caller keeps alive.
///
/// The caller asks for what it expects and reads each value exactly once:
/// ```
/// try reader.beginObject()
/// while let name = try reader.nextKey() {
///   switch name {
///   case "Limit": limit = try reader.readInteger()
///   default: try reader.skipValue()
///   }
/// }
/// ```
/// Every error is an ``ItemError``; after one the reader is of no more use, except where a function says otherwise.
/// Text is checked to be UTF-8, half surrogates are refused, and at most ``ItemLimits/jsonLevelsMax`` structures lie
/// within each other.
public struct JSONReader {
  let input: UnsafeBufferPointer<UInt8>
  /// The next byte to read, counted from the start of the input.
  public internal(set) var position = 0
  private var levels = 0
  /// Whether the innermost structure has been entered and nothing in it read.
  private var isFirst = true

  public init(_ input: UnsafeBufferPointer<UInt8>) { self.input = input }

  /// Reads `bytes` with `body`, which must take the text whole.
  public static func read<Result>(
    _ bytes: [UInt8], _ body: (inout JSONReader) throws(ItemError) -> Result
  ) throws(ItemError) -> Result {
    try bytes.withUnsafeBufferPointer { (input) throws(ItemError) -> Result in
      var reader = JSONReader(input)
      let result = try body(&reader)
      try reader.finish()
      return result
    }
  }

  /// The type of the next value, without reading it.
  public mutating func peek() throws(ItemError) -> JSONKind {
    switch try peekByte() {
    case UInt8(ascii: "\""): return .string
    case UInt8(ascii: "{"): return .object
    case UInt8(ascii: "["): return .array
    case UInt8(ascii: "t"), UInt8(ascii: "f"): return .bool
    case UInt8(ascii: "n"): return .null
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number
    default: throw malformed("a value is missing")
    }
  }

  /// Throws unless only white space is left.
  public mutating func finish() throws(ItemError) {
    skipWhitespace()
    guard position == input.count else { throw malformed("something follows the value") }
  }

  // MARK: Structures

  public mutating func beginObject() throws(ItemError) { try begin(UInt8(ascii: "{"), "an object is missing") }

  public mutating func beginArray() throws(ItemError) { try begin(UInt8(ascii: "["), "an array is missing") }

  /// The next member's name, or nil at the end of the object, which is then left. Its value is to be read next.
  public mutating func nextKey() throws(ItemError) -> JSONName? {
    guard let span = try nextKeySpan() else { return nil }
    return JSONName(raw: UnsafeBufferPointer(rebasing: input[span.range]), decoded: span.hasEscapes ? text(span) : nil)
  }

  /// True where another element is to be read next; false at the end of the array, which is then left.
  public mutating func nextElement() throws(ItemError) -> Bool { try advance(closing: UInt8(ascii: "]")) }

  mutating func nextKeySpan() throws(ItemError) -> JSONSpan? {
    guard try advance(closing: UInt8(ascii: "}")) else { return nil }
    guard try peekByte() == UInt8(ascii: "\"") else { throw malformed("a name is missing") }
    let span = try scanString()
    guard try peekByte() == UInt8(ascii: ":") else { throw malformed("a colon is missing") }
    position += 1
    return span
  }

  private mutating func begin(_ opening: UInt8, _ fault: StaticString) throws(ItemError) {
    guard try peekByte() == opening else { throw malformed(fault) }
    levels += 1
    guard levels <= ItemLimits.jsonLevelsMax else { throw malformed("structures are nested too deeply") }
    position += 1
    isFirst = true
  }

  /// Moves to the next member or element; false where the structure ends here.
  private mutating func advance(closing: UInt8) throws(ItemError) -> Bool {
    let byte = try peekByte()
    if byte == closing {
      position += 1
      levels -= 1
      isFirst = false
      return false
    }
    if isFirst {
      isFirst = false
      return true
    }
    guard byte == UInt8(ascii: ",") else { throw malformed("a comma or the end of a structure is missing") }
    position += 1
    guard try peekByte() != closing else { throw malformed("a comma has nothing after it") }
    return true
  }

  // MARK: Bytes

  /// The next byte that is not white space; the reader stays before it.
  @inline(__always) mutating func peekByte() throws(ItemError) -> UInt8 {
    skipWhitespace()
    guard position < input.count else { throw malformed("the text ends early") }
    return input[position]
  }

  @inline(__always) private mutating func skipWhitespace() {
    while position < input.count {
      switch input[position] {
      case 0x20, 0x09, 0x0A, 0x0D: position += 1
      default: return
      }
    }
  }

  @inline(never) func malformed(_ what: StaticString) -> ItemError {
    ItemError(.serialization, "Malformed JSON: \(what) at \(position)")
  }
}
