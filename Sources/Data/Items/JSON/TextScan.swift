/// Scans of string contents, eight bytes at a time where they can.
enum TextScan {
  private static let ones: UInt64 = 0x0101_0101_0101_0101
  private static let tops: UInt64 = 0x8080_8080_8080_8080

  /// The first position in `start..<end` of a quote, a backslash or a control character (below 0x20), or `end`.
  ///
  /// `isASCII` becomes false where a byte before that position is outside ASCII.
  @inline(__always) static func firstSpecial(
    _ input: UnsafeBufferPointer<UInt8>, from start: Int, to end: Int, isASCII: inout Bool
  ) -> Int {
    var position = start
    let raw = UnsafeRawBufferPointer(input)
    var seen: UInt64 = 0
    while position + 8 <= end {
      let word = UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: position, as: UInt64.self))
      // Each mask is exact at its lowest hit, and so is the lowest of all.
      let hits = zeros(word ^ (ones &* 0x22)) | zeros(word ^ (ones &* 0x5C)) | ((word &- ones &* 0x20) & ~word & tops)
      if hits != 0 { break }
      seen |= word
      position += 8
    }
    while position < end {
      let byte = input[position]
      if byte == 0x22 || byte == 0x5C || byte < 0x20 { break }
      seen |= UInt64(byte)
      position += 1
    }
    if seen & tops != 0 { isASCII = false }
    return position
  }

  @inline(__always) private static func zeros(_ word: UInt64) -> UInt64 { (word &- ones) & ~word & tops }

  /// Whether the bytes are UTF-8 as RFC 3629 defines it: no overlong forms, no surrogates, nothing above U+10FFFF.
  static func isUTF8(_ input: UnsafeBufferPointer<UInt8>, from start: Int, to end: Int) -> Bool {
    var position = start
    while position < end {
      let first = input[position]
      if first < 0x80 {
        position += 1
        continue
      }
      guard let length = sequenceLength(first), position + length <= end else { return false }
      guard secondBytes(after: first).contains(input[position + 1]) else { return false }
      for offset in 2..<max(length, 2) where input[position + offset] & 0xC0 != 0x80 { return false }
      position += length
    }
    return true
  }

  private static func sequenceLength(_ first: UInt8) -> Int? {
    switch first {
    case 0xC2...0xDF: 2
    case 0xE0...0xEF: 3
    case 0xF0...0xF4: 4
    default: nil
    }
  }

  private static func secondBytes(after first: UInt8) -> ClosedRange<UInt8> {
    switch first {
    case 0xE0: 0xA0...0xBF
    case 0xED: 0x80...0x9F
    case 0xF0: 0x90...0xBF
    case 0xF4: 0x80...0x8F
    default: 0x80...0xBF
    }
  }
}
