internal import Bytes

/// DynamoDB's item size: names and values, without storage overhead (*DynamoDB Item sizes and formats*, Developer
/// Guide): names, strings and binaries by their bytes, null and boolean 1, a list or map 3 plus 1 for each element plus
/// their contents, a set the sum of its elements.
enum ItemSize {
  static let containerBytes = 3
  static let elementBytes = 1
}

extension Number {
  /// DynamoDB's size of a number: 1, plus 1 for each pair of significant digits, plus 1 if it is negative, at most 21.
  ///
  /// The documentation says "approximately"; the pairs are those of base 100, aligned to the decimal point (120 and 12
  /// are 1 + 2 and 1 + 1), as public re-implementations measured them against the service.
  public var sizeBytes: Int {
    Self.size(digits: significantDigits, leadingExponent: leadingExponent, isNegative: isNegative)
  }

  static func size(digits: Int, leadingExponent: Int, isNegative: Bool) -> Int {
    guard digits > 0 else { return 1 }
    // An even exponent leaves the first digit alone in its pair.
    let padded = digits + (leadingExponent & 1 == 0 ? 1 : 0)
    return min(21, 1 + (padded + 1) / 2 + (isNegative ? 1 : 0))
  }
}

extension AttributeValue {
  /// The value's size by DynamoDB's rules, in bytes.
  public var sizeBytes: Int {
    switch self {
    case .string(let bytes), .binary(let bytes): bytes.count
    case .number(let number): number.sizeBytes
    case .bool, .null: 1
    case .stringSet(let values), .binarySet(let values): values.reduce(0) { $0 + $1.count }
    case .numberSet(let values): values.reduce(0) { $0 + $1.sizeBytes }
    case .list(let values):
      values.reduce(ItemSize.containerBytes) { $0 + ItemSize.elementBytes + $1.sizeBytes }
    case .map(let map): ItemSize.containerBytes + ItemSize.elementBytes * map.count + map.sizeBytes
    }
  }
}

extension AttributeMap {
  /// The size of an item with these attributes by DynamoDB's rules, in bytes.
  public var sizeBytes: Int { elements.reduce(0) { $0 + $1.name.count + $1.value.sizeBytes } }
}

extension EncodedItem {
  /// The item's size by DynamoDB's rules, in bytes, without decoding it. Malformed bytes count up to the damage.
  public var sizeBytes: Int {
    bytes.withUnsafeBufferPointer { input in
      var cursor = EncodedCursor(input)
      var size = 0
      while !cursor.isAtEnd {
        guard let name = try? cursor.blob(), let value = try? cursor.sizeOfValue(levels: 0) else { return size }
        size += name.count + value
      }
      return size
    }
  }
}

extension EncodedCursor {
  /// Moves past one value and returns its size.
  fileprivate mutating func sizeOfValue(levels: Int) throws(MalformedBytes) -> Int {
    guard levels <= ItemLimits.decodeLevelsMax else { throw MalformedBytes("a value is nested too deeply") }
    switch try tag() {
    case .string, .binary: return try blob().count
    case .number: return try sizeOfNumber()
    case .boolFalse, .boolTrue, .null: return 1
    case .stringSet, .binarySet:
      return try sizeOfElements { (cursor) throws(MalformedBytes) in try cursor.blob().count }
    case .numberSet:
      return try sizeOfElements { (cursor) throws(MalformedBytes) in try cursor.sizeOfNumber() }
    case .list:
      return try ItemSize.containerBytes
        + sizeOfElements { (cursor) throws(MalformedBytes) in
          try ItemSize.elementBytes + cursor.sizeOfValue(levels: levels + 1)
        }
    case .map:
      return try ItemSize.containerBytes
        + sizeOfElements { (cursor) throws(MalformedBytes) in
          try ItemSize.elementBytes + cursor.blob().count + cursor.sizeOfValue(levels: levels + 1)
        }
    }
  }

  private mutating func sizeOfElements(
    _ element: (inout EncodedCursor) throws(MalformedBytes) -> Int
  ) throws(MalformedBytes) -> Int {
    var inner = try container()
    var size = 0
    while !inner.isAtEnd { size += try element(&inner) }
    return size
  }

  private mutating func sizeOfNumber() throws(MalformedBytes) -> Int {
    guard let measured = Number.measure(ordered: input, at: position, end: end) else {
      throw MalformedBytes("a number is malformed")
    }
    position = measured.end
    return measured.sizeBytes
  }
}
