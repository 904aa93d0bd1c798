/// Appends the primitive fields of Gantry's binary formats to a byte array.
///
/// Fixed-width integers are big-endian, so that encoded keys compare as bytes. `varint` is unsigned LEB128.
public struct ByteWriter: Sendable {
  public var bytes: [UInt8]

  @inlinable public init(capacity: Int = 0) {
    bytes = []
    if capacity > 0 { bytes.reserveCapacity(capacity) }
  }

  @inlinable public var count: Int { bytes.count }

  @inlinable public mutating func u8(_ value: UInt8) { bytes.append(value) }

  @inlinable public mutating func bool(_ value: Bool) { bytes.append(value ? 1 : 0) }

  @inlinable public mutating func u16(_ value: UInt16) { fixed(value) }

  @inlinable public mutating func u32(_ value: UInt32) { fixed(value) }

  @inlinable public mutating func u64(_ value: UInt64) { fixed(value) }

  @inlinable public mutating func fixed<Value: FixedWidthInteger>(_ value: Value) {
    withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
  }

  @inlinable public mutating func varint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: rest))
  }

  @inlinable public mutating func count(_ value: Int) { varint(UInt64(value)) }

  /// The bytes as they are, without a length.
  @inlinable public mutating func raw(_ value: [UInt8]) { bytes.append(contentsOf: value) }

  @inlinable public mutating func raw(_ value: UnsafeRawBufferPointer) { bytes.append(contentsOf: value) }

  @inlinable public mutating func raw(_ value: ArraySlice<UInt8>) { bytes.append(contentsOf: value) }

  /// A varint length, then the bytes.
  @inlinable public mutating func blob(_ value: [UInt8]) {
    varint(UInt64(value.count))
    bytes.append(contentsOf: value)
  }

  @inlinable public mutating func string(_ value: String) {
    var value = value
    value.withUTF8 { utf8 in
      varint(UInt64(utf8.count))
      bytes.append(contentsOf: utf8)
    }
  }

  @inlinable public mutating func optional<Value>(
    _ value: Value?, _ write: (inout ByteWriter, Value) -> Void
  ) {
    if let value {
      u8(1)
      write(&self, value)
    } else {
      u8(0)
    }
  }

  @inlinable public mutating func array<Element>(
    _ values: [Element], _ write: (inout ByteWriter, Element) -> Void
  ) {
    count(values.count)
    for value in values { write(&self, value) }
  }

  /// Leaves four bytes for a length that ``patch(_:)`` fills in later; returns their position.
  @inlinable public mutating func reserveLength() -> Int {
    let position = bytes.count
    u32(0)
    return position
  }

  /// Writes the number of bytes appended since the reserved length at `position` into it.
  @inlinable public mutating func patch(_ position: Int) {
    let length = UInt32(bytes.count - position - 4).bigEndian
    withUnsafeBytes(of: length) { raw in
      for offset in 0..<4 { bytes[position + offset] = raw[offset] }
    }
  }
}
