import Items

/// The dumb model of a number: one array element for each decimal place.
struct DecimalModel {
  static let places = -260...260
  var isNegative = false
  /// The digit of place value 10^(index - 260).
  var digits = [Int](repeating: 0, count: places.count)

  subscript(place: Int) -> Int {
    get { digits[place - Self.places.lowerBound] }
    set { digits[place - Self.places.lowerBound] = newValue }
  }

  init() {}

  init(_ number: Number) {
    // The plain notation is checked against the model elsewhere.
    var text = number.description
    if text.hasPrefix("-") {
      isNegative = true
      text.removeFirst()
    }
    let halves = text.split(separator: ".", omittingEmptySubsequences: false)
    for (index, digit) in halves[0].enumerated() { self[halves[0].count - 1 - index] = digit.wholeNumberValue! }
    if halves.count == 2 {
      for (index, digit) in halves[1].enumerated() { self[-1 - index] = digit.wholeNumberValue! }
    }
  }

  var top: Int? { Self.places.last { self[$0] != 0 } }
  var bottom: Int? { Self.places.first { self[$0] != 0 } }

  /// What a number that is stored with this value is refused for.
  var fault: NumberError? {
    guard let top, let bottom else { return nil }
    if top > 125 { return .overflow }
    if top < -130 { return .underflow }
    return top - bottom >= 38 ? .tooManyDigits : nil
  }

  var description: String {
    guard let top, let bottom else { return "0" }
    var text = isNegative ? "-" : ""
    for place in stride(from: max(top, 0), through: 0, by: -1) { text += "\(self[place])" }
    guard bottom < 0 else { return text }
    text += "."
    for place in stride(from: -1, through: bottom, by: -1) { text += "\(self[place])" }
    return text
  }

  static func isBelow(_ left: DecimalModel, _ right: DecimalModel) -> Bool {
    if left.isNegative != right.isNegative {
      return left.isNegative && left.top != nil || right.top != nil && !right.isNegative
    }
    let order = compareMagnitudes(left, right)
    return left.isNegative ? order > 0 : order < 0
  }

  static func compareMagnitudes(_ left: DecimalModel, _ right: DecimalModel) -> Int {
    for place in places.reversed() where left[place] != right[place] { return left[place] - right[place] }
    return 0
  }

  static func sum(_ left: DecimalModel, _ right: DecimalModel) -> DecimalModel {
    var sum = DecimalModel()
    if left.isNegative == right.isNegative {
      sum.isNegative = left.isNegative
      var carry = 0
      for place in places {
        let digit = left[place] + right[place] + carry
        sum[place] = digit % 10
        carry = digit / 10
      }
    } else {
      let isLeftLarger = compareMagnitudes(left, right) >= 0
      let (large, small) = isLeftLarger ? (left, right) : (right, left)
      sum.isNegative = large.isNegative
      var borrow = 0
      for place in places {
        let digit = large[place] - small[place] - borrow
        sum[place] = digit < 0 ? digit + 10 : digit
        borrow = digit < 0 ? 1 : 0
      }
    }
    return sum
  }
}
