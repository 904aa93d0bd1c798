public import Bytes

/// An item in the canonical binary form in which it lives and travels: equal items have equal bytes.
///
/// The bytes are (varint length, name, value) for each attribute, ascending by name; the value's form is that of
/// ``AttributeValue/encode(into:)``. An item without attributes has no bytes.
public struct EncodedItem: Hashable, Sendable {
  public let bytes: [UInt8]

  /// Takes bytes that this module wrote (from the log, the store or a checked message). Damage in them throws where
  /// they are read and never traps.
  @inlinable public init(trusted bytes: [UInt8]) { self.bytes = bytes }

  /// Takes bytes of unknown origin; throws unless they are canonical.
  public init(validating bytes: [UInt8]) throws(MalformedBytes) {
    self.bytes = bytes
    _ = try decode()
  }

  public init(_ map: AttributeMap) {
    var writer = ByteWriter(capacity: 64 * map.count)
    map.encodeContents(into: &writer)
    bytes = writer.bytes
  }

  public var isEmpty: Bool { bytes.isEmpty }

  public func decode() throws(MalformedBytes) -> AttributeMap {
    try bytes.withUnsafeBufferPointer { (input) throws(MalformedBytes) -> AttributeMap in
      var cursor = EncodedCursor(input)
      return try cursor.mapContents(levels: 0)
    }
  }

  /// The top-level attribute `name`; the others are skipped, not decoded.
  public func value(named name: [UInt8]) throws(MalformedBytes) -> AttributeValue? {
    try withValue(named: name) { (cursor) throws(MalformedBytes) in try cursor.value(levels: 0) }
  }

  /// The canonical bytes of the top-level attribute `name`, tag included, without decoding anything.
  public func encodedValue(named name: [UInt8]) throws(MalformedBytes) -> ArraySlice<UInt8>? {
    let range = try withValue(named: name) { (cursor) throws(MalformedBytes) -> Range<Int> in
      let start = cursor.position
      try cursor.skipValue()
      return start..<cursor.position
    }
    return range.map { bytes[$0] }
  }

  /// How many top-level attributes the item has.
  public func attributeCount() throws(MalformedBytes) -> Int {
    try bytes.withUnsafeBufferPointer { (input) throws(MalformedBytes) -> Int in
      var cursor = EncodedCursor(input)
      var count = 0
      while !cursor.isAtEnd {
        _ = try cursor.blob()
        try cursor.skipValue()
        count += 1
      }
      return count
    }
  }

  /// Calls `body` with a cursor at the value of `name`; nil where the item has no such attribute.
  @inline(__always) private func withValue<Result>(
    named name: [UInt8], _ body: (inout EncodedCursor) throws(MalformedBytes) -> Result
  ) throws(MalformedBytes) -> Result? {
    try bytes.withUnsafeBufferPointer { (input) throws(MalformedBytes) -> Result? in
      try name.withUnsafeBufferPointer { (name) throws(MalformedBytes) -> Result? in
        var cursor = EncodedCursor(input)
        while !cursor.isAtEnd {
          let order = ByteOrder.compare(try cursor.blob(), name)
          if order == 0 { return try body(&cursor) }
          if order > 0 { return nil }
          try cursor.skipValue()
        }
        return nil
      }
    }
  }
}
