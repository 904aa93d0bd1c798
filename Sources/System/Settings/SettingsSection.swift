/// A YAML mapping whose keys are all known: an unknown, repeated or missing one is refused with file and line.
public struct SettingsSection: Sendable {
  public let file: String
  /// Where the mapping starts, counted from 1.
  public let line: Int
  private let keys: [String: SettingKey]
  private var values: [String: SettingsValue]
  /// What the texts are called that keys were set from later.
  private var laterFiles: [String: String] = [:]

  /// Reads a file whose top level is one mapping of `keys`.
  public static func load(path: String, keys: [SettingKey]) throws(SettingsError) -> SettingsSection {
    try parse(try TextFile.read(path), file: path, keys: keys)
  }

  /// - Parameter file: what errors call the text.
  public static func parse(_ text: String, file: String, keys: [SettingKey]) throws(SettingsError) -> SettingsSection {
    guard let root = try SettingsValue.parse(text, file: file) else {
      throw SettingsError(file: file, "the file is empty; it must give \(names(keys.filter { $0.defaultText == nil }))")
    }
    return try SettingsSection(root, file: file, keys: keys)
  }

  init(_ value: SettingsValue, file: String, keys: [SettingKey]) throws(SettingsError) {
    guard case .mapping(let entries) = value.content else {
      throw SettingsError(file: file, line: value.line, "expected keys with values (\(Self.names(keys)))")
    }
    self.file = file
    line = value.line
    self.keys = Dictionary(keys.map { ($0.name, $0) }) { first, _ in first }
    var known: [String: SettingsValue] = [:]
    for entry in entries {
      guard self.keys[entry.key] != nil else {
        throw Self.unknown(entry.key, line: entry.line, file: file, keys: keys)
      }
      known[entry.key] = entry.value
    }
    for key in keys where key.defaultText == nil && known[key.name] == nil {
      throw SettingsError(file: file, line: line, "'\(key.name)' is missing: it takes \(key.expectation)")
    }
    values = known
  }

  /// The section with the keys that `later` gives in place of its own; errors about them name the text of `later`.
  ///
  /// - Parameter later: of the same keys.
  public func replaced(by later: SettingsSection) -> SettingsSection {
    var result = self
    for (name, value) in later.values {
      result.values[name] = value
      result.laterFiles[name] = later.file(of: name)
    }
    return result
  }

  public func has(_ name: String) -> Bool { values[name] != nil }

  /// The line of a key's value, or of the section where the key is not given.
  public func line(of name: String) -> Int { values[name]?.line ?? line }

  private func file(of name: String) -> String { laterFiles[name] ?? file }

  /// An error about a key's value.
  public func refusal(of name: String, _ message: String) -> SettingsError {
    SettingsError(file: file(of: name), line: line(of: name), "'\(name)' \(message)")
  }

  public func text(_ name: String) throws(SettingsError) -> String {
    guard let value = values[name] else { return defaultText(name) }
    guard case .scalar(let text, _) = value.content, !text.isEmpty else { throw wrongType(name, value) }
    return text
  }

  public func integer(_ name: String) throws(SettingsError) -> Int {
    guard case .integer(_, let range) = key(name).kind else { fatalError("The setting '\(name)' is no integer.") }
    guard let value = values[name] else { return Int(defaultText(name))! }
    guard case .scalar(let text, quoted: false) = value.content, let number = Int(text), range.contains(number) else {
      throw wrongType(name, value)
    }
    return number
  }

  public func decimal(_ name: String) throws(SettingsError) -> Double {
    guard case .decimal(_, let range) = key(name).kind else { fatalError("The setting '\(name)' is no number.") }
    guard let value = values[name] else { return Double(defaultText(name))! }
    guard case .scalar(let text, quoted: false) = value.content, let number = Double(text), range.contains(number)
    else { throw wrongType(name, value) }
    return number
  }

  public func flag(_ name: String) throws(SettingsError) -> Bool {
    guard let value = values[name] else { return defaultText(name) == "true" }
    switch value.content {
    case .scalar("true", quoted: false): return true
    case .scalar("false", quoted: false): return false
    default: throw wrongType(name, value)
    }
  }

  public func choice<Choice: RawRepresentable<String>>(
    _ name: String, as type: Choice.Type
  ) throws(SettingsError) -> Choice {
    if let choice = Choice(rawValue: try text(name)) { return choice }
    throw wrongType(name, values[name]!)
  }

  /// A list of texts; empty where the key is not given.
  public func texts(_ name: String) throws(SettingsError) -> [String] {
    guard let value = values[name] else { return [] }
    guard case .sequence(let elements) = value.content else { throw wrongType(name, value) }
    var texts: [String] = []
    for element in elements {
      guard case .scalar(let text, _) = element.content else { throw wrongType(name, element) }
      texts.append(text)
    }
    return texts
  }

  /// A list of mappings; empty where the key is not given.
  public func sections(_ name: String, keys: [SettingKey]) throws(SettingsError) -> [SettingsSection] {
    guard let value = values[name] else { return [] }
    guard case .sequence(let elements) = value.content else { throw wrongType(name, value) }
    var sections: [SettingsSection] = []
    for element in elements { sections.append(try SettingsSection(element, file: file(of: name), keys: keys)) }
    return sections
  }

  /// A nested mapping; nil where the key is not given.
  public func section(_ name: String, keys: [SettingKey]) throws(SettingsError) -> SettingsSection? {
    guard let value = values[name] else { return nil }
    return try SettingsSection(value, file: file(of: name), keys: keys)
  }

  /// The whole section as one line of JSON, keys in the file's order of names: plain numbers, `true`, `false` and
  /// `null` keep their type.
  public func json() -> String {
    let members = values.sorted { $0.key < $1.key }.map { SettingsValue.quoted($0.key) + ":" + $0.value.json }
    return "{" + members.joined(separator: ",") + "}"
  }

  private func key(_ name: String) -> SettingKey {
    guard let key = keys[name] else { fatalError("A reader asked for the undeclared setting '\(name)'.") }
    return key
  }

  private func defaultText(_ name: String) -> String {
    guard let text = key(name).defaultText else { fatalError("The required setting '\(name)' was not checked.") }
    return text
  }

  private func wrongType(_ name: String, _ value: SettingsValue) -> SettingsError {
    SettingsError(
      file: file(of: name), line: value.line, "'\(name)' takes \(key(name).expectation), but is \(value.summary)")
  }

  private static func unknown(_ name: String, line: Int, file: String, keys: [SettingKey]) -> SettingsError {
    let allNames = keys.map(\.name)
    guard let nearest = NearestName.of(name, among: allNames) else {
      return SettingsError(file: file, line: line, "unknown key '\(name)'; known are \(names(keys))")
    }
    return SettingsError(file: file, line: line, "unknown key '\(name)'; did you mean '\(nearest)'?")
  }

  private static func names(_ keys: [SettingKey]) -> String { keys.map(\.name).joined(separator: ", ") }
}
