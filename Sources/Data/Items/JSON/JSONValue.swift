/// A JSON text as a tree, for the few places that read answers of unknown shape.
public indirect enum JSONValue: Hashable, Sendable {
  public struct Member: Hashable, Sendable {
    public var name: [UInt8]
    public var value: JSONValue

    public init(name: [UInt8], value: JSONValue) {
      self.name = name
      self.value = value
    }
  }

  /// In the order of the text; a name may occur twice.
  case object([Member])
  case array([JSONValue])
  case string([UInt8])
  /// The number's text.
  case number([UInt8])
  case bool(Bool)
  case null

  /// Parses a whole text.
  public init(parsing bytes: [UInt8]) throws(ItemError) {
    self = try JSONReader.read(bytes) { (reader) throws(ItemError) in try reader.readValue() }
  }

  /// The last member named `name`; nil where there is none or this is no object.
  public subscript(name: StaticString) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    let expected = UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
    return members.last { $0.name.elementsEqual(expected) }?.value
  }

  public subscript(index: Int) -> JSONValue? {
    guard case .array(let elements) = self, elements.indices.contains(index) else { return nil }
    return elements[index]
  }

  public var text: String? {
    guard case .string(let bytes) = self else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }

  public var integer: Int? {
    guard case .number(let bytes) = self else { return nil }
    return Int(String(decoding: bytes, as: UTF8.self))
  }

  public var double: Double? {
    guard case .number(let bytes) = self else { return nil }
    return Double(String(decoding: bytes, as: UTF8.self))
  }

  public var bool: Bool? {
    guard case .bool(let value) = self else { return nil }
    return value
  }

  public var elements: [JSONValue]? {
    guard case .array(let elements) = self else { return nil }
    return elements
  }
}

extension JSONReader {
  /// Reads a value of any type as a tree.
  public mutating func readValue() throws(ItemError) -> JSONValue {
    switch try peek() {
    case .string: return .string(try readString())
    case .number: return .number(try readNumber())
    case .bool: return .bool(try readBool())
    case .null:
      try readNull()
      return .null
    case .array:
      var elements: [JSONValue] = []
      try beginArray()
      while try nextElement() { elements.append(try readValue()) }
      return .array(elements)
    case .object:
      var members: [JSONValue.Member] = []
      try beginObject()
      while let name = try nextKey() {
        members.append(JSONValue.Member(name: name.bytes, value: try readValue()))
      }
      return .object(members)
    }
  }
}
