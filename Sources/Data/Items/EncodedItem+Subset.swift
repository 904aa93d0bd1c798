public import Bytes

extension EncodedItem {
  /// The item with these top-level attributes alone, as far as it has them; nothing is decoded. `names` ascending, each
  /// once.
  public func subset(_ names: [[UInt8]]) throws(MalformedBytes) -> EncodedItem {
    var kept: [UInt8] = []
    try bytes.withUnsafeBufferPointer { (input) throws(MalformedBytes) in
      var cursor = EncodedCursor(input)
      var next = 0
      while !cursor.isAtEnd, next < names.count {
        let start = cursor.position
        let name = try cursor.blob()
        try cursor.skipValue()
        var order = Self.order(name, names[next])
        while order > 0 {
          next += 1
          guard next < names.count else { return }
          order = Self.order(name, names[next])
        }
        if order == 0 { kept.append(contentsOf: input[start..<cursor.position]) }
      }
    }
    return EncodedItem(trusted: kept)
  }

  private static func order(_ one: UnsafeBufferPointer<UInt8>, _ other: [UInt8]) -> Int {
    other.withUnsafeBufferPointer { ByteOrder.compare(one, $0) }
  }
}
