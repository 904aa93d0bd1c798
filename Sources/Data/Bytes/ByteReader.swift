/// The input ended early or held a value that its format does not allow.
public struct MalformedBytes: Error, Equatable, Sendable {
  public var what: StaticString

  @inlinable public init(_ what: StaticString) { self.what = what }

  public static func == (left: MalformedBytes, right: MalformedBytes) -> Bool {
    left.what.description == right.what.description
  }
}

/// Reads what ``ByteWriter`` wrote. Never reads past its end: malformed input throws.
public struct ByteReader: Sendable {
  public let bytes: [UInt8]
  public private(set) var position: Int
  public let end: Int

  @inlinable public init(_ bytes: [UInt8]) {
    self.init(bytes, in: 0..<bytes.count)
  }

  public init(_ bytes: [UInt8], in range: Range<Int>) {
    precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count, "A reader's range lies in its bytes.")
    self.bytes = bytes
    position = range.lowerBound
    end = range.upperBound
  }

  public var remaining: Int { end - position }

  public var isAtEnd: Bool { position == end }

  public mutating func u8() throws(MalformedBytes) -> UInt8 {
    guard position < end else { throw MalformedBytes("a byte is missing") }
    defer { position += 1 }
    return bytes[position]
  }

  public mutating func bool() throws(MalformedBytes) -> Bool {
    switch try u8() {
    case 0: false
    case 1: true
    default: throw MalformedBytes("a flag is neither 0 nor 1")
    }
  }

  public mutating func u16() throws(MalformedBytes) -> UInt16 { try fixed() }

  public mutating func u32() throws(MalformedBytes) -> UInt32 { try fixed() }

  public mutating func u64() throws(MalformedBytes) -> UInt64 { try fixed() }

  @inlinable public mutating func fixed<Value: FixedWidthInteger>() throws(MalformedBytes) -> Value {
    let width = Value.bitWidth / 8
    let start = try skip(width)
    var value: Value = 0
    for offset in 0..<width { value = (value << 8) | Value(truncatingIfNeeded: bytes[start + offset]) }
    return value
  }

  public mutating func varint() throws(MalformedBytes) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while true {
      let byte = try u8()
      guard shift < 63 || byte <= 1 else { throw MalformedBytes("a varint is too long") }
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
      shift += 7
    }
  }

  /// A number of elements, each at least `bytesMin` long, so that a forged count cannot reserve memory.
  public mutating func count(bytesMin: Int = 1) throws(MalformedBytes) -> Int {
    let value = try varint()
    guard value <= UInt64(remaining / max(bytesMin, 1)) else { throw MalformedBytes("a count exceeds its input") }
    return Int(value)
  }

  /// Moves past `length` bytes and returns where they start.
  public mutating func skip(_ length: Int) throws(MalformedBytes) -> Int {
    guard length >= 0, length <= end - position else { throw MalformedBytes("the input is too short") }
    defer { position += length }
    return position
  }

  public mutating func raw(_ length: Int) throws(MalformedBytes) -> [UInt8] {
    let start = try skip(length)
    return Array(bytes[start..<start + length])
  }

  public mutating func blob() throws(MalformedBytes) -> [UInt8] {
    let length = try count()
    return try raw(length)
  }

  public mutating func string() throws(MalformedBytes) -> String {
    let length = try count()
    let start = try skip(length)
    guard let text = String(validating: bytes[start..<start + length], as: UTF8.self) else {
      throw MalformedBytes("text is not UTF-8")
    }
    return text
  }

  @inlinable public mutating func optional<Value>(
    _ read: (inout ByteReader) throws(MalformedBytes) -> Value
  ) throws(MalformedBytes) -> Value? {
    try bool() ? try read(&self) : nil
  }

  @inlinable public mutating func array<Element>(
    _ read: (inout ByteReader) throws(MalformedBytes) -> Element
  ) throws(MalformedBytes) -> [Element] {
    let total = try count()
    var values: [Element] = []
    values.reserveCapacity(total)
    for _ in 0..<total { values.append(try read(&self)) }
    return values
  }

  /// Throws unless every byte was read.
  public func finish() throws(MalformedBytes) {
    guard isAtEnd else { throw MalformedBytes("bytes are left over") }
  }
}
