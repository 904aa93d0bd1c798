internal import CSQLite

/// A key with its first sixteen bytes as two integers, so that most comparisons follow no pointer: eight are the same in
/// all rows of a kind.
struct OverlayKey {
  /// The first eight bytes and the next eight, big-endian, padded with zeros.
  let prefix: (UInt64, UInt64)
  let bytes: [UInt8]

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    prefix = bytes.withUnsafeBytes { (Self.integer(of: $0, at: 0), Self.integer(of: $0, at: 8)) }
  }

  @inline(__always) private static func integer(of raw: UnsafeRawBufferPointer, at start: Int) -> UInt64 {
    if raw.count >= start + 8 { return UInt64(bigEndian: raw.loadUnaligned(fromByteOffset: start, as: UInt64.self)) }
    return (start..<start + 8).reduce(0) { $0 << 8 | ($1 < raw.count ? UInt64(raw[$1]) : 0) }
  }

  /// Below zero where this key sorts first, zero where they are equal.
  @inline(__always) func order(_ other: OverlayKey) -> Int32 {
    if prefix.0 != other.prefix.0 { return prefix.0 < other.prefix.0 ? -1 : 1 }
    if prefix.1 != other.prefix.1 { return prefix.1 < other.prefix.1 ? -1 : 1 }
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
