internal import Environment
internal import Items

/// A random condition: its text, and what it means by the dumbest possible reading.
struct RandomCondition {
  var text: String
  var holds: (AttributeMap) -> Bool
}

/// Makes conditions over a few attributes whose values are few as well, so that comparisons often hold.
struct ConditionGenerator {
  var random: SeededRandom

  static let paths = ["a", "b", "c.d", "c.e[0]", "f[1]", "gone", "c.gone"]
  static let values: [(placeholder: String, value: AttributeValue)] = [
    (":one", number("1")), (":two", number("2")), (":x", text("x")), (":xy", text("xy")), (":bin", bytes("xy")),
    (":yes", .bool(true)), (":null", .null), (":ts", texts("x", "xy")), (":ns", numbers("1", "2")),
    (":bs", binaries("xy")), (":l", list(number("1"), text("x"))), (":m", map(["d": number("1")])),
    (":empty", text("")),
  ]

  mutating func pick<Element>(_ elements: [Element]) -> Element { elements[Int(random.below(UInt64(elements.count)))] }

  mutating func value() -> AttributeValue { pick(Self.values).value }

  mutating func item() -> AttributeMap {
    var elements: [AttributeMap.Element] = []
    for name in ["a", "b"] where random.chance(4, in: 5) {
      elements.append(AttributeMap.Element(name: Array(name.utf8), value: value()))
    }
    if random.chance(4, in: 5) {
      elements.append(
        AttributeMap.Element(name: Array("c".utf8), value: map(["d": value(), "e": list(value(), value())])))
    }
    if random.chance(1, in: 2) {
      elements.append(AttributeMap.Element(name: Array("f".utf8), value: list(value(), value())))
    }
    return AttributeMap(elements)
  }

  private mutating func keyword(_ word: String) -> String { random.chance(1, in: 2) ? word : word.lowercased() }

  private mutating func space() -> String { pick([" ", "  ", "\n", "\t "]) }

  mutating func condition(depth: Int) -> RandomCondition {
    switch depth == 0 ? 0 : random.below(4) {
    case 0: return comparison()
    case 1:
      let inner = condition(depth: depth - 1)
      return RandomCondition(text: "\(keyword("NOT"))\(space())(\(inner.text))") { !inner.holds($0) }
    case 2:
      let (left, right) = (condition(depth: depth - 1), condition(depth: depth - 1))
      return RandomCondition(text: "(\(left.text))\(keyword("AND"))\(space())(\(right.text))") {
        left.holds($0) && right.holds($0)
      }
    default:
      let (left, right) = (condition(depth: depth - 1), condition(depth: depth - 1))
      return RandomCondition(text: "(\(left.text))\(space())\(keyword("OR"))(\(right.text))") {
        left.holds($0) || right.holds($0)
      }
    }
  }

  private struct Operand {
    var text: String
    var value: (AttributeMap) -> AttributeValue?
  }

  private mutating func path() -> Operand {
    let path = pick(Self.paths)
    let text = path.replacing(".", with: random.chance(1, in: 3) ? " . " : ".")
    return Operand(text: text) { Dumb.lookUp(path, in: $0) }
  }

  private mutating func constant(_ allowed: (AttributeValue) -> Bool) -> Operand {
    let candidates = Self.values.filter { allowed($0.value) }
    let chosen = pick(candidates)
    return Operand(text: chosen.placeholder) { _ in chosen.value }
  }

  private mutating func operand(_ allowed: (AttributeValue) -> Bool = { _ in true }) -> Operand {
    switch random.below(5) {
    case 0, 1: return path()
    case 2:
      let inner = path()
      return Operand(text: "size(\(inner.text))") { item in inner.value(item).flatMap(Dumb.size) }
    default: return constant(allowed)
    }
  }

  /// Two operands of which at most one is a path, so that none is compared with itself.
  private mutating func pair(_ allowed: (AttributeValue) -> Bool = { _ in true }) -> (Operand, Operand) {
    let (one, other) = (operand(allowed), constant(allowed))
    return random.chance(1, in: 2) ? (one, other) : (other, one)
  }

  private mutating func comparison() -> RandomCondition {
    switch random.below(8) {
    case 0, 1: return equality()
    case 2: return order()
    case 3: return between()
    case 4: return isIn()
    case 5:
      let path = path()
      return random.chance(1, in: 2)
        ? RandomCondition(text: "attribute_exists(\(path.text))") { path.value($0) != nil }
        : RandomCondition(text: "attribute_not_exists(\(path.text))") { path.value($0) == nil }
    case 6:
      let isText = random.chance(1, in: 2)
      let (value, prefix) = pair { value in
        if case .string = value { isText } else if case .binary = value { !isText } else { false }
      }
      if value.text.hasPrefix("size") || prefix.text.hasPrefix("size") { return comparison() }
      return RandomCondition(text: "begins_with(\(value.text), \(prefix.text))") {
        Dumb.beginsWith(value.value($0), prefix.value($0))
      }
    default:
      let (value, part) = pair()
      return RandomCondition(text: "contains(\(value.text) ,\(part.text))") {
        Dumb.contains(value.value($0), part.value($0))
      }
    }
  }

  private mutating func equality() -> RandomCondition {
    let (left, right) = pair()
    let isEqual = { (item: AttributeMap) -> Bool in
      guard let one = left.value(item), let other = right.value(item) else { return false }
      return one == other
    }
    return random.chance(1, in: 2)
      ? RandomCondition(text: "\(left.text)=\(right.text)", holds: isEqual)
      : RandomCondition(text: "\(left.text) <>\(right.text)") { !isEqual($0) }
  }

  private mutating func order() -> RandomCondition {
    let (left, right) = pair(Dumb.hasOrder)
    let (symbol, accepts) = pick([
      ("<", [-1]), ("<=", [-1, 0]), (">", [1]), (">=", [0, 1]),
    ])
    return RandomCondition(text: "\(left.text) \(symbol) \(right.text)") {
      Dumb.order(left.value($0), right.value($0)).map(accepts.contains) ?? false
    }
  }

  private mutating func between() -> RandomCondition {
    let operand = operand(Dumb.hasOrder)
    let bounds: [(String, String, AttributeValue, AttributeValue)] = [
      (":one", ":two", number("1"), number("2")), (":empty", ":xy", text(""), text("xy")),
      (":bin", ":bin", bytes("xy"), bytes("xy")),
    ]
    let (low, high, lowValue, highValue) = pick(bounds)
    return RandomCondition(text: "\(operand.text)\(space())\(keyword("BETWEEN")) \(low) \(keyword("AND")) \(high)") {
      let value = operand.value($0)
      return [0, 1].contains(Dumb.order(value, lowValue) ?? 9) && [-1, 0].contains(Dumb.order(value, highValue) ?? 9)
    }
  }

  private mutating func isIn() -> RandomCondition {
    let operand = operand()
    let candidates = (0...random.below(3)).map { _ in constant { _ in true } }
    let texts = candidates.map(\.text).joined(separator: ", ")
    return RandomCondition(text: "\(operand.text) \(keyword("IN"))(\(texts))") { item in
      guard let value = operand.value(item) else { return false }
      return candidates.contains { $0.value(item) == value }
    }
  }
}

/// The rules once more, written as plainly as they come.
enum Dumb {
  static func lookUp(_ path: String, in item: AttributeMap) -> AttributeValue? {
    var value: AttributeValue? = .map(item)
    for step in path.replacing("[", with: ".[").split(separator: ".") {
      switch value {
      case .map(let map)?: value = map.elements.first { $0.name == Array(step.utf8) }?.value
      case .list(let list)?:
        guard let index = Int(step.dropFirst().dropLast()), list.indices.contains(index) else { return nil }
        value = list[index]
      default: return nil
      }
    }
    return value
  }

  static func hasOrder(_ value: AttributeValue) -> Bool { order(value, value) != nil }

  static func order(_ left: AttributeValue?, _ right: AttributeValue?) -> Int? {
    switch (left, right) {
    case (.number(let one)?, .number(let other)?): return one == other ? 0 : one < other ? -1 : 1
    case (.string(let one)?, .string(let other)?), (.binary(let one)?, .binary(let other)?):
      if one == other { return 0 }
      return one.lexicographicallyPrecedes(other) ? -1 : 1
    default: return nil
    }
  }

  static func size(_ value: AttributeValue) -> AttributeValue? {
    switch value {
    case .string(let bytes), .binary(let bytes): .number(Number(bytes.count))
    case .list(let values): .number(Number(values.count))
    case .map(let map): .number(Number(map.elements.count))
    case .stringSet(let values), .binarySet(let values): .number(Number(values.count))
    case .numberSet(let values): .number(Number(values.count))
    default: nil
    }
  }

  static func beginsWith(_ value: AttributeValue?, _ prefix: AttributeValue?) -> Bool {
    switch (value, prefix) {
    case (.string(let value)?, .string(let prefix)?), (.binary(let value)?, .binary(let prefix)?):
      Array(value.prefix(prefix.count)) == prefix
    default: false
    }
  }

  static func contains(_ value: AttributeValue?, _ part: AttributeValue?) -> Bool {
    switch (value, part) {
    case (.string(let value)?, .string(let part)?), (.binary(let value)?, .binary(let part)?):
      (0...value.count).contains { Array(value.dropFirst($0).prefix(part.count)) == part }
    case (.stringSet(let values)?, .string(let member)?), (.binarySet(let values)?, .binary(let member)?):
      values.contains(member)
    case (.numberSet(let values)?, .number(let member)?): values.contains(member)
    case (.list(let values)?, let member?): values.contains(member)
    default: false
    }
  }
}
