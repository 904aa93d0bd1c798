public import Bytes

extension JSONWriter {
  /// Writes an item as a map of attributes, straight from its bytes. Where they are malformed, nothing is written.
  public mutating func item(_ item: EncodedItem) throws(MalformedBytes) { try attributes(item.bytes) }

  public mutating func item(_ map: AttributeMap) {
    written { (writer) throws(MalformedBytes) in
      try writer.attributes(EncodedItem(map).bytes)
    }
  }

  /// Writes an attribute value (`{"S":"…"}`).
  public mutating func attributeValue(_ value: AttributeValue) {
    var encoded = ByteWriter(capacity: 64)
    value.encode(into: &encoded)
    written { (writer) throws(MalformedBytes) in try writer.attributeValue(encoded: encoded.bytes[...]) }
  }

  /// Writes an attribute value from the bytes of ``AttributeValue/encode(into:)``. Where they are malformed, nothing is
  /// written.
  public mutating func attributeValue(encoded bytes: ArraySlice<UInt8>) throws(MalformedBytes) {
    try undoing { (writer) throws(MalformedBytes) in
      try bytes.withUnsafeBufferPointer { (input) throws(MalformedBytes) in
        var cursor = EncodedCursor(input)
        try writer.value(at: &cursor, levels: 0)
        guard cursor.isAtEnd else { throw MalformedBytes("bytes follow a value") }
      }
    }
  }

  private mutating func written(_ write: (inout JSONWriter) throws(MalformedBytes) -> Void) {
    do throws(MalformedBytes) {
      try write(&self)
    } catch {
      fatalError("A value that was just encoded cannot be written: \(error.what).")
    }
  }

  private mutating func attributes(_ bytes: [UInt8]) throws(MalformedBytes) {
    try undoing { (writer) throws(MalformedBytes) in
      try bytes.withUnsafeBufferPointer { (input) throws(MalformedBytes) in
        var cursor = EncodedCursor(input)
        try writer.attributes(at: &cursor, levels: 0)
      }
    }
  }

  private mutating func attributes(at cursor: inout EncodedCursor, levels: Int) throws(MalformedBytes) {
    beginObject()
    while !cursor.isAtEnd {
      key(try cursor.blob())
      try value(at: &cursor, levels: levels)
    }
    endObject()
  }

  private mutating func value(at cursor: inout EncodedCursor, levels: Int) throws(MalformedBytes) {
    guard levels <= ItemLimits.decodeLevelsMax else { throw MalformedBytes("a value is nested too deeply") }
    beginObject()
    switch try cursor.tag() {
    case .string:
      key("S")
      string(try cursor.blob())
    case .number:
      key("N")
      number(try cursor.number())
    case .binary:
      key("B")
      binary(try cursor.blob())
    case .boolFalse:
      key("BOOL")
      bool(false)
    case .boolTrue:
      key("BOOL")
      bool(true)
    case .null:
      key("NULL")
      bool(true)
    case .stringSet:
      try elements("SS", of: &cursor) { (writer, inner) throws(MalformedBytes) in writer.string(try inner.blob()) }
    case .numberSet:
      try elements("NS", of: &cursor) { (writer, inner) throws(MalformedBytes) in writer.number(try inner.number()) }
    case .binarySet:
      try elements("BS", of: &cursor) { (writer, inner) throws(MalformedBytes) in writer.binary(try inner.blob()) }
    case .list:
      try elements("L", of: &cursor) { (writer, inner) throws(MalformedBytes) in
        try writer.value(at: &inner, levels: levels + 1)
      }
    case .map:
      key("M")
      var inner = try cursor.container()
      try attributes(at: &inner, levels: levels + 1)
    }
    endObject()
  }

  private mutating func elements(
    _ type: StaticString, of cursor: inout EncodedCursor,
    _ element: (inout JSONWriter, inout EncodedCursor) throws(MalformedBytes) -> Void
  ) throws(MalformedBytes) {
    key(type)
    var inner = try cursor.container()
    beginArray()
    while !inner.isAtEnd { try element(&self, &inner) }
    endArray()
  }

  private mutating func number(_ number: Number) {
    scalar { bytes in
      bytes.append(UInt8(ascii: "\""))
      number.append(to: &bytes)
      bytes.append(UInt8(ascii: "\""))
    }
  }

  private mutating func binary(_ data: UnsafeBufferPointer<UInt8>) {
    scalar { bytes in
      bytes.append(UInt8(ascii: "\""))
      Base64.append(data, to: &bytes)
      bytes.append(UInt8(ascii: "\""))
    }
  }
}
