/// A request's JSON does not hold what the API expects; ``message`` is DynamoDB's text where it is known.
///
/// The message may quote the client's own input: it is for that client, never for a log.
public struct ItemError: Error, Equatable, Sendable {
  /// Which exception of the API the error becomes.
  public enum Kind: Hashable, Sendable {
    /// `SerializationException`: malformed JSON, or a JSON type that does not fit.
    case serialization
    /// `ValidationException`: well-formed, but not a value that an item may hold.
    case validation
  }

  public var kind: Kind
  public var message: String

  public init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = message
  }
}

/// What an item's values may be refused for. Texts as DynamoDB sends them (sic).
enum ValueFault {
  static let empty = "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
  static let severalTypes =
    "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"
  static let falseNull = invalid + "Null attribute value types must have the value of true"
  static let emptyStringSet = invalid + "An string set  may not be empty"
  static let emptyNumberSet = invalid + "An number set  may not be empty"
  static let emptyBinarySet = invalid + "Binary sets should not be empty"
  static let nullSetElement = invalid + "A set may not have a null member"
  static let duplicateNumbers = "Input collection contains duplicates"
  static let nestedTooDeeply =
    "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit"

  static func duplicates(strings: String) -> String { invalid + "Input collection \(strings) contains duplicates." }

  static func duplicates(binaries: String) -> String {
    invalid + "Input collection \(binaries)of type BS contains duplicates."
  }

  private static let invalid = "One or more parameter values were invalid: "
}
