internal import Items

/// Short ways to make JSON for files and reports.
extension JSONValue {
  static func text(_ value: String) -> JSONValue { .string(Array(value.utf8)) }
  static func text(_ value: String?) -> JSONValue { value.map { .text($0) } ?? .null }
  static func integer(_ value: some BinaryInteger) -> JSONValue { .number(Array("\(value)".utf8)) }
  static func integer(_ value: (some BinaryInteger)?) -> JSONValue { value.map { .integer($0) } ?? .null }

  static func decimal(_ value: Double?) -> JSONValue { value.map { .number(Array("\($0)".utf8)) } ?? .null }

  /// Members stay in the order given.
  static func members(_ members: KeyValuePairs<String, JSONValue>) -> JSONValue {
    .object(members.map { Member(name: Array($0.key.utf8), value: $0.value) })
  }

  /// Any name, also one that is known only at run time.
  func member(_ name: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members.last { $0.name.elementsEqual(name.utf8) }?.value
  }

  /// For files and terminals: two spaces a level, a line break at the end.
  var indented: String { indented(level: 0) + "\n" }

  private func indented(level: Int) -> String {
    let inner = String(repeating: "  ", count: level + 1)
    let outer = String(repeating: "  ", count: level)
    switch self {
    case .object(let members) where !members.isEmpty:
      let lines = members.map { inner + JSONValue.string($0.name).compact + ": " + $0.value.indented(level: level + 1) }
      return "{\n" + lines.joined(separator: ",\n") + "\n\(outer)}"
    case .array(let elements) where !elements.isEmpty:
      let lines = elements.map { inner + $0.indented(level: level + 1) }
      return "[\n" + lines.joined(separator: ",\n") + "\n\(outer)]"
    default:
      return compact
    }
  }

  var compact: String {
    var writer = JSONWriter()
    writer.value(self)
    return String(decoding: writer.bytes, as: UTF8.self)
  }
}
