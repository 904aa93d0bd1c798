internal import Items

/// Reads of structures and lists, member by member. A null member counts as absent, as in the service.
extension JSONReader {
  mutating func eachMember(
    _ read: (JSONName, inout JSONReader) throws(ItemError) -> Void
  ) throws(ItemError) {
    guard try peek() == .object else { throw ItemError(.serialization, "Unexpected field type") }
    try beginObject()
    try members(read)
  }

  /// For the elements of lists and maps, whose mismatches the service reports with the shape's name.
  mutating func eachMember(
    of shape: StaticString, _ read: (JSONName, inout JSONReader) throws(ItemError) -> Void
  ) throws(ItemError) {
    try beginElement(shape)
    try members(read)
  }

  /// Reads a body that is one structure, to its end.
  static func eachMember(
    of body: UnsafeBufferPointer<UInt8>, _ read: (JSONName, inout JSONReader) throws(ItemError) -> Void
  ) throws(APIError) {
    do throws(ItemError) {
      var reader = JSONReader(body)
      try reader.eachMember(read)
      try reader.finish()
    } catch {
      throw APIError(error)
    }
  }

  private mutating func members(
    _ read: (JSONName, inout JSONReader) throws(ItemError) -> Void
  ) throws(ItemError) {
    while let name = try nextKey() {
      if try skipNull() { continue }
      try read(name, &self)
    }
  }

  mutating func readList<Element>(
    _ read: (inout JSONReader) throws(ItemError) -> Element
  ) throws(ItemError) -> [Element] {
    var elements: [Element] = []
    try beginList()
    while try nextElement() { elements.append(try read(&self)) }
    return elements
  }

  mutating func readKeySchema() throws(ItemError) -> [TableRequest.Element] {
    try readList { (reader) throws(ItemError) in
      try TableRequest.Element(&reader, shape: "KeySchemaElement", typeMember: "KeyType")
    }
  }

  /// Whether an `SSESpecification` asks for anything beyond what every table has.
  mutating func readEncryption() throws(ItemError) -> Bool {
    var isEnabled = false
    try eachMember { (member, reader) throws(ItemError) in
      if member == "Enabled" { isEnabled = try reader.readBool() } else { try reader.skipValue() }
    }
    return isEnabled
  }
}
