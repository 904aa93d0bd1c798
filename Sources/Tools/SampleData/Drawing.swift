internal import Environment
internal import Items

extension SeededRandom {
  mutating func pick<Element>(_ elements: [Element]) -> Element { elements[Int(below(UInt64(elements.count)))] }

  mutating func within(_ range: ClosedRange<Int>) -> Int {
    range.lowerBound + Int(below(UInt64(range.upperBound - range.lowerBound + 1)))
  }

  /// A value by its weight; the weights need no particular sum.
  mutating func weighted<Element>(_ choices: [(value: Element, weight: Int)]) -> Element {
    var rest = Int(below(UInt64(choices.reduce(0) { $0 + $1.weight })))
    for choice in choices {
      rest -= choice.weight
      if rest < 0 { return choice.value }
    }
    fatalError("A weighted draw fell outside its weights.")
  }
}

/// Collects the attributes of one item.
struct ItemBuilder {
  private var elements: [AttributeMap.Element] = []

  mutating func text(_ name: String, _ value: String) {
    elements.append(AttributeMap.Element(name: Array(name.utf8), value: .text(value)))
  }

  /// An amount of money as a number with at most two decimals.
  mutating func money(_ name: String, cents: Int) {
    let text = "\(cents / 100).\(padded(cents % 100, 2))"
    guard let number = try? Number(parsing: Array(text.utf8)) else { fatalError("An amount is not a number.") }
    elements.append(AttributeMap.Element(name: Array(name.utf8), value: .number(number)))
  }

  mutating func number(_ name: String, _ value: Int) {
    elements.append(AttributeMap.Element(name: Array(name.utf8), value: .number(Number(value))))
  }

  var item: AttributeMap { AttributeMap(elements) }
}
