/// Request bodies are made by appending bytes: templates known at compile time, then what differs.
extension [UInt8] {
  @inline(__always) mutating func append(_ text: StaticString) {
    append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  mutating func append(decimal value: UInt64) {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
      var rest = value
      var start = 20
      repeat {
        start -= 1
        digits[start] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
        rest /= 10
      } while rest > 0
      append(contentsOf: UnsafeBufferPointer(rebasing: digits[start...]))
    }
  }

  /// With zeros before it, for at least `digits` digits.
  mutating func append(_ value: Int, digits: Int) {
    var bound = 10
    for _ in 1..<digits {
      if value < bound { append(UInt8(ascii: "0")) }
      bound *= 10
    }
    append(decimal: UInt64(value))
  }

  /// Text that needs no escapes in JSON.
  mutating func append(plain text: String) { append(contentsOf: text.utf8) }
}
