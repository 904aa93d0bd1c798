import Bytes

/// ```
/// rules (array): region (string) | otherwise (u8) | attributes (array): name (blob), treatment (u8)
/// ```
extension Residency {
  func encode(into writer: inout ByteWriter) {
    writer.array(rules) { writer, rule in
      writer.string(rule.region)
      writer.u8(rule.otherwise.rawValue)
      writer.array(rule.attributes) {
        $0.blob($1.name)
        $0.u8($1.treatment.rawValue)
      }
    }
  }

  init(from reader: inout ByteReader) throws(MalformedBytes) {
    rules = try reader.array { (input) throws(MalformedBytes) in
      let region = try input.string()
      let otherwise: Treatment = try input.stored("an unknown treatment of attributes")
      let attributes = try input.array { (input) throws(MalformedBytes) in
        let name = try input.blob()
        return Attribute(
          name: name, treatment: try input.stored("an unknown treatment of an attribute"))
      }
      return Rule(region: region, otherwise: otherwise, attributes: attributes)
    }
    guard !rules.isEmpty else { throw MalformedBytes("a table's residency has no rule") }
  }
}

extension TableResidency {
  func encode(into writer: inout ByteWriter) {
    writer.string(table)
    residency.encode(into: &writer)
  }

  init(from reader: inout ByteReader) throws(MalformedBytes) {
    table = try reader.string()
    residency = try Residency(from: &reader)
  }
}
