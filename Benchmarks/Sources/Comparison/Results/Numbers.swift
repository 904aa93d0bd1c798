/// How tables show numbers.
enum Numbers {
  /// `19,900`: whole, in groups of three.
  static func grouped(_ value: Double) -> String {
    let digits = Array(String(Int(max(0, value).rounded())))
    var text = ""
    for (place, digit) in digits.enumerated() {
      if place > 0 && (digits.count - place) % 3 == 0 { text += "," }
      text.append(digit)
    }
    return text
  }

  /// Two places below 10 ms, one below 100, none above.
  static func milliseconds(_ value: Double) -> String {
    value < 10 ? fixed(value, 2) : value < 100 ? fixed(value, 1) : fixed(value, 0)
  }

  /// `2.01×`.
  static func ratio(_ value: Double) -> String { value.isFinite ? fixed(value, 2) + "×" : "–" }

  static func fixed(_ value: Double, _ places: Int) -> String {
    var scale = 1
    for _ in 0..<places { scale *= 10 }
    let scaled = Int((max(0, value) * Double(scale)).rounded())
    guard places > 0 else { return "\(scaled)" }
    let fraction = String(scaled % scale)
    return "\(scaled / scale)." + String(repeating: "0", count: places - fraction.count) + fraction
  }
}
