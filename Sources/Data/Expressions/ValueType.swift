internal import Items

/// The ten types as `attribute_type` names them. The raw values are stored.
enum ValueType: UInt8, CaseIterable {
  case string = 0
  case number = 1
  case binary = 2
  case bool = 3
  case null = 4
  case stringSet = 5
  case numberSet = 6
  case binarySet = 7
  case list = 8
  case map = 9

  init(of value: AttributeValue) {
    switch value {
    case .string: self = .string
    case .number: self = .number
    case .binary: self = .binary
    case .bool: self = .bool
    case .null: self = .null
    case .stringSet: self = .stringSet
    case .numberSet: self = .numberSet
    case .binarySet: self = .binarySet
    case .list: self = .list
    case .map: self = .map
    }
  }

  init?(named name: [UInt8]) {
    guard let type = ValueType.allCases.first(where: { $0.name.utf8.elementsEqual(name) }) else { return nil }
    self = type
  }

  /// As on the wire.
  var name: String {
    switch self {
    case .string: "S"
    case .number: "N"
    case .binary: "B"
    case .bool: "BOOL"
    case .null: "NULL"
    case .stringSet: "SS"
    case .numberSet: "NS"
    case .binarySet: "BS"
    case .list: "L"
    case .map: "M"
    }
  }

  /// As the messages about ADD and DELETE have it; they do not abbreviate.
  var longName: String {
    switch self {
    case .string: "STRING"
    case .number: "NUMBER"
    case .binary: "BINARY"
    case .bool: "BOOLEAN"
    case .null: "NULL"
    case .stringSet: "STRING_SET"
    case .numberSet: "NUMBER_SET"
    case .binarySet: "BINARY_SET"
    case .list: "LIST"
    case .map: "MAP"
    }
  }

  /// Whether `<` and its like are defined.
  var hasOrder: Bool { self == .string || self == .number || self == .binary }

  var isSet: Bool { self == .stringSet || self == .numberSet || self == .binarySet }
}

extension AttributeValue {
  /// Negative, zero or positive; nil where the types differ or have no order.
  func order(to other: AttributeValue) -> Int? {
    switch (self, other) {
    case (.string(let left), .string(let right)), (.binary(let left), .binary(let right)):
      return ByteOrder.compare(left, right)
    case (.number(let left), .number(let right)):
      if left == right { return 0 }
      return left < right ? -1 : 1
    default: return nil
    }
  }

  /// `size`: UTF-16 units of a string, bytes of a binary, elements of a set, list or map; nil for the other types.
  var expressionSize: Int? {
    switch self {
    case .string(let bytes): Self.utf16Count(bytes)
    case .binary(let bytes): bytes.count
    case .stringSet(let values), .binarySet(let values): values.count
    case .numberSet(let values): values.count
    case .list(let values): values.count
    case .map(let map): map.count
    case .number, .bool, .null: nil
    }
  }

  /// Every character has one byte that continues none; one of four bytes is a pair in UTF-16.
  private static func utf16Count(_ utf8: [UInt8]) -> Int {
    utf8.reduce(0) { $0 + ($1 & 0xC0 == 0x80 ? 0 : $1 >= 0xF0 ? 2 : 1) }
  }

  /// As messages about BETWEEN show a bound: `AttributeValue: {N:5}`.
  var boundDescription: String {
    let text =
      switch self {
      case .string(let bytes), .binary(let bytes): String(decoding: bytes, as: UTF8.self)
      case .number(let number): number.description
      default: ""
      }
    return "AttributeValue: {\(ValueType(of: self).name):\(text)}"
  }
}
