internal import Environment

/// The `Date` header (RFC 9110, section 5.6.7), formatted once a second.
struct HTTPDate {
  private var second: UInt64 = .max
  private var text: [UInt8] = []

  /// For example `Sun, 06 Nov 1994 08:49:37 GMT`, 29 bytes.
  mutating func bytes(at wallTimeMs: WallTimeMs) -> [UInt8] {
    let now = wallTimeMs / 1_000
    if now != second {
      second = now
      text = Self.format(now)
    }
    return text
  }

  private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  private static func format(_ seconds: UInt64) -> [UInt8] {
    let day = seconds / 86_400
    let time = seconds % 86_400
    let date = civil(day)
    let clock = "\(two(time / 3_600)):\(two(time / 60 % 60)):\(two(time % 60))"
    return Array(
      "\(days[Int(day % 7)]), \(two(date.day)) \(months[Int(date.month - 1)]) \(date.year) \(clock) GMT".utf8)
  }

  private static func two(_ number: UInt64) -> String { number < 10 ? "0\(number)" : "\(number)" }

  /// The Gregorian date of a day counted from 1970-01-01. Years are counted from March, so that leap days come last.
  static func civil(_ daysSinceEpoch: UInt64) -> (year: UInt64, month: UInt64, day: UInt64) {
    let shifted = daysSinceEpoch + 719_468
    let era = shifted / 146_097
    let dayOfEra = shifted % 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
  }
}
