/// One key of a settings file: its name, what it accepts, its default, and what it does.
///
/// The same list checks a file and prints the documentation, so neither can miss a key.
public struct SettingKey: Sendable {
  public enum Kind: Sendable {
    case text(String)
    /// A whole number of `unit` within the range.
    case integer(unit: String, ClosedRange<Int>)
    /// A number with or without decimals within the range.
    case decimal(unit: String, ClosedRange<Double>)
    case flag
    case choice([String])
    case texts(String)
    case sections(String)
    /// Any value; its reader checks it.
    case any(String)
  }

  public var name: String
  public var kind: Kind
  /// As it is written in the file; nil for a key that must be there.
  public var defaultText: String?
  public var meaning: String

  public init(_ name: String, _ kind: Kind, default defaultText: String? = nil, _ meaning: String) {
    self.name = name
    self.kind = kind
    self.defaultText = defaultText
    self.meaning = meaning
  }

  /// What a value of this key looks like, for errors and for the printed documentation.
  public var expectation: String {
    switch kind {
    case .text(let form): form
    case .integer(let unit, let range):
      "a whole number\(unit.isEmpty ? "" : " of \(unit)") from \(range.lowerBound) to \(range.upperBound)"
    case .decimal(let unit, let range):
      "a number\(unit.isEmpty ? "" : " of \(unit)") from \(range.lowerBound) to \(range.upperBound)"
    case .flag: "true or false"
    case .choice(let names): "one of " + names.joined(separator: ", ")
    case .texts(let form): "a list of \(form)"
    case .sections(let form): "a list of \(form)"
    case .any(let form): form
    }
  }

  /// The keys as a commented YAML file.
  public static func documentation(_ keys: [SettingKey], title: String) -> String {
    var text = "# \(title)\n"
    for key in keys {
      text += "\n# \(key.meaning)\n# Takes \(key.expectation).\n"
      text += key.defaultText.map { "\(key.name): \($0)\n" } ?? "# \(key.name): (must be given)\n"
    }
    return text
  }
}
