/// Powers of ten and digit counts of mantissas up to 38 digits.
enum Decimal {
  /// 10^0 … 10^38, all that an unsigned 128-bit integer holds.
  private static let powers: [UInt128] = (0..<38).reduce(into: [1]) { powers, _ in powers.append(powers.last! * 10) }

  static let powerMax = 38

  @inline(__always) static func power(_ exponent: Int) -> UInt128 { powers[exponent] }

  /// The number of decimal digits; 0 for 0.
  static func digits(of value: UInt128) -> Int {
    guard value != 0 else { return 0 }
    // log10(2) ≈ 1233 / 4096; the estimate is the count or one below it.
    let estimate = ((128 - value.leadingZeroBitCount) * 1233) >> 12
    return estimate <= powerMax && value >= powers[estimate] ? estimate + 1 : estimate
  }

  /// Removes the trailing zeros and returns how many there were; 0 stays 0.
  static func stripZeros(_ value: inout UInt128) -> Int {
    var stripped = 0
    while value != 0 {
      let (quotient, remainder) = value.quotientAndRemainder(dividingBy: 10)
      guard remainder == 0 else { break }
      value = quotient
      stripped += 1
    }
    return stripped
  }

  /// Calls `body` with the digits of `value` (0…9, first digit first; none for 0).
  @inline(__always) static func withDigits<Result>(
    of value: UInt128, _ body: (UnsafeBufferPointer<UInt8>) -> Result
  ) -> Result {
    withUnsafeTemporaryAllocation(byteCount: 40, alignment: 8) { raw in
      let digits = raw.bindMemory(to: UInt8.self)
      var start = 40
      var rest = value
      while rest >> 64 != 0 {
        let (quotient, chunk) = rest.quotientAndRemainder(dividingBy: 10_000_000_000_000_000_000)
        let chunkStart = start - 19
        write(UInt64(truncatingIfNeeded: chunk), to: digits, downFrom: &start)
        while start > chunkStart {
          start -= 1
          digits[start] = 0
        }
        rest = quotient
      }
      write(UInt64(truncatingIfNeeded: rest), to: digits, downFrom: &start)
      return body(UnsafeBufferPointer(rebasing: UnsafeBufferPointer(digits)[start..<40]))
    }
  }

  @inline(__always) private static func write(
    _ value: UInt64, to digits: UnsafeMutableBufferPointer<UInt8>, downFrom start: inout Int
  ) {
    var rest = value
    while rest != 0 {
      start -= 1
      digits[start] = UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
    }
  }
}
