/// Times of day as text.
enum Timestamps {
  /// For example `2015-05-14T22:04:38.466`, as the labels of streams have it: UTC, without saying so.
  static func label(_ milliseconds: UInt64) -> String {
    let seconds = milliseconds / 1_000
    let date = HTTPDate.civil(seconds / 86_400)
    let time = seconds % 86_400
    let clock = "\(padded(time / 3_600)):\(padded(time / 60 % 60)):\(padded(time % 60))"
    return
      "\(padded(date.year, 4))-\(padded(date.month))-\(padded(date.day))T\(clock).\(padded(milliseconds % 1_000, 3))"
  }

  private static func padded(_ number: UInt64, _ width: Int = 2) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}
