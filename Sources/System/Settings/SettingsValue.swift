internal import Yams

/// A parsed YAML value with its line, independent of the parser.
indirect enum SettingsContent: Sendable {
  case scalar(String, quoted: Bool)
  case sequence([SettingsValue])
  case mapping([(key: String, line: Int, value: SettingsValue)])
}

struct SettingsValue: Sendable {
  static let depthMax = 32

  var line: Int
  var content: SettingsContent

  /// Nil for an empty document.
  static func parse(_ text: String, file: String) throws(SettingsError) -> SettingsValue? {
    let root: Node?
    do {
      root = try Yams.compose(yaml: text)
    } catch {
      throw refusal(error, file: file)
    }
    guard let root, !isEmpty(root) else { return nil }
    return try SettingsValue(root, file: file, depth: 0)
  }

  private static func isEmpty(_ node: Node) -> Bool {
    guard case .scalar(let scalar) = node else { return false }
    return scalar.string.isEmpty && scalar.style == .plain
  }

  private init(_ node: Node, file: String, depth: Int) throws(SettingsError) {
    line = node.mark?.line ?? 1
    guard depth < Self.depthMax else { throw SettingsError(file: file, line: line, "the file is nested too deeply") }
    switch node {
    case .scalar(let scalar):
      content = .scalar(scalar.string, quoted: scalar.style != .plain && scalar.style != .any)
    case .sequence(let sequence):
      var elements: [SettingsValue] = []
      for element in sequence { elements.append(try SettingsValue(element, file: file, depth: depth + 1)) }
      content = .sequence(elements)
    case .mapping(let mapping):
      content = .mapping(try Self.entries(mapping, file: file, depth: depth))
    case .alias:
      throw SettingsError(file: file, line: line, "aliases are not supported; write the value out")
    }
  }

  private static func entries(
    _ mapping: Node.Mapping, file: String, depth: Int
  ) throws(SettingsError) -> [(key: String, line: Int, value: SettingsValue)] {
    var entries: [(key: String, line: Int, value: SettingsValue)] = []
    for (key, value) in mapping {
      let line = key.mark?.line ?? 1
      guard case .scalar(let scalar) = key else { throw SettingsError(file: file, line: line, "a key must be text") }
      guard !entries.contains(where: { $0.key == scalar.string }) else {
        throw SettingsError(file: file, line: line, "'\(scalar.string)' is given twice")
      }
      entries.append((scalar.string, line, try SettingsValue(value, file: file, depth: depth + 1)))
    }
    return entries
  }

  /// What was found, for an error: short, and never a whole structure.
  var summary: String {
    switch content {
    case .scalar("", quoted: false): "empty"
    case .scalar(let text, quoted: true): "the text \"\(text.prefix(60))\""
    case .scalar(let text, quoted: false): "'\(text.prefix(60))'"
    case .sequence: "a list"
    case .mapping: "a group of keys"
    }
  }

  var json: String {
    switch content {
    case .scalar(let text, quoted: false) where ["true", "false", "null"].contains(text): text
    case .scalar("", quoted: false): "null"
    case .scalar(let text, quoted: false) where Int(text) != nil: "\(Int(text)!)"
    case .scalar(let text, _): Self.quoted(text)
    case .sequence(let elements): "[" + elements.map(\.json).joined(separator: ",") + "]"
    case .mapping(let entries):
      "{" + entries.map { Self.quoted($0.key) + ":" + $0.value.json }.joined(separator: ",") + "}"
    }
  }

  /// A JSON string; also a valid double-quoted YAML scalar.
  static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }

  private static func refusal(_ error: any Error, file: String) -> SettingsError {
    guard let error = error as? YamlError else { return SettingsError(file: file, "is no YAML: \(error)") }
    switch error {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      return SettingsError(file: file, line: mark.line, "is no YAML: \(problem)")
    case .duplicatedKeysInMapping(let duplicates, let context):
      let line = context.mark.line
      return SettingsError(
        file: file, line: line, "\(duplicates.map { "'\($0)'" }.joined(separator: ", ")) is given twice")
    default:
      return SettingsError(file: file, "is no YAML: \(String(describing: error).prefix { $0 != "\n" })")
    }
  }
}
