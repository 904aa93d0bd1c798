/// One value of an item: the ten data types of DynamoDB.
///
/// Values are kept canonical, so that `==` is DynamoDB's equality: sets are non-empty, unique and ascending (strings and
/// binaries by unsigned bytes, numbers numerically), maps are ordered by name. The initialisers ``makeStringSet(_:)``,
/// ``makeNumberSet(_:)`` and ``makeBinarySet(_:)`` bring any collection into that form.
public enum AttributeValue: Hashable, Sendable {
  /// Valid UTF-8; may be empty.
  case string([UInt8])
  case number(Number)
  case binary([UInt8])
  case bool(Bool)
  case null
  case stringSet([[UInt8]])
  case numberSet([Number])
  case binarySet([[UInt8]])
  case list([AttributeValue])
  case map(AttributeMap)
}

extension AttributeValue {
  @inlinable public static func text(_ value: String) -> AttributeValue { .string(Array(value.utf8)) }

  /// The canonical set of `values`, or nil where they are empty or hold one twice.
  public static func makeStringSet(_ values: [[UInt8]]) -> AttributeValue? {
    ByteOrder.sortedUnique(values).map { .stringSet($0) }
  }

  /// The canonical set of `values`, or nil where they are empty or hold one twice.
  public static func makeBinarySet(_ values: [[UInt8]]) -> AttributeValue? {
    ByteOrder.sortedUnique(values).map { .binarySet($0) }
  }

  /// The canonical set of `values`, or nil where they are empty or hold one twice.
  public static func makeNumberSet(_ values: [Number]) -> AttributeValue? {
    let sorted = values.sorted()
    guard !sorted.isEmpty, !zip(sorted, sorted.dropFirst()).contains(where: ==) else { return nil }
    return .numberSet(sorted)
  }

  /// The name of the type on the wire and in `attribute_type`: S, N, B, BOOL, NULL, SS, NS, BS, L or M.
  public var typeName: StaticString {
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

  /// How many values lie within each other at the deepest place: 1 for a scalar, set or empty list, 2 for a list of
  /// scalars.
  public var nestingLevels: Int {
    switch self {
    case .list(let values): 1 + values.reduce(0) { max($0, $1.nestingLevels) }
    case .map(let map): 1 + map.elements.reduce(0) { max($0, $1.value.nestingLevels) }
    default: 1
    }
  }
}

/// The bounds that the codecs of this module enforce.
public enum ItemLimits {
  /// Values within each other in one attribute, the innermost included ("Nested attributes up to 32 levels deep", DynamoDB's quotas).
  public static let nestingLevelsMax = 32
  /// What the binary decoder accepts: more than is ever stored, little enough for any stack.
  static let decodeLevelsMax = 64
  /// Structures within each other in a JSON text; an attribute spends two on each level of its own.
  public static let jsonLevelsMax = 128
}

/// The types that a key attribute may have. The raw value is stored.
public enum KeyType: UInt8, Hashable, Sendable {
  case string = 1
  case number = 2
  case binary = 3

  /// The key type of `value`, or nil where it cannot be a key.
  @inlinable public init?(of value: AttributeValue) {
    switch value {
    case .string: self = .string
    case .number: self = .number
    case .binary: self = .binary
    default: return nil
    }
  }

  /// S, N or B.
  public init?(name: [UInt8]) {
    switch name {
    case [0x53]: self = .string
    case [0x4E]: self = .number
    case [0x42]: self = .binary
    default: return nil
    }
  }

  /// S, N or B.
  public var name: StaticString {
    switch self {
    case .string: "S"
    case .number: "N"
    case .binary: "B"
    }
  }
}
