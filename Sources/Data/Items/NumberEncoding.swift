public import Bytes

/// The stored form of a number, in items and in keys. Its unsigned bytes compare as the numbers do, and it ends itself:
///
/// | byte | meaning |
/// | --- | --- |
/// | 0 | 1 negative, 2 zero (nothing follows), 3 positive |
/// | 1 | decimal exponent of the first digit, plus 130 |
/// | 2… | two digits each, from the first digit on: twice the pair, plus one if another byte follows |
///
/// An odd count of digits is filled up with a zero. A negative number has bytes 1… complemented.
extension Number {
  static let encodedBytesMax = 21

  public func append(orderedTo bytes: inout [UInt8]) {
    guard !isZero else { return bytes.append(2) }
    let flip: UInt8 = isNegative ? 0xFF : 0
    bytes.append(isNegative ? 1 : 3)
    let exponent = Int(exponent)
    Decimal.withDigits(of: mantissa) { digits in
      bytes.append(UInt8(exponent + digits.count - 1 - Self.leadingExponents.lowerBound) ^ flip)
      var index = 0
      while index < digits.count {
        let second = index + 1 < digits.count ? digits[index + 1] : 0
        let more: UInt8 = index + 2 < digits.count ? 1 : 0
        bytes.append(((digits[index] * 10 + second) << 1 | more) ^ flip)
        index += 2
      }
    }
  }

  /// Reads one encoded number and leaves the reader behind it.
  public init(ordered reader: inout ByteReader) throws(MalformedBytes) {
    let position = reader.position
    let limit = reader.end
    let parsed = reader.bytes.withUnsafeBufferPointer { Number.parse(ordered: $0, at: position, end: limit) }
    guard let parsed else { throw MalformedBytes("a number is malformed") }
    _ = try reader.skip(parsed.end - position)
    self = parsed.number
  }

  /// The number that begins at `start` and where it ends; nil where it is malformed or not canonical.
  static func parse(
    ordered bytes: UnsafeBufferPointer<UInt8>, at start: Int, end: Int
  ) -> (number: Number, end: Int)? {
    guard start < end else { return nil }
    let kind = bytes[start]
    if kind == 2 { return (.zero, start + 1) }
    guard kind == 1 || kind == 3, end - start >= 3 else { return nil }
    let flip: UInt8 = kind == 1 ? 0xFF : 0
    let leading = Int(bytes[start + 1] ^ flip) + leadingExponents.lowerBound
    var mantissa: UInt128 = 0
    var position = start + 2
    let limit = min(end, start + encodedBytesMax)
    while position < limit {
      let byte = bytes[position] ^ flip
      let pair = byte >> 1
      guard pair <= 99, mantissa != 0 || pair >= 10 else { return nil }
      position += 1
      if byte & 1 == 1 {
        mantissa = mantissa &* 100 &+ UInt128(pair)
        continue
      }
      guard pair != 0 else { return nil }
      let isOdd = pair % 10 == 0
      mantissa = isOdd ? mantissa &* 10 &+ UInt128(pair / 10) : mantissa &* 100 &+ UInt128(pair)
      let digits = 2 * (position - start - 2) - (isOdd ? 1 : 0)
      return (Number(canonical: mantissa, exponent: leading - digits + 1, isNegative: kind == 1), position)
    }
    return nil
  }

  /// Where the encoded number at `start` ends, and its size by DynamoDB's rules, without working out its value.
  static func measure(
    ordered bytes: UnsafeBufferPointer<UInt8>, at start: Int, end: Int
  ) -> (end: Int, sizeBytes: Int)? {
    guard start < end else { return nil }
    let kind = bytes[start]
    if kind == 2 { return (start + 1, 1) }
    guard kind == 1 || kind == 3, end - start >= 3 else { return nil }
    let flip: UInt8 = kind == 1 ? 0xFF : 0
    let limit = min(end, start + encodedBytesMax)
    var position = start + 2
    while position < limit {
      let byte = bytes[position] ^ flip
      position += 1
      if byte & 1 == 1 { continue }
      let digits = 2 * (position - start - 2) - ((byte >> 1) % 10 == 0 ? 1 : 0)
      let leading = Int(bytes[start + 1] ^ flip) + leadingExponents.lowerBound
      return (position, size(digits: digits, leadingExponent: leading, isNegative: kind == 1))
    }
    return nil
  }
}
