internal import Items

/// What a mapped column holds. The raw value is what a mapping file says.
enum ColumnType: String, CaseIterable, Sendable {
  case text, integer, number, boolean, date, timestamp, json, binary, uuid

  /// What follows a value in SQL. Text has none: an explicit cast to `varchar(20)` would cut it short without a word.
  var cast: String {
    switch self {
    case .text: ""
    case .integer: "::bigint"
    case .number: "::numeric"
    case .boolean: "::boolean"
    case .date: "::date"
    case .timestamp: "::timestamptz"
    case .json: "::jsonb"
    case .binary: "::bytea"
    case .uuid: "::uuid"
    }
  }

  /// The value as PostgreSQL reads it; nil for a null.
  func column(_ value: AttributeValue) throws(MappingFault) -> [UInt8]? {
    if case .null = value { return self == .json ? Array("null".utf8) : nil }
    switch self {
    case .text: return ColumnText.plain(value)
    case .json: return PlainJSON.value(value)
    case .number: return ColumnText.plain(.number(try number(value)))
    case .integer: return try integer(value)
    case .boolean: return try boolean(value)
    case .date, .timestamp: return try time(value)
    case .binary: return try binary(value)
    case .uuid: return try uuid(value)
    }
  }

  private func refusal(_ value: AttributeValue) -> MappingFault {
    MappingFault("is of type \(value.typeName) and holds no \(rawValue)")
  }

  private func number(_ value: AttributeValue) throws(MappingFault) -> Number {
    switch value {
    case .number(let number): return number
    case .string(let text):
      guard let number = try? Number(parsing: text) else { throw refusal(value) }
      return number
    default: throw refusal(value)
    }
  }

  private func integer(_ value: AttributeValue) throws(MappingFault) -> [UInt8] {
    guard let integer = try number(value).integer else { throw refusal(value) }
    return Array(String(integer).utf8)
  }

  private func boolean(_ value: AttributeValue) throws(MappingFault) -> [UInt8] {
    switch value {
    case .bool(let flag): return Array((flag ? "true" : "false").utf8)
    case .string(let text) where text == Array("true".utf8) || text == Array("false".utf8): return text
    default: throw refusal(value)
    }
  }

  /// Times are ISO 8601 texts, or numbers of seconds since 1970.
  private func time(_ value: AttributeValue) throws(MappingFault) -> [UInt8] {
    let time: Timestamp? =
      switch value {
      case .string(let text): Timestamp(String(decoding: text, as: UTF8.self))
      case .number(let number): Double(number.description).flatMap { Timestamp(seconds: $0) }
      default: nil
      }
    guard let time else { throw refusal(value) }
    // The day that a text names, not that of the same instant in UTC.
    if self == .date, case .string(let text) = value { return Array(text.prefix(10)) }
    return Array((self == .date ? time.day : time.description).utf8)
  }

  private func binary(_ value: AttributeValue) throws(MappingFault) -> [UInt8] {
    switch value {
    case .binary(let data): return Array("\\x".utf8) + Hexadecimal.encode(data)
    default: throw refusal(value)
    }
  }

  private func uuid(_ value: AttributeValue) throws(MappingFault) -> [UInt8] {
    guard case .string(let text) = value else { throw refusal(value) }
    let lower = text.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
    let isUUID =
      lower.count == 36
      && lower.enumerated().allSatisfy { index, byte in
        [8, 13, 18, 23].contains(index)
          ? byte == UInt8(ascii: "-") : (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte)
      }
    guard isUUID else { throw refusal(value) }
    return lower
  }
}
