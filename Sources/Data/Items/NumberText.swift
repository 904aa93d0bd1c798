extension Number {
  /// Reads a number as DynamoDB does: sign, digits with at most one point, exponent; no spaces, no NaN, no infinity.
  ///
  /// The range is checked before the precision. Zero is zero whatever its exponent.
  public init(parsing text: UnsafeBufferPointer<UInt8>) throws(NumberError) {
    guard let scan = NumberScan(text) else { throw .notNumeric(text.isEmpty ? nil : Array(text)) }
    guard scan.digits > 0 else {
      self = .zero
      return
    }
    let leading = scan.exponent + scan.digits - 1
    guard leading <= Self.leadingExponents.upperBound else { throw .overflow }
    guard leading >= Self.leadingExponents.lowerBound else { throw .underflow }
    guard scan.digits <= Self.digitsMax else { throw .tooManyDigits }
    self.init(canonical: scan.mantissa, exponent: scan.exponent, isNegative: scan.isNegative)
  }

  public init(parsing text: [UInt8]) throws(NumberError) {
    self = try text.withUnsafeBufferPointer { (text) throws(NumberError) -> Number in
      try Number(parsing: text)
    }
  }

  /// Appends DynamoDB's notation: plain decimal without exponent, without needless zeros.
  public func append(to bytes: inout [UInt8]) {
    let zero = UInt8(ascii: "0")
    guard !isZero else { return bytes.append(zero) }
    if isNegative { bytes.append(UInt8(ascii: "-")) }
    let exponent = Int(exponent)
    Decimal.withDigits(of: mantissa) { digits in
      let whole = digits.count + exponent
      if whole <= 0 {
        bytes.append(zero)
        bytes.append(UInt8(ascii: "."))
        for _ in whole..<0 { bytes.append(zero) }
      }
      for (index, digit) in digits.enumerated() {
        if index == whole, index > 0 { bytes.append(UInt8(ascii: ".")) }
        bytes.append(zero + digit)
      }
      if exponent > 0 { for _ in 0..<exponent { bytes.append(zero) } }
    }
  }
}

extension Number: CustomStringConvertible {
  /// DynamoDB's plain decimal notation.
  public var description: String {
    var bytes: [UInt8] = []
    append(to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }
}

/// One pass over a number's text: `mantissa × 10^exponent` with `digits` significant digits (0 for zero); the mantissa
/// is exact while there are at most 38.
private struct NumberScan {
  var mantissa: UInt128 = 0
  var digits = 0
  var exponent = 0
  var isNegative = false
  /// Zeros after the last other digit, which count only if another one follows.
  private var pendingZeros = 0

  /// Nil where the text is not a number.
  init?(_ text: UnsafeBufferPointer<UInt8>) {
    var position = 0
    if let sign = text.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
      isNegative = sign == UInt8(ascii: "-")
      position = 1
    }
    var digitsSeen = 0
    var fraction = -1
    while position < text.count {
      let digit = text[position] &- UInt8(ascii: "0")
      if digit <= 9 {
        take(digit)
        digitsSeen += 1
        if fraction >= 0 { fraction += 1 }
      } else if text[position] == UInt8(ascii: "."), fraction < 0 {
        fraction = 0
      } else {
        break
      }
      position += 1
    }
    guard digitsSeen > 0, let power = Self.power(text, from: position) else { return nil }
    exponent = power - max(fraction, 0) + pendingZeros
  }

  @inline(__always) private mutating func take(_ digit: UInt8) {
    guard digit != 0 else {
      if digits > 0 { pendingZeros += 1 }
      return
    }
    digits += pendingZeros + 1
    if digits <= Number.digitsMax {
      mantissa = mantissa &* Decimal.power(pendingZeros + 1) &+ UInt128(digit)
    }
    pendingZeros = 0
  }

  /// The exponent that the text has from `position`: 0 where it ends there, nil where something else follows.
  private static func power(_ text: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
    guard start < text.count else { return 0 }
    guard text[start] | 0x20 == UInt8(ascii: "e") else { return nil }
    var position = start + 1
    var isNegative = false
    if position < text.count, text[position] == UInt8(ascii: "-") || text[position] == UInt8(ascii: "+") {
      isNegative = text[position] == UInt8(ascii: "-")
      position += 1
    }
    guard position < text.count else { return nil }
    var power = 0
    while position < text.count {
      let digit = text[position] &- UInt8(ascii: "0")
      guard digit <= 9 else { return nil }
      // Beyond any text's length in digits: the number is out of range whatever follows.
      power = min(power * 10 + Int(digit), 1 << 40)
      position += 1
    }
    return isNegative ? -power : power
  }
}
