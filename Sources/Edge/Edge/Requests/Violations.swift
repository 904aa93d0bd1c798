internal import Bytes
internal import Expressions
internal import Items

/// Breaches of the service model's constraints (required members, lengths, ranges, enumerations), which DynamoDB
/// reports together before it looks at anything else.
struct Violations {
  private(set) var messages: [String] = []

  /// - Parameters:
  ///   - value: as the service prints it: text, a number, or nil for an absent member.
  ///   - path: the member in lower camel case, for example `keySchema.1.member.keyType`.
  mutating func add(_ value: String?, at path: String, _ constraint: String) {
    let shown = value.map { "'\($0)'" } ?? "null"
    messages.append("Value \(shown) at '\(path)' failed to satisfy constraint: Member must \(constraint)")
  }

  /// Of a map whose values are lists.
  mutating func addMap(_ value: String, at path: String, valueLengths: ClosedRange<Int>) {
    messages.append(
      "Value '\(value)' at '\(path)' failed to satisfy constraint: Map value must satisfy constraint: [Member must have "
        + "length less than or equal to \(valueLengths.upperBound), Member must have length greater than or equal to "
        + "\(valueLengths.lowerBound)]")
  }

  mutating func require(_ isPresent: Bool, at path: String) {
    if !isPresent { add(nil, at: path, "not be null") }
  }

  mutating func check(_ value: String?, at path: String, isOneOf values: [String]) {
    guard let value, !values.contains(value) else { return }
    add(value, at: path, "satisfy enum value set: [\(values.joined(separator: ", "))]")
  }

  mutating func check(_ value: Int?, at path: String, min: Int, max: Int? = nil) {
    guard let value else { return }
    if value < min { add("\(value)", at: path, "have value greater than or equal to \(min)") }
    if let max, value > max { add("\(value)", at: path, "have value less than or equal to \(max)") }
  }

  /// Lengths are UTF-16 units in the service; names that get this far are ASCII or are refused for another reason.
  mutating func checkLength(_ value: String?, at path: String, min: Int, max: Int) {
    guard let value else { return }
    let length = value.utf16.count
    if length < min { add(value, at: path, "have length greater than or equal to \(min)") }
    if length > max { add(value, at: path, "have length less than or equal to \(max)") }
  }

  mutating func checkCount(_ count: Int?, shown: String, at path: String, min: Int, max: Int? = nil) {
    guard let count else { return }
    if count < min { add(shown, at: path, "have length greater than or equal to \(min)") }
    if let max, count > max { add(shown, at: path, "have length less than or equal to \(max)") }
  }

  mutating func checkName(_ value: String?, at path: String) {
    guard let value else { return }
    if value.isEmpty || !value.utf8.allSatisfy(Self.isNameByte) {
      add(value, at: path, "satisfy regular expression pattern: [a-zA-Z0-9_.-]+")
    }
    checkLength(value, at: path, min: 3, max: 255)
  }

  static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F, 0x2E, 0x2D: true
    default: false
    }
  }

  /// The service reports no more of them.
  private static let shownMax = 10

  func throwIfAny() throws(APIError) {
    guard !messages.isEmpty else { return }
    let shown = messages.prefix(Self.shownMax)
    let errors = shown.count == 1 ? "1 validation error" : "\(shown.count) validation errors"
    throw .validation("\(errors) detected: \(shown.joined(separator: "; "))")
  }
}

/// The enumerations of the service model, in the order in which the service prints them.
enum ModelEnums {
  static let returnConsumedCapacity = ["INDEXES", "TOTAL", "NONE"]
  static let returnItemCollectionMetrics = ["SIZE", "NONE"]
  static let returnValues = ["ALL_NEW", "UPDATED_OLD", "ALL_OLD", "NONE", "UPDATED_NEW"]
  static let returnValuesOnConditionCheckFailure = ["ALL_OLD", "NONE"]
  static let select = ["SPECIFIC_ATTRIBUTES", "COUNT", "ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES"]
  static let comparisonOperator = LegacyOperator.allCases.map(\.rawValue)
  static let attributeAction = AttributeUpdate.Action.allCases.map(\.rawValue)
  static let conditionalOperator = ["OR", "AND"]
  static let keyType = ["HASH", "RANGE"]
  static let attributeType = ["B", "N", "S"]
  static let projectionType = ["ALL", "INCLUDE", "KEYS_ONLY"]
  static let billingMode = ["PROVISIONED", "PAY_PER_REQUEST"]
  static let streamViewType = ["NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES", "KEYS_ONLY"]
  static let tableClass = ["STANDARD", "STANDARD_INFREQUENT_ACCESS"]
}

extension EncodedItem {
  /// As the service prints attributes in a breach: names, and in place of each value the mark of an object.
  var shown: String {
    guard let map = try? decode() else { return "{}" }
    let attributes = map.elements.map { element in
      let mark = String(CRC32C.checksum(element.name), radix: 16)
      return "\(String(decoding: element.name, as: UTF8.self))=com.amazonaws.dynamodb.v20120810.AttributeValue@\(mark)"
    }
    return "{\(attributes.joined(separator: ", "))}"
  }
}
