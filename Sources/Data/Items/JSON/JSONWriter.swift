/// Appends compact JSON to a byte array. Commas and colons come by themselves; that structures are closed as they were
/// opened is the caller's business.
public struct JSONWriter: Sendable {
  public private(set) var bytes: [UInt8]
  private var needsComma = false

  public init(capacity: Int = 256) {
    bytes = []
    bytes.reserveCapacity(capacity)
  }

  public mutating func beginObject() { open(UInt8(ascii: "{")) }

  public mutating func endObject() { close(UInt8(ascii: "}")) }

  public mutating func beginArray() { open(UInt8(ascii: "[")) }

  public mutating func endArray() { close(UInt8(ascii: "]")) }

  /// A member's name; it has nothing that would need an escape.
  public mutating func key(_ name: StaticString) {
    separate()
    bytes.append(UInt8(ascii: "\""))
    raw(name)
    raw("\":")
    needsComma = false
  }

  /// A member's name, UTF-8.
  public mutating func key(_ name: [UInt8]) { name.withUnsafeBufferPointer { key($0) } }

  mutating func key(_ name: UnsafeBufferPointer<UInt8>) {
    separate()
    quoted(name)
    bytes.append(UInt8(ascii: ":"))
    needsComma = false
  }

  /// A string, UTF-8.
  public mutating func string(_ value: [UInt8]) { value.withUnsafeBufferPointer { string($0) } }

  public mutating func string(_ value: String) {
    var value = value
    value.withUTF8 { string($0) }
  }

  mutating func string(_ value: UnsafeBufferPointer<UInt8>) {
    separate()
    quoted(value)
    needsComma = true
  }

  public mutating func integer(_ value: Int) { scalar { $0.append(contentsOf: String(value).utf8) } }

  /// A finite number; another one traps, as JSON has no form for it.
  public mutating func double(_ value: Double) {
    guard value.isFinite else { fatalError("JSON has no form for a number that is not finite.") }
    scalar { $0.append(contentsOf: value.description.utf8) }
  }

  /// Milliseconds as a number of seconds, the form of DynamoDB's times.
  public mutating func seconds(milliseconds: Int) { double(Double(milliseconds) / 1000) }

  public mutating func bool(_ value: Bool) {
    separate()
    raw(value ? "true" : "false")
    needsComma = true
  }

  public mutating func null() {
    separate()
    raw("null")
    needsComma = true
  }

  /// A value that is JSON already.
  public mutating func rawValue(_ json: [UInt8]) { scalar { $0.append(contentsOf: json) } }

  public mutating func value(_ value: JSONValue) {
    switch value {
    case .object(let members):
      beginObject()
      for member in members {
        key(member.name)
        self.value(member.value)
      }
      endObject()
    case .array(let elements):
      beginArray()
      for element in elements { self.value(element) }
      endArray()
    case .string(let text): string(text)
    case .number(let text): rawValue(text)
    case .bool(let flag): bool(flag)
    case .null: null()
    }
  }

  // MARK: Pieces

  private mutating func open(_ byte: UInt8) {
    separate()
    bytes.append(byte)
    needsComma = false
  }

  private mutating func close(_ byte: UInt8) {
    bytes.append(byte)
    needsComma = true
  }

  @inline(__always) private mutating func separate() {
    if needsComma { bytes.append(UInt8(ascii: ",")) }
  }

  @inline(__always) mutating func scalar(_ write: (inout [UInt8]) -> Void) {
    separate()
    write(&bytes)
    needsComma = true
  }

  @inline(__always) mutating func raw(_ text: StaticString) {
    bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  /// Runs `body`; where it throws, the writer is as it was before.
  mutating func undoing<Failure: Error>(
    _ body: (inout JSONWriter) throws(Failure) -> Void
  ) throws(Failure) {
    let (count, comma) = (bytes.count, needsComma)
    do throws(Failure) {
      try body(&self)
    } catch {
      bytes.removeLast(bytes.count - count)
      needsComma = comma
      throw error
    }
  }

  private mutating func quoted(_ text: UnsafeBufferPointer<UInt8>) {
    bytes.append(UInt8(ascii: "\""))
    var start = 0
    var isASCII = true
    while true {
      let special = TextScan.firstSpecial(text, from: start, to: text.count, isASCII: &isASCII)
      if special > start { bytes.append(contentsOf: UnsafeBufferPointer(rebasing: text[start..<special])) }
      guard special < text.count else { break }
      escape(text[special])
      start = special + 1
    }
    bytes.append(UInt8(ascii: "\""))
  }

  private mutating func escape(_ byte: UInt8) {
    switch byte {
    case UInt8(ascii: "\""): raw("\\\"")
    case UInt8(ascii: "\\"): raw("\\\\")
    case 0x08: raw("\\b")
    case 0x09: raw("\\t")
    case 0x0A: raw("\\n")
    case 0x0C: raw("\\f")
    case 0x0D: raw("\\r")
    default:
      let low = byte & 15
      raw(byte < 0x10 ? "\\u000" : "\\u001")
      bytes.append(low < 10 ? UInt8(ascii: "0") + low : UInt8(ascii: "a") + low - 10)
    }
  }
}
