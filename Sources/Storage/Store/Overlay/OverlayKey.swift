internal import CSQLite

/// A key with its first eight bytes as an integer, so that most comparisons follow no pointer.
struct OverlayKey {
  /// The first eight bytes, big-endian, padded with zeros.
  let prefix: UInt64
  let bytes: [UInt8]

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    prefix = bytes.withUnsafeBytes { raw in
      if raw.count >= 8 { return UInt64(bigEndian: raw.loadUnaligned(as: UInt64.self)) }
      var value: UInt64 = 0
      for index in 0..<8 { value = value << 8 | (index < raw.count ? UInt64(raw[index]) : 0) }
      return value
    }
  }

  /// Below zero where this key sorts first, zero where they are equal.
  @inline(__always) func order(_ other: OverlayKey) -> Int32 {
    if prefix != other.prefix { return prefix < other.prefix ? -1 : 1 }
    return compareBytes(bytes, other.bytes)
  }
}

/// Bytewise order, the shorter first where one is a prefix of the other: SQLite's order of blobs.
@inline(__always) func compareBytes(_ left: [UInt8], _ right: [UInt8]) -> Int32 {
  left.withUnsafeBytes { left in right.withUnsafeBytes { compareBytes(left, $0) } }
}

@inline(__always) func compareBytes(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Int32 {
  gantry_compare(left.baseAddress, left.count, right.baseAddress, right.count)
}
