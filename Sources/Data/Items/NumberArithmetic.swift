extension Number {
  public static prefix func - (value: Number) -> Number {
    value.isZero
      ? value : Number(canonical: value.mantissa, exponent: Int(value.exponent), isNegative: !value.isNegative)
  }

  /// The exact sum. DynamoDB reports a sum that needs more than 38 digits as an overflow, and so does this.
  public static func + (left: Number, right: Number) throws(NumberError) -> Number {
    if right.isZero { return left }
    if left.isZero { return right }
    let (upper, lower) = left.exponent >= right.exponent ? (left, right) : (right, left)
    let shift = Int(upper.exponent) - Int(lower.exponent)
    // The last digit of `lower` is not zero, so what does not fit into 128 bits here has a sum of 39 digits or more.
    guard shift <= Decimal.powerMax else { throw .overflow }
    let (scaled, isTooLarge) = upper.mantissa.multipliedReportingOverflow(by: Decimal.power(shift))
    guard !isTooLarge else { throw .overflow }
    if upper.isNegative == lower.isNegative {
      let (sum, isTooLarge) = scaled.addingReportingOverflow(lower.mantissa)
      guard !isTooLarge else { throw .overflow }
      return try make(sum, exponent: Int(lower.exponent), isNegative: lower.isNegative)
    }
    return scaled >= lower.mantissa
      ? try make(scaled - lower.mantissa, exponent: Int(lower.exponent), isNegative: upper.isNegative)
      : try make(lower.mantissa - scaled, exponent: Int(lower.exponent), isNegative: lower.isNegative)
  }

  /// The exact difference; errors as in `+`.
  public static func - (left: Number, right: Number) throws(NumberError) -> Number { try left + -right }

  private static func make(
    _ value: UInt128, exponent: Int, isNegative: Bool
  ) throws(NumberError) -> Number {
    guard value != 0 else { return .zero }
    var mantissa = value
    let exponent = exponent + Decimal.stripZeros(&mantissa)
    let digits = Decimal.digits(of: mantissa)
    guard digits <= digitsMax, exponent + digits - 1 <= leadingExponents.upperBound else { throw .overflow }
    guard exponent + digits - 1 >= leadingExponents.lowerBound else { throw .underflow }
    return Number(canonical: mantissa, exponent: exponent, isNegative: isNegative)
  }
}
