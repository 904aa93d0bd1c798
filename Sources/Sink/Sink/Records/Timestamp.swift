/// A time in UTC, microseconds since 1970.
struct Timestamp: Hashable, Sendable, Comparable, CustomStringConvertible {
  var microseconds: Int64

  init(microseconds: Int64) { self.microseconds = microseconds }

  /// The API's form of times: seconds with or without decimals. Nil beyond the years 1 to 9999.
  init?(seconds: Double) {
    guard seconds.isFinite, (-62_135_596_800..<253_402_300_800).contains(seconds) else { return nil }
    microseconds = Int64((seconds * 1_000_000).rounded())
  }

  /// ISO 8601: a date, or a date and a time with or without seconds, decimals and zone; UTC where no zone is given.
  /// Nothing else, above all none of the words that PostgreSQL would take (`now`, `infinity`).
  init?(_ text: String) {
    var scan = DigitScan(text)
    guard let day = scan.day() else { return nil }
    var time: Int64 = 0
    if !scan.isAtEnd {
      guard scan.take("T") || scan.take("t") || scan.take(" "), let parsed = scan.time(), scan.isAtEnd else {
        return nil
      }
      time = parsed
    }
    microseconds = Int64(day) * 86_400_000_000 + time
  }

  static func < (left: Timestamp, right: Timestamp) -> Bool { left.microseconds < right.microseconds }

  /// The day of it, as `YYYY-MM-DD`.
  var day: String {
    let (year, month, day) = CivilDay.date(of: Int(microseconds.flooredDivision(by: 86_400_000_000)))
    return "\(Self.padded(year, 4))-\(Self.padded(month, 2))-\(Self.padded(day, 2))"
  }

  var description: String {
    let ofDay = microseconds - microseconds.flooredDivision(by: 86_400_000_000) * 86_400_000_000
    let seconds = Int(ofDay / 1_000_000)
    let time = [seconds / 3600, seconds / 60 % 60, seconds % 60].map { Self.padded($0, 2) }.joined(separator: ":")
    return "\(day)T\(time).\(Self.padded(Int(ofDay % 1_000_000), 6))Z"
  }

  private static func padded(_ value: Int, _ width: Int) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}

extension Int64 {
  fileprivate func flooredDivision(by divisor: Int64) -> Int64 {
    self / divisor - (self % divisor < 0 ? 1 : 0)
  }
}

/// Days of the Gregorian calendar, counted from 1970-01-01; eras of 400 years that begin on 1 March.
enum CivilDay {
  private static let daysPerEra = 146_097

  static func number(year: Int, month: Int, day: Int) -> Int {
    let shifted = month <= 2 ? year - 1 : year
    let era = shifted / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    return era * daysPerEra + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  static func date(of number: Int) -> (year: Int, month: Int, day: Int) {
    let shifted = number + 719_468
    let era = shifted / daysPerEra
    let dayOfEra = shifted - era * daysPerEra
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    return (
      yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    )
  }

  static func days(inMonth month: Int, of year: Int) -> Int {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }
}

/// Reads fields of digits off a text.
private struct DigitScan {
  private let bytes: [UInt8]
  private var position = 0

  init(_ text: String) { bytes = Array(text.utf8) }

  var isAtEnd: Bool { position == bytes.count }

  mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  mutating func number(_ width: Int, _ range: ClosedRange<Int>) -> Int? {
    guard position + width <= bytes.count else { return nil }
    var value = 0
    for byte in bytes[position..<position + width] {
      guard (0x30...0x39).contains(byte) else { return nil }
      value = value * 10 + Int(byte) - 0x30
    }
    guard range.contains(value) else { return nil }
    position += width
    return value
  }

  mutating func day() -> Int? {
    guard let year = number(4, 1...9999), take("-"), let month = number(2, 1...12), take("-"),
      let day = number(2, 1...CivilDay.days(inMonth: month, of: year))
    else { return nil }
    return CivilDay.number(year: year, month: month, day: day)
  }

  /// Microseconds, the zone's offset taken off.
  mutating func time() -> Int64? {
    guard let hour = number(2, 0...23), take(":"), let minute = number(2, 0...59) else { return nil }
    var result = Int64(hour * 3600 + minute * 60) * 1_000_000
    if take(":") {
      guard let second = number(2, 0...59), let fraction = fraction() else { return nil }
      result += Int64(second) * 1_000_000 + fraction
    }
    guard let offset = zone() else { return nil }
    return result - Int64(offset) * 1_000_000
  }

  /// Microseconds; digits beyond them are dropped.
  private mutating func fraction() -> Int64? {
    guard take(".") || take(",") else { return 0 }
    var value: Int64 = 0
    var unit: Int64 = 100_000
    let start = position
    while position < bytes.count, (0x30...0x39).contains(bytes[position]) {
      value += Int64(bytes[position] - 0x30) * unit
      unit /= 10
      position += 1
    }
    return position > start ? value : nil
  }

  /// Seconds east of UTC.
  private mutating func zone() -> Int? {
    if isAtEnd || take("Z") || take("z") { return 0 }
    let sign = take("+") ? 1 : take("-") ? -1 : 0
    guard sign != 0, let hours = number(2, 0...18) else { return nil }
    if isAtEnd { return sign * hours * 3600 }
    _ = take(":")
    return number(2, 0...59).map { sign * (hours * 3600 + $0 * 60) }
  }
}
