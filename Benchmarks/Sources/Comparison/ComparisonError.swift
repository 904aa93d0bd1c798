internal import Glibc

/// Why a comparison could not be made, for people.
public struct ComparisonError: Error, CustomStringConvertible {
  public var description: String

  public init(_ description: String) { self.description = description }

  static func system(_ what: String, _ code: Int32) -> ComparisonError {
    ComparisonError("\(what): \(String(cString: strerror(code)))")
  }

  /// Somebody pressed Ctrl-C.
  public static let interrupted = ComparisonError("interrupted")
}
