internal import Bytes

extension AttributeJSONParser {
  mutating func stringSet() throws(ItemError) {
    try set(.stringSet, kind: .blob, ifEmpty: ValueFault.emptyStringSet) { (parser) throws(ItemError) in
      parser.append(try parser.reader.readSpan(.string))
    } duplicates: { parser, start in
      ValueFault.duplicates(strings: parser.listing(from: start) { String(decoding: $0, as: UTF8.self) })
    }
  }

  mutating func numberSet() throws(ItemError) {
    try set(.numberSet, kind: .number, ifEmpty: ValueFault.emptyNumberSet) { (parser) throws(ItemError) in
      let start = parser.output.count
      try parser.number()
      return start..<parser.output.count
    } duplicates: { _, _ in
      ValueFault.duplicateNumbers
    }
  }

  mutating func binarySet() throws(ItemError) {
    try set(.binarySet, kind: .blob, ifEmpty: ValueFault.emptyBinarySet) { (parser) throws(ItemError) in
      try parser.binary()
    } duplicates: { parser, start in
      ValueFault.duplicates(
        binaries: parser.listing(from: start) { String(decoding: Base64.encode(Array($0)), as: UTF8.self) })
    }
  }

  /// `element` appends one element and returns where its key lies.
  @inline(__always) private mutating func set(
    _ tag: ValueTag, kind: RecordKind, ifEmpty emptyFault: String,
    element: (inout AttributeJSONParser) throws(ItemError) -> Range<Int>,
    duplicates: (AttributeJSONParser, Int) -> String
  ) throws(ItemError) {
    output.tag(tag)
    try reader.beginList()
    let length = output.reserveLength()
    var records = RecordTrack(start: output.count)
    while try reader.nextElement() {
      if try reader.skipNull() {
        reject(ValueFault.nullSetElement)
      } else {
        records.note(try element(&self), in: output)
      }
    }
    if records.count == 0 { reject(emptyFault) }
    if !records.isAscending, fault == nil,
      !RecordOrder.sort(&output, from: records.start, count: records.count, kind: kind)
    {
      reject(duplicates(self, records.start))
    }
    output.patch(length)
  }

  /// The blobs that fill the output from `start` on, as Java prints a list.
  private func listing(from start: Int, _ text: (UnsafeBufferPointer<UInt8>) -> String) -> String {
    output.bytes.withUnsafeBufferPointer { bytes in
      var cursor = EncodedCursor(bytes, from: start, to: bytes.count)
      var texts: [String] = []
      while let blob = try? cursor.blob() { texts.append(text(blob)) }
      return "[" + texts.joined(separator: ", ") + "]"
    }
  }
}
