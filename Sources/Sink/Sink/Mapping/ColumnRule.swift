internal import Items

/// A change of a text on its way into a column. The raw value is what a mapping file says.
enum Transform: String, CaseIterable, Sendable {
  case trim, upper, lower, digits

  func apply(_ text: String) -> String {
    switch self {
    case .trim:
      let kept = text.drop { $0.isWhitespace }
      return String(kept.reversed().drop { $0.isWhitespace }.reversed())
    case .upper: return text.uppercased()
    case .lower: return text.lowercased()
    case .digits: return String(text.unicodeScalars.filter { ("0"..."9").contains($0) }.map(Character.init))
    }
  }
}

/// How one column is filled.
struct ColumnRule: Sendable {
  enum Source: Equatable, Sendable {
    /// A top-level attribute.
    case attribute([UInt8])
    /// A named part of the partition or sort key; the index counts through both patterns.
    case part(String, index: Int)

    var summary: String {
      switch self {
      case .attribute(let name): "attribute '\(String(decoding: name, as: UTF8.self))'"
      case .part(let name, _): "key part {\(name)}"
      }
    }
  }

  var name: String
  var source: Source
  var type: ColumnType
  /// In PostgreSQL's form.
  var defaultValue: [UInt8]?
  var transforms: [Transform]
  /// In the mapping file.
  var line: Int

  /// The column's value for an item; nil is NULL, or the column's own default where it has one.
  func value(_ item: AttributeMap, parts: [[UInt8]]) throws(MappingFault) -> [UInt8]? {
    guard var value = sourceValue(item, parts) else { return defaultValue }
    if !transforms.isEmpty, case .string(let text) = value {
      let changed = transforms.reduce(String(decoding: text, as: UTF8.self)) { $1.apply($0) }
      value = .text(changed)
    }
    do throws(MappingFault) {
      return try type.column(value) ?? defaultValue
    } catch {
      throw MappingFault("\(source.summary) for column \(name) \(error.reason)")
    }
  }

  private func sourceValue(_ item: AttributeMap, _ parts: [[UInt8]]) -> AttributeValue? {
    switch source {
    case .attribute(let name): item[name]
    case .part(_, let index): .string(parts[index])
    }
  }
}
