/// Numbers as reports show them, without Foundation.
package enum Decimals {
  /// With exactly `places` digits after the point, rounded; a number beyond 10¹⁵ in its shortest form.
  package static func fixed(_ value: Double, _ places: Int) -> String {
    var scale = 1.0
    for _ in 0..<places { scale *= 10 }
    let scaled = (value * scale).rounded()
    guard scaled.magnitude < 1e15 else { return value.description }
    let sign = scaled < 0 ? "-" : ""
    let (whole, part) = Int(scaled.magnitude).quotientAndRemainder(dividingBy: Int(scale))
    guard places > 0 else { return "\(sign)\(whole)" }
    let digits = String(part)
    return "\(sign)\(whole)." + String(repeating: "0", count: places - digits.count) + digits
  }

  /// With at most `places` digits after the point, and none that say nothing: `2.5`, `10`.
  package static func shortest(_ value: Double, _ places: Int) -> String {
    var text = fixed(value, places)
    guard text.contains("."), !text.contains("e") else { return text }
    while text.last == "0" { text.removeLast() }
    if text.last == "." { text.removeLast() }
    return text
  }

  /// Short and with its sign: `+12.3 %`.
  static func change(_ ratio: Double) -> String {
    let percent = (ratio - 1) * 100
    return (percent < 0 ? "" : "+") + fixed(percent, percent.magnitude < 100 ? 1 : 0) + " %"
  }

  package static func padded(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }
}
