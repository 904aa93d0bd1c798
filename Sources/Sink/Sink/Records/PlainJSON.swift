internal import Items

/// Items as everyday JSON: numbers as numbers with all their digits, binaries as base 64, sets as arrays, `NULL` as null.
/// U+0000 is written by the rule of ``PostgresText``.
enum PlainJSON {
  static func object(_ map: AttributeMap) -> [UInt8] {
    var writer = JSONWriter(capacity: 512)
    append(map, to: &writer)
    return writer.bytes
  }

  static func value(_ value: AttributeValue) -> [UInt8] {
    var writer = JSONWriter(capacity: 128)
    append(value, to: &writer)
    return writer.bytes
  }

  private static func append(_ map: AttributeMap, to writer: inout JSONWriter) {
    writer.beginObject()
    for element in map.elements {
      writer.key(PostgresText.escaped(element.name))
      append(element.value, to: &writer)
    }
    writer.endObject()
  }

  private static func append(_ value: AttributeValue, to writer: inout JSONWriter) {
    switch value {
    case .string(let text): writer.string(PostgresText.escaped(text))
    case .number(let number): append(number, to: &writer)
    case .binary(let data): writer.string(Base64.encode(data))
    case .bool(let flag): writer.bool(flag)
    case .null: writer.null()
    case .stringSet(let texts): array(texts, &writer) { $0.string(PostgresText.escaped($1)) }
    case .numberSet(let numbers): array(numbers, &writer) { append($1, to: &$0) }
    case .binarySet(let binaries): array(binaries, &writer) { $0.string(Base64.encode($1)) }
    case .list(let values): array(values, &writer) { append($1, to: &$0) }
    case .map(let map): append(map, to: &writer)
    }
  }

  private static func append(_ number: Number, to writer: inout JSONWriter) {
    var digits: [UInt8] = []
    number.append(to: &digits)
    writer.rawValue(digits)
  }

  private static func array<Element>(
    _ elements: [Element], _ writer: inout JSONWriter, _ append: (inout JSONWriter, Element) -> Void
  ) {
    writer.beginArray()
    for element in elements { append(&writer, element) }
    writer.endArray()
  }
}
