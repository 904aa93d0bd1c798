import Items

/// An order of a radiology department: ten attributes of several types, 512 bytes as DynamoDB counts them.
enum SampleItem {
  static let sizeBytes = 512

  static let map: AttributeMap = {
    var map = AttributeMap()
    map[name("PK")] = .text("PATIENT#0000004711")
    map[name("SK")] = .text("ORDER#2026-01-15T09:30:00Z#000042")
    map[name("status")] = .text("SCHEDULED")
    map[name("modality")] = .text("CT")
    map[name("priority")] = .number(Number(2))
    map[name("attempts")] = .number(Number(17))
    map[name("isPortable")] = .bool(false)
    map[name("tags")] = AttributeValue.makeStringSet([name("contrast"), name("inpatient")])
    map[name("procedure")] = .map(
      AttributeMap([
        .init(name: name("code"), value: .text("74177")),
        .init(name: name("description"), value: .text("CT of the abdomen and pelvis with contrast")),
      ]))
    map[name("note")] = .text("")
    let rest = sizeBytes - EncodedItem(map).sizeBytes
    map[name("note")] = .string([UInt8](repeating: UInt8(ascii: "n"), count: rest))
    return map
  }()

  static let encoded = EncodedItem(map)

  static let json: [UInt8] = must {
    var writer = JSONWriter()
    try writer.item(encoded)
    return writer.bytes
  }

  static func name(_ text: String) -> [UInt8] { Array(text.utf8) }
}
