internal import Expressions
internal import Items

/// The parameters of the older form, which the API keeps beside expressions. A class, so that a request without them
/// carries one word.
final class LegacyParameters {
  var expected: LegacyConditions?
  /// `QueryFilter` or `ScanFilter`
  var filter: LegacyConditions?
  var keyConditions: LegacyConditions?
  var updates: AttributeUpdates?
  var conditionalOperator: String?

  var isAny: Bool { conditionalOperator == "OR" }

  func read(_ member: RequestMembers, _ reader: inout JSONReader) throws(ItemError) {
    switch member {
    case .expected: expected = try LegacyConditions(expected: &reader)
    case .queryFilter: filter = try LegacyConditions(&reader, "QueryFilter")
    case .scanFilter: filter = try LegacyConditions(&reader, "ScanFilter")
    case .keyConditions: keyConditions = try LegacyConditions(&reader, "KeyConditions")
    case .attributeUpdates: updates = try AttributeUpdates(&reader)
    case .conditionalOperator: conditionalOperator = try reader.readText()
    default: fatalError("A parameter of the older form has a name but no place.")
    }
  }
}

/// A breach of the service model within a map of the older form.
struct LegacyBreach {
  /// Nil where the member is missing.
  var value: String?
  var path: String
  var allowed: [String]

  func add(to violations: inout Violations) {
    violations.require(value != nil, at: path)
    violations.check(value, at: path, isOneOf: allowed)
  }
}

/// `Expected`, or a filter, or `KeyConditions`: at most one condition an attribute, in the order of the request.
struct LegacyConditions {
  private(set) var conditions: [LegacyCondition] = []
  private(set) var breaches: [LegacyBreach] = []
  /// The first argument that is well-formed JSON but no value.
  private(set) var fault: APIError?
  let parameterName: String
  private let isExpected: Bool

  init(_ reader: inout JSONReader, _ parameterName: String) throws(ItemError) {
    self.parameterName = parameterName
    isExpected = false
    try read(&reader, of: "com.amazonaws.dynamodb.v20120810.Condition", shape: "Condition")
  }

  init(expected reader: inout JSONReader) throws(ItemError) {
    parameterName = "Expected"
    isExpected = true
    try read(
      &reader, of: "com.amazonaws.dynamodb.v20120810.ExpectedAttributeValue", shape: "ExpectedAttributeValue")
  }

  /// As messages about the model write it.
  private var path: String { parameterName.prefix(1).lowercased() + parameterName.dropFirst() }

  private mutating func read(
    _ reader: inout JSONReader, of type: StaticString, shape: StaticString
  ) throws(ItemError) {
    var entries = NamedEntries<LegacyCondition>()
    try reader.beginMap(of: type)
    while let name = try reader.nextKey() {
      var condition = LegacyCondition(name: name.bytes)
      try read(&condition, &reader, shape)
      entries.set(condition, for: condition.name)
    }
    conditions = entries.values
  }

  private mutating func read(
    _ condition: inout LegacyCondition, _ reader: inout JSONReader, _ shape: StaticString
  ) throws(ItemError) {
    var comparison: String?
    try reader.beginElement(shape)
    while let member = try reader.nextKey() {
      if try reader.skipNull() { continue }
      switch member {
      case "ComparisonOperator": comparison = try reader.readText()
      case "AttributeValueList": condition.values = try reader.readValues(keeping: &fault)
      case "Value" where isExpected: condition.value = try reader.readMemberValue(keeping: &fault)
      case "Exists" where isExpected: condition.exists = try reader.readBool()
      default: try reader.skipValue()
      }
    }
    condition.comparison = comparison.flatMap { LegacyOperator(rawValue: $0) }
    guard condition.comparison == nil, comparison != nil || !isExpected else { return }
    let name = String(decoding: condition.name, as: UTF8.self)
    breaches.append(
      LegacyBreach(
        value: comparison, path: "\(path).\(name).member.comparisonOperator", allowed: ModelEnums.comparisonOperator))
  }

  func addBreaches(to violations: inout Violations) {
    for breach in breaches { breach.add(to: &violations) }
  }

  /// The attributes' names and the arguments' values, before what they say.
  func checkValues() throws(APIError) {
    for condition in conditions { try ItemChecks.checkName(condition.name) }
    if let fault { throw fault }
  }
}

/// `AttributeUpdates`: at most one an attribute, in the order of the request.
struct AttributeUpdates {
  private(set) var updates: [AttributeUpdate] = []
  private(set) var breaches: [LegacyBreach] = []
  private(set) var fault: APIError?

  init(_ reader: inout JSONReader) throws(ItemError) {
    var entries = NamedEntries<AttributeUpdate>()
    try reader.beginMap(of: "com.amazonaws.dynamodb.v20120810.AttributeValueUpdate")
    while let name = try reader.nextKey() {
      var update = AttributeUpdate(name: name.bytes)
      try read(&update, &reader)
      entries.set(update, for: update.name)
    }
    updates = entries.values
  }

  private mutating func read(_ update: inout AttributeUpdate, _ reader: inout JSONReader) throws(ItemError) {
    try reader.beginElement("AttributeValueUpdate")
    while let member = try reader.nextKey() {
      if try reader.skipNull() { continue }
      switch member {
      case "Value": update.value = try reader.readMemberValue(keeping: &fault)
      case "Action":
        let action = try reader.readText()
        update.action = AttributeUpdate.Action(rawValue: action)
        guard update.action == nil else { continue }
        let name = String(decoding: update.name, as: UTF8.self)
        breaches.append(
          LegacyBreach(
            value: action, path: "attributeUpdates.\(name).member.action", allowed: ModelEnums.attributeAction))
      default: try reader.skipValue()
      }
    }
  }

  func checkValues() throws(APIError) {
    for update in updates { try ItemChecks.checkName(update.name) }
    if let fault { throw fault }
  }
}

/// The entries of a JSON map in its order; of two with one name the last stays, in the first one's place.
private struct NamedEntries<Value> {
  private(set) var values: [Value] = []
  private var positions: [[UInt8]: Int] = [:]

  mutating func set(_ value: Value, for name: [UInt8]) {
    if let position = positions[name] {
      values[position] = value
    } else {
      positions[name] = values.count
      values.append(value)
    }
  }
}

extension JSONReader {
  /// `AttributeValueList`. A fault in a value is kept, the first of them, and the reading goes on.
  fileprivate mutating func readValues(keeping fault: inout APIError?) throws(ItemError) -> [AttributeValue] {
    var values: [AttributeValue] = []
    try beginList()
    while try nextElement() { values.append(try readValue(keeping: &fault)) }
    return values
  }

  /// A value that is a member of its structure, where a scalar has another text than in a list.
  fileprivate mutating func readMemberValue(keeping fault: inout APIError?) throws(ItemError) -> AttributeValue {
    if try peek() != .object { try beginStructure("AttributeValue") }
    return try readValue(keeping: &fault)
  }

  private mutating func readValue(keeping fault: inout APIError?) throws(ItemError) -> AttributeValue {
    do throws(ItemError) {
      return try readAttributeValue()
    } catch  where error.kind == .validation {
      if fault == nil { fault = APIError(error) }
      return .null
    }
  }
}
