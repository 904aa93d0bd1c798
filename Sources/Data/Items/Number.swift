/// DynamoDB's number: an exact decimal of up to 38 significant digits, its magnitude 0 or from 1e-130 up to, but not
/// including, 1e126 ("Number", *Naming Rules and Data Types*, Amazon DynamoDB Developer Guide).
///
/// The value is `mantissa × 10^exponent`. It is canonical (no trailing zeros in the mantissa, one zero, never a negative
/// one), so that equal numbers are equal field by field.
public struct Number: Hashable, Sendable {
  private let high: UInt64
  private let low: UInt64
  let exponent: Int16
  public let isNegative: Bool

  static let digitsMax = 38
  static let leadingExponents = -130...125

  public static let zero = Number(canonical: 0, exponent: 0, isNegative: false)

  init(canonical mantissa: UInt128, exponent: Int, isNegative: Bool) {
    high = UInt64(truncatingIfNeeded: mantissa >> 64)
    low = UInt64(truncatingIfNeeded: mantissa)
    self.exponent = Int16(exponent)
    self.isNegative = isNegative
  }

  public init(_ value: Int) {
    var mantissa = UInt128(value.magnitude)
    let exponent = Decimal.stripZeros(&mantissa)
    self.init(canonical: mantissa, exponent: exponent, isNegative: value < 0)
  }

  var mantissa: UInt128 { UInt128(high) << 64 | UInt128(low) }

  public var isZero: Bool { high | low == 0 }

  /// How many significant digits the number has; 0 for zero.
  public var significantDigits: Int { Decimal.digits(of: mantissa) }

  /// The decimal exponent of the first digit (2 for 345); 0 for zero.
  var leadingExponent: Int { isZero ? 0 : Int(exponent) + significantDigits - 1 }

  /// The value as an integer, where it is one and fits.
  public var integer: Int? {
    guard exponent >= 0, exponent <= 18 else { return nil }
    let (magnitude, overflow) = mantissa.multipliedReportingOverflow(by: Decimal.power(Int(exponent)))
    guard !overflow, magnitude <= UInt128(Int.max) else {
      return isNegative && magnitude == UInt128(Int.min.magnitude) && !overflow ? Int.min : nil
    }
    return isNegative ? -Int(magnitude) : Int(magnitude)
  }
}

extension Number: Comparable {
  public static func < (left: Number, right: Number) -> Bool {
    if left.isNegative != right.isNegative { return left.isNegative }
    return left.isNegative ? magnitude(right, isBelow: left) : magnitude(left, isBelow: right)
  }

  private static func magnitude(_ left: Number, isBelow right: Number) -> Bool {
    if left.isZero || right.isZero { return left.isZero && !right.isZero }
    let (leftExponent, rightExponent) = (left.leadingExponent, right.leadingExponent)
    if leftExponent != rightExponent { return leftExponent < rightExponent }
    // Both begin at the same place, so that scaling to the smaller exponent stays within 38 digits.
    let common = min(left.exponent, right.exponent)
    return left.mantissa * Decimal.power(Int(left.exponent - common))
      < right.mantissa * Decimal.power(Int(right.exponent - common))
  }
}

/// What is wrong with a number; ``message`` is DynamoDB's text.
public enum NumberError: Error, Equatable, Sendable {
  /// Not a decimal number at all; the text as it came (nil where it was empty).
  case notNumeric([UInt8]?)
  case tooManyDigits
  case overflow
  case underflow

  public var message: String {
    switch self {
    case .notNumeric(nil): "The parameter cannot be converted to a numeric value"
    case .notNumeric(let text?):
      "The parameter cannot be converted to a numeric value: " + String(decoding: text, as: UTF8.self)
    case .tooManyDigits: "Attempting to store more than 38 significant digits in a Number"
    case .overflow: "Number overflow. Attempting to store a number with magnitude larger than supported range"
    case .underflow: "Number underflow. Attempting to store a number with magnitude smaller than supported range"
    }
  }
}
