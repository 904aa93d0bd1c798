/// Why a settings or topology file was refused: one line that says where, what, and what is expected.
public struct SettingsError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The path as the user gave it, or the name of a built-in file.
  public var file: String
  /// Counted from 1; nil where the fault belongs to no line (a missing key, an unreadable file).
  public var line: Int?
  public var message: String

  public init(file: String, line: Int? = nil, _ message: String) {
    self.file = file
    self.line = line
    self.message = message
  }

  public var description: String {
    guard let line else { return "\(file): \(message)" }
    return "\(file):\(line): \(message)"
  }
}
