/// What the API's request shapes call their types; it decides the text of a mismatch.
enum ExpectedType {
  case string, boolean, integer, long, double, blob

  var name: StaticString {
    switch self {
    case .string: "String"
    case .boolean: "Boolean"
    case .integer: "Integer"
    case .long: "Long"
    case .double: "Double"
    case .blob: "Blob"
    }
  }

  var collectionName: String { self == .blob ? "java.nio.ByteBuffer" : "java.lang.\(name)" }
}

/// Typed reads of the DynamoDB wire form. Mismatches have DynamoDB's texts, as public re-implementations recorded them.
extension JSONReader {
  /// UTF-8.
  public mutating func readString() throws(ItemError) -> [UInt8] { text(try readSpan(.string)) }

  public mutating func readText() throws(ItemError) -> String {
    try withText(readSpan(.string)) { String(decoding: $0, as: UTF8.self) }
  }

  /// Base 64 in a string.
  public mutating func readBinary() throws(ItemError) -> [UInt8] {
    var bytes: [UInt8] = []
    try appendBinary(to: &bytes)
    return bytes
  }

  /// Also takes the strings true, yes, 1, false, no and 0 in any case, as DynamoDB does.
  public mutating func readBool() throws(ItemError) -> Bool {
    switch try peek() {
    case .bool: return try literalBool()
    case .string:
      switch try readText().uppercased() {
      case "TRUE", "YES", "1": return true
      case "FALSE", "NO", "0": return false
      default: throw ItemError(.serialization, "Unexpected token received from parser")
      }
    default: throw try mismatch(.boolean)
    }
  }

  /// A number, without its fraction; beyond the range of `Int` the nearest one.
  public mutating func readInteger() throws(ItemError) -> Int { try integer(.integer) }

  /// As ``readInteger()``, for the members that the API declares as Long.
  public mutating func readLong() throws(ItemError) -> Int { try integer(.long) }

  /// For the members that the API declares as Double.
  public mutating func readDouble() throws(ItemError) -> Double {
    guard try peek() == .number else { throw try mismatch(.double) }
    return Double(String(decoding: input[try scanNumber()], as: UTF8.self)) ?? 0
  }

  /// Whether the next value is null; if so it has been read. DynamoDB takes a null member as absent.
  public mutating func skipNull() throws(ItemError) -> Bool {
    guard try peekByte() == UInt8(ascii: "n") else { return false }
    try literal("null")
    return true
  }

  public mutating func readNull() throws(ItemError) {
    guard try skipNull() else { throw malformed("null is missing") }
  }

  /// A number's text as it stands.
  public mutating func readNumber() throws(ItemError) -> [UInt8] {
    guard try peek() == .number else { throw malformed("a number is missing") }
    return Array(input[try scanNumber()])
  }

  /// Reads a value of any type and drops it.
  public mutating func skipValue() throws(ItemError) {
    switch try peek() {
    case .string: _ = try scanString()
    case .number: _ = try scanNumber()
    case .bool: _ = try literalBool()
    case .null: try literal("null")
    case .array:
      try beginArray()
      while try nextElement() { try skipValue() }
    case .object:
      try beginObject()
      while try nextKeySpan() != nil { try skipValue() }
    }
  }

  // MARK: Structures of the API

  /// Enters a member that is a list. Read it with ``nextElement()``.
  public mutating func beginList() throws(ItemError) {
    switch try peek() {
    case .array: try beginArray()
    case .object: throw ItemError(.serialization, "Start of structure or map found where not expected")
    default: throw ItemError(.serialization, "Unexpected field type")
    }
  }

  /// Enters a member that is a map whose values have the API's type `element`, for example
  /// `com.amazonaws.dynamodb.v20120810.AttributeValue` or `java.lang.String`. Read it with ``nextKey()``.
  public mutating func beginMap(of element: StaticString) throws(ItemError) {
    switch try peek() {
    case .object: try beginObject()
    case .array:
      throw ItemError(.serialization, "Unrecognized collection type java.util.Map<java.lang.String, \(element)>")
    default: throw ItemError(.serialization, "Unexpected field type")
    }
  }

  /// Enters a member that has the API's shape `name`. Read it with ``nextKey()``.
  public mutating func beginStructure(_ name: StaticString) throws(ItemError) {
    try beginStructure(name, otherwise: "Unexpected field type")
  }

  /// Enters an element of a list or map that has the API's shape `name`, where a scalar has another text.
  public mutating func beginElement(_ name: StaticString) throws(ItemError) {
    try beginStructure(name, otherwise: "Unexpected value type in payload")
  }

  private mutating func beginStructure(_ name: StaticString, otherwise text: String) throws(ItemError) {
    switch try peek() {
    case .object: try beginObject()
    case .array:
      throw ItemError(
        .serialization, "Unrecognized collection type class com.amazonaws.dynamodb.v20120810.\(name)")
    default: throw ItemError(.serialization, text)
    }
  }

  // MARK: Scalars

  mutating func readSpan(_ type: ExpectedType) throws(ItemError) -> JSONSpan {
    guard try peekByte() == UInt8(ascii: "\"") else { throw try mismatch(type) }
    return try scanString()
  }

  mutating func appendBinary(to bytes: inout [UInt8]) throws(ItemError) {
    let span = try readSpan(.blob)
    do throws(Base64.Fault) {
      try withText(span) { (text) throws(Base64.Fault) in try Base64.appendDecoded(text, to: &bytes) }
    } catch {
      throw ItemError(.serialization, error.message)
    }
  }

  /// The error for a next value that is not of `type`. Malformed JSON is reported as such.
  @inline(never) private mutating func mismatch(_ type: ExpectedType) throws(ItemError) -> ItemError {
    let kind = try peek()
    switch kind {
    case .array: return ItemError(.serialization, "Unrecognized collection type class \(type.collectionName)")
    case .object: return ItemError(.serialization, "Start of structure or map found where not expected")
    default: break
    }
    let token = try tokenName(kind)
    guard type != .blob else {
      return ItemError(.serialization, "only base-64-encoded strings are convertible to bytes")
    }
    return ItemError(.serialization, "\(token) cannot be converted to \(type.name)")
  }

  private mutating func tokenName(_ kind: JSONKind) throws(ItemError) -> StaticString {
    switch kind {
    case .bool: return try literalBool() ? "TRUE_VALUE" : "FALSE_VALUE"
    case .number: return input[try scanNumber()].contains { ".eE".utf8.contains($0) } ? "DECIMAL_VALUE" : "NUMBER_VALUE"
    case .null:
      try literal("null")
      return "NULL_VALUE"
    default:
      _ = try scanString()
      return "STRING_VALUE"
    }
  }

  private mutating func integer(_ type: ExpectedType) throws(ItemError) -> Int {
    guard try peek() == .number else { throw try mismatch(type) }
    let range = try scanNumber()
    let text = String(decoding: input[range], as: UTF8.self)
    if let value = Int(text) { return value }
    let value = (Double(text) ?? 0).rounded(.towardZero)
    return Int(exactly: value) ?? (value < 0 ? Int.min : Int.max)
  }

  private mutating func literalBool() throws(ItemError) -> Bool {
    let value = try peekByte() == UInt8(ascii: "t")
    try literal(value ? "true" : "false")
    return value
  }

  private mutating func literal(_ text: StaticString) throws(ItemError) {
    let expected = UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    guard input.count - position >= expected.count else { throw malformed("the text ends early") }
    for (offset, byte) in expected.enumerated() where input[position + offset] != byte {
      throw malformed("a word is none of true, false and null")
    }
    position += expected.count
  }

  /// Reads the number at the reader's position and returns where it lies.
  private mutating func scanNumber() throws(ItemError) -> Range<Int> {
    let start = position
    if input[position] == UInt8(ascii: "-") { position += 1 }
    let whole = position
    let digits = skipDigits()
    guard digits > 0, digits == 1 || input[whole] != UInt8(ascii: "0") else {
      throw malformed("a number has no digits or begins with a zero")
    }
    if position < input.count, input[position] == UInt8(ascii: ".") {
      position += 1
      guard skipDigits() > 0 else { throw malformed("a number has no digits after its point") }
    }
    if position < input.count, input[position] | 0x20 == UInt8(ascii: "e") {
      position += 1
      if position < input.count, input[position] == UInt8(ascii: "-") || input[position] == UInt8(ascii: "+") {
        position += 1
      }
      guard skipDigits() > 0 else { throw malformed("a number has no digits in its exponent") }
    }
    return start..<position
  }

  private mutating func skipDigits() -> Int {
    let start = position
    while position < input.count, input[position] &- UInt8(ascii: "0") <= 9 { position += 1 }
    return position - start
  }
}
