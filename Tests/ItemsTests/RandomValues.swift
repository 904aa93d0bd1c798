import Environment
import Items

/// Values of every type and shape, from a seed; small enough that tens of thousands are quick.
struct RandomValues {
  var random: SeededRandom

  init(seed: UInt64) { random = SeededRandom(seed: seed) }

  mutating func below(_ bound: Int) -> Int { Int(random.below(UInt64(bound))) }

  mutating func data(maxLength: Int = 12) -> [UInt8] {
    (0..<below(maxLength + 1)).map { _ in
      // Many zeros, ones and 0xFF: the bytes that a key's escaping has to get right.
      switch below(4) {
      case 0: 0
      case 1: 1
      case 2: 0xFF
      default: UInt8(below(256))
      }
    }
  }

  mutating func text(maxLength: Int = 14) -> [UInt8] {
    let scalars: [Unicode.Scalar] = [
      "a", "b", "\u{0}", "\u{1}", "\"", "\\", "/", "\n", "\r", "\t", "\u{8}", "\u{C}", "\u{1F}", "\u{7F}", "é", "e",
      "\u{301}", "\u{7FF}", "\u{800}", "€", "\u{D7FF}", "\u{E000}", "\u{FFFF}", "\u{10000}", "😀", "\u{10FFFF}", " ",
    ]
    var string = ""
    for _ in 0..<below(maxLength + 1) { string.unicodeScalars.append(scalars[below(scalars.count)]) }
    return Array(string.utf8)
  }

  mutating func number() -> Number {
    while true {
      let digits = 1 + below(38)
      let top = -130 + below(256)
      var text = below(2) == 0 ? "-" : ""
      for index in 0..<digits { text += index == 0 ? "\(1 + below(9))" : "\(below(4) == 0 ? 0 : below(10))" }
      if below(10) == 0 { text = "0" }
      if below(3) == 0 { return Number(below(2001) - 1000) }
      if let number = try? Number(parsing: Array("\(text)e\(top - digits + 1)".utf8)) { return number }
    }
  }

  mutating func value(levels: Int = 3) -> AttributeValue {
    switch below(levels > 0 ? 10 : 8) {
    case 0: return .string(text())
    case 1: return .number(number())
    case 2: return .binary(data())
    case 3: return .bool(below(2) == 0)
    case 4: return .null
    case 5: return AttributeValue.makeStringSet(unique { $0.text() })!
    case 6: return AttributeValue.makeNumberSet(unique { $0.number() })!
    case 7: return AttributeValue.makeBinarySet(unique { $0.data() })!
    case 8: return .list((0..<below(4)).map { _ in value(levels: levels - 1) })
    default: return .map(map(levels: levels - 1))
    }
  }

  mutating func map(levels: Int = 3, maxCount: Int = 5) -> AttributeMap {
    let count = below(20) == 0 ? 30 : below(maxCount + 1)
    let names = (0..<count).map { _ in text() }
    return AttributeMap(Set(names).sorted(by: ByteOrder.precedes).map { .init(name: $0, value: value(levels: levels)) })
  }

  private mutating func unique<Element: Hashable>(_ make: (inout RandomValues) -> Element) -> [Element] {
    var seen: Set<Element> = []
    var elements: [Element] = []
    for _ in 0..<1 + below(4) {
      let element = make(&self)
      if seen.insert(element).inserted { elements.append(element) }
    }
    return elements
  }

  /// `bytes` with one to three of them changed, dropped or doubled.
  mutating func mutated(_ bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    for _ in 0..<1 + below(3) where !bytes.isEmpty {
      let index = below(bytes.count)
      switch below(4) {
      case 0: bytes[index] = UInt8(below(256))
      case 1: bytes[index] ^= 1 << UInt8(below(8))
      case 2: bytes.remove(at: index)
      default: bytes.insert(bytes[index], at: index)
      }
    }
    return bytes
  }
}

func utf8(_ text: String) -> [UInt8] { Array(text.utf8) }

func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
