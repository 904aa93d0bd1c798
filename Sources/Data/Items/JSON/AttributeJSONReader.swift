public import Bytes

extension JSONReader {
  /// Reads a map of attributes (`{"name": {"S": "…"}, …}`) into the canonical binary form.
  ///
  /// A serialization error leaves the reader useless. A validation error is thrown after the whole map was read, so
  /// that the caller may go on reading and report it once the rest of the request was found to be well-formed, which is
  /// the order in which DynamoDB checks. Of two attributes with one name the last stays; null stands for an absent
  /// type, and unknown types are ignored.
  public mutating func readItem() throws(ItemError) -> EncodedItem {
    var writer = ByteWriter(capacity: 512)
    try appendItem(to: &writer)
    return EncodedItem(trusted: writer.bytes)
  }

  /// Appends the bytes of an ``EncodedItem``; otherwise as ``readItem()``. After an error the appended bytes are of no use.
  public mutating func appendItem(to writer: inout ByteWriter) throws(ItemError) {
    try parse(into: &writer) { (parser) throws(ItemError) in
      try parser.reader.beginMap(of: AttributeJSONParser.valueTypeName)
      try parser.mapContents(levels: 0)
    }
  }

  /// Reads one attribute value (`{"N": "12"}`); errors as in ``readItem()``.
  public mutating func readAttributeValue() throws(ItemError) -> AttributeValue {
    var writer = ByteWriter(capacity: 64)
    try appendAttributeValue(to: &writer)
    var reader = ByteReader(writer.bytes)
    do throws(MalformedBytes) {
      return try AttributeValue(from: &reader)
    } catch {
      fatalError("A value that was just encoded cannot be decoded: \(error.what).")
    }
  }

  /// Appends the bytes of ``AttributeValue/encode(into:)``; otherwise as ``readItem()``.
  public mutating func appendAttributeValue(to writer: inout ByteWriter) throws(ItemError) {
    try parse(into: &writer) { (parser) throws(ItemError) in try parser.value(levels: 0) }
  }

  @inline(__always) private mutating func parse(
    into writer: inout ByteWriter, _ body: (inout AttributeJSONParser) throws(ItemError) -> Void
  ) throws(ItemError) {
    var parser = AttributeJSONParser(reader: self)
    swap(&parser.output, &writer)
    defer {
      swap(&parser.output, &writer)
      self = parser.reader
    }
    try body(&parser)
    if let fault = parser.fault { throw ItemError(.validation, fault) }
  }
}

/// Takes typed attribute JSON straight into the binary form. The first fault of a value is kept while the JSON is read
/// on; what is written after a fault is well-formed but without meaning.
struct AttributeJSONParser {
  static let valueTypeName: StaticString = "com.amazonaws.dynamodb.v20120810.AttributeValue"

  var reader: JSONReader
  var output = ByteWriter()
  private(set) var fault: String?

  init(reader: JSONReader) { self.reader = reader }

  @inline(never) mutating func reject(_ text: String) {
    if fault == nil { fault = text }
  }

  /// Reads the members of an object that was entered.
  mutating func mapContents(levels: Int) throws(ItemError) {
    var records = RecordTrack(start: output.count)
    while let span = try reader.nextKeySpan() {
      records.note(append(span), in: output)
      try value(levels: levels)
    }
    guard !records.isAscending, fault == nil else { return }
    // Attributes always sort: equal names are resolved.
    _ = RecordOrder.sort(&output, from: records.start, count: records.count, kind: .attribute)
  }

  /// Reads one `{"TYPE": …}`; `levels` counts the lists and maps around it.
  mutating func value(levels: Int) throws(ItemError) {
    if try reader.skipNull() { return absent() }
    try reader.beginElement("AttributeValue")
    var types = 0
    while let span = try reader.nextKeySpan() {
      if try reader.skipNull() { continue }
      guard let type = type(span) else {
        try reader.skipValue()
        continue
      }
      types += 1
      try contents(type, levels: levels)
    }
    if types == 0 { absent() }
    if types > 1 { reject(ValueFault.severalTypes) }
  }

  private mutating func absent() {
    reject(ValueFault.empty)
    output.tag(.null)
  }

  private func type(_ span: JSONSpan) -> ValueTag? {
    let name = JSONName(
      raw: UnsafeBufferPointer(rebasing: reader.input[span.range]),
      decoded: span.hasEscapes ? reader.text(span) : nil)
    return switch name {
    case "S": .string
    case "N": .number
    case "B": .binary
    case "M": .map
    case "L": .list
    case "BOOL": .boolTrue
    case "NULL": .null
    case "SS": .stringSet
    case "NS": .numberSet
    case "BS": .binarySet
    default: nil
    }
  }

  /// - Parameter levels: of the lists and maps around it.
  private mutating func contents(_ type: ValueTag, levels: Int) throws(ItemError) {
    if levels >= ItemLimits.nestingLevelsMax { reject(ValueFault.nestedTooDeeply) }
    switch type {
    case .string:
      output.tag(.string)
      _ = append(try reader.readSpan(.string))
    case .number:
      output.tag(.number)
      try number()
    case .binary:
      output.tag(.binary)
      _ = try binary()
    case .boolTrue, .boolFalse: output.tag(try reader.readBool() ? .boolTrue : .boolFalse)
    case .null:
      if try !reader.readBool() { reject(ValueFault.falseNull) }
      output.tag(.null)
    case .stringSet: try stringSet()
    case .numberSet: try numberSet()
    case .binarySet: try binarySet()
    case .list, .map: try nested(type, levels: levels + 1)
    }
  }

  private mutating func nested(_ type: ValueTag, levels: Int) throws(ItemError) {
    type == .list ? try reader.beginList() : try reader.beginMap(of: Self.valueTypeName)
    output.tag(type)
    let length = output.reserveLength()
    if levels > ItemLimits.nestingLevelsMax {
      reject(ValueFault.nestedTooDeeply)
      if type == .list {
        while try reader.nextElement() { try reader.skipValue() }
      } else {
        while try reader.nextKeySpan() != nil { try reader.skipValue() }
      }
    } else if type == .list {
      while try reader.nextElement() { try value(levels: levels) }
    } else {
      try mapContents(levels: levels)
    }
    output.patch(length)
  }

  // MARK: Scalars

  /// Appends a string as a blob and returns where its bytes lie.
  @discardableResult mutating func append(_ span: JSONSpan) -> Range<Int> {
    reader.withText(span) { text in
      output.count(text.count)
      output.raw(UnsafeRawBufferPointer(text))
      return output.count - text.count..<output.count
    }
  }

  mutating func binary() throws(ItemError) -> Range<Int> {
    var data: [UInt8] = []
    try reader.appendBinary(to: &data)
    output.blob(data)
    return output.count - data.count..<output.count
  }

  mutating func number() throws(ItemError) {
    let span = try reader.readSpan(.string)
    do throws(NumberError) {
      let number = try reader.withText(span) { (text) throws(NumberError) in try Number(parsing: text) }
      number.append(orderedTo: &output.bytes)
    } catch {
      reject(error.message)
      Number.zero.append(orderedTo: &output.bytes)
    }
  }
}
