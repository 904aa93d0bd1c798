/// A stream record's number: up to 40 decimal digits, too many for an integer; in PostgreSQL a `numeric`.
struct SequenceNumber: Hashable, Sendable, Comparable, CustomStringConvertible {
  static let digitsMax = 40
  static let zero = SequenceNumber(digits: "0")

  /// Without leading zeros.
  private let digits: String

  private init(digits: String) { self.digits = digits }

  /// Nil where the text is no whole number of at most 40 digits.
  init?(_ text: String) {
    guard !text.isEmpty, text.utf8.count <= Self.digitsMax, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
      return nil
    }
    let significant = text.drop { $0 == "0" }
    digits = significant.isEmpty ? "0" : String(significant)
  }

  init(_ value: Int) { digits = String(max(value, 0)) }

  static func < (left: SequenceNumber, right: SequenceNumber) -> Bool {
    let (leftCount, rightCount) = (left.digits.utf8.count, right.digits.utf8.count)
    return leftCount == rightCount ? left.digits < right.digits : leftCount < rightCount
  }

  var description: String { digits }
}
