public import Bytes

/// The canonical binary form of values: equal values have equal bytes.
///
/// | type | bytes |
/// | --- | --- |
/// | string, binary | tag, varint length, bytes |
/// | number | tag, ordered encoding |
/// | false, true, null | tag |
/// | set | tag, u32 length of what follows, elements ascending, each as above without its tag |
/// | list | tag, u32 length of what follows, values |
/// | map | tag, u32 length of what follows, (varint length, name, value) ascending by name |
///
/// An item is the contents of a map without tag and length.
extension AttributeValue {
  public func encode(into writer: inout ByteWriter) {
    switch self {
    case .string(let bytes):
      writer.tag(.string)
      writer.blob(bytes)
    case .number(let number):
      writer.tag(.number)
      number.append(orderedTo: &writer.bytes)
    case .binary(let bytes):
      writer.tag(.binary)
      writer.blob(bytes)
    case .bool(let value): writer.tag(value ? .boolTrue : .boolFalse)
    case .null: writer.tag(.null)
    case .stringSet(let values): writer.container(.stringSet) { for value in values { $0.blob(value) } }
    case .numberSet(let values):
      writer.container(.numberSet) { for value in values { value.append(orderedTo: &$0.bytes) } }
    case .binarySet(let values): writer.container(.binarySet) { for value in values { $0.blob(value) } }
    case .list(let values): writer.container(.list) { for value in values { value.encode(into: &$0) } }
    case .map(let map): writer.container(.map) { map.encodeContents(into: &$0) }
    }
  }

  /// Reads one value and leaves the reader behind it. What is not in canonical form is malformed.
  public init(from reader: inout ByteReader) throws(MalformedBytes) {
    let (start, end) = (reader.position, reader.end)
    let (value, stop) = try reader.bytes.withUnsafeBufferPointer {
      (input) throws(MalformedBytes) -> (AttributeValue, Int) in
      var cursor = EncodedCursor(input, from: start, to: end)
      let value = try cursor.value(levels: 0)
      return (value, cursor.position)
    }
    _ = try reader.skip(stop - start)
    self = value
  }
}

extension AttributeMap {
  func encodeContents(into writer: inout ByteWriter) {
    for element in elements {
      writer.blob(element.name)
      element.value.encode(into: &writer)
    }
  }
}

extension ByteWriter {
  @inline(__always) mutating func tag(_ tag: ValueTag) { u8(tag.rawValue) }

  @inline(__always) mutating func container(_ tag: ValueTag, _ contents: (inout ByteWriter) -> Void) {
    self.tag(tag)
    let length = reserveLength()
    contents(&self)
    patch(length)
  }
}

extension EncodedCursor {
  /// Decodes one value; `levels` counts the lists and maps around it.
  mutating func value(levels: Int) throws(MalformedBytes) -> AttributeValue {
    guard levels <= ItemLimits.decodeLevelsMax else { throw MalformedBytes("a value is nested too deeply") }
    switch try tag() {
    case .string: return .string(Array(try blob()))
    case .number: return .number(try number())
    case .binary: return .binary(Array(try blob()))
    case .boolFalse: return .bool(false)
    case .boolTrue: return .bool(true)
    case .null: return .null
    case .stringSet: return .stringSet(try byteSet())
    case .numberSet: return .numberSet(try numberSet())
    case .binarySet: return .binarySet(try byteSet())
    case .list:
      var inner = try container()
      var values: [AttributeValue] = []
      while !inner.isAtEnd { values.append(try inner.value(levels: levels + 1)) }
      return .list(values)
    case .map:
      var inner = try container()
      return .map(try inner.mapContents(levels: levels + 1))
    }
  }

  /// Decodes attributes up to the cursor's end.
  mutating func mapContents(levels: Int) throws(MalformedBytes) -> AttributeMap {
    var elements: [AttributeMap.Element] = []
    while !isAtEnd {
      let name = Array(try blob())
      if let last = elements.last, !ByteOrder.precedes(last.name, name) {
        throw MalformedBytes("attributes are not in order")
      }
      elements.append(AttributeMap.Element(name: name, value: try value(levels: levels)))
    }
    return AttributeMap(ascending: elements)
  }

  private mutating func byteSet() throws(MalformedBytes) -> [[UInt8]] {
    var inner = try container()
    var values: [[UInt8]] = []
    repeat {
      let value = Array(try inner.blob())
      if let last = values.last, !ByteOrder.precedes(last, value) { throw MalformedBytes("a set is not in order") }
      values.append(value)
    } while !inner.isAtEnd
    return values
  }

  private mutating func numberSet() throws(MalformedBytes) -> [Number] {
    var inner = try container()
    var values: [Number] = []
    repeat {
      let value = try inner.number()
      if let last = values.last, last >= value { throw MalformedBytes("a set is not in order") }
      values.append(value)
    } while !inner.isAtEnd
    return values
  }
}
