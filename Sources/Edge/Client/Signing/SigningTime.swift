internal import Glibc

/// A second in UTC as signatures write it: `20150830T123600Z`. Good for the years 1970 to 9999.
public struct SigningTime: Hashable, Sendable, CustomStringConvertible {
  public var secondsSince1970: Int

  public init(secondsSince1970: Int) {
    guard (0...Self.secondsMax).contains(secondsSince1970) else {
      fatalError("A time of signing lies in the years 1970 to 9999.")
    }
    self.secondsSince1970 = secondsSince1970
  }

  private static let secondsMax = 253_402_300_799

  public static var now: SigningTime { SigningTime(secondsSince1970: time(nil)) }

  public var description: String { String(decoding: bytes, as: UTF8.self) }

  /// Sixteen characters; the first eight are the day.
  var bytes: [UInt8] {
    let (days, second) = secondsSince1970.quotientAndRemainder(dividingBy: 86_400)
    let date = Self.civil(days)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(16)
    Self.append(date.year, 4, to: &bytes)
    Self.append(date.month, 2, to: &bytes)
    Self.append(date.day, 2, to: &bytes)
    bytes.append(UInt8(ascii: "T"))
    Self.append(second / 3600, 2, to: &bytes)
    Self.append(second / 60 % 60, 2, to: &bytes)
    Self.append(second % 60, 2, to: &bytes)
    bytes.append(UInt8(ascii: "Z"))
    return bytes
  }

  /// Years are counted from March, so that a leap day is the last of its year; 400 of them have 146,097 days.
  private static func civil(_ daysSince1970: Int) -> (year: Int, month: Int, day: Int) {
    let (era, dayOfEra) = (daysSince1970 + 719_468).quotientAndRemainder(dividingBy: 146_097)
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    return (
      era * 400 + yearOfEra + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    )
  }

  private static func append(_ value: Int, _ digits: Int, to bytes: inout [UInt8]) {
    var divisor = 1
    for _ in 1..<digits { divisor *= 10 }
    while divisor > 0 {
      bytes.append(UInt8(ascii: "0") + UInt8(value / divisor % 10))
      divisor /= 10
    }
  }
}
