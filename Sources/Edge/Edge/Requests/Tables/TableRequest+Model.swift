internal import Catalog

/// The constraints of the service model on CreateTable, but for the table's name.
extension TableRequest {
  func checkModel() throws(APIError) {
    var violations = Violations()
    violations.require(attributes != nil, at: "attributeDefinitions")
    violations.require(keySchema != nil, at: "keySchema")
    Self.check(attributes ?? [], &violations)
    Self.check(keySchema, at: "keySchema", &violations)
    violations.check(billingMode, at: "billingMode", isOneOf: ModelEnums.billingMode)
    violations.check(tableClass, at: "tableClass", isOneOf: ModelEnums.tableClass)
    Self.check(throughput, at: "provisionedThroughput", &violations)
    check(localIndexes, keysMax: 2, at: "localSecondaryIndexes", &violations)
    check(globalIndexes, keysMax: 2 * IndexKeySchema.attributesMax, at: "globalSecondaryIndexes", &violations)
    stream?.check(&violations)
    Tags.check(tags ?? [], &violations)
    try violations.throwIfAny()
  }

  static func check(_ attributes: [Element], _ violations: inout Violations) {
    for (position, attribute) in attributes.enumerated() {
      let path = "attributeDefinitions.\(position + 1).member"
      violations.require(attribute.name != nil, at: "\(path).attributeName")
      violations.checkLength(attribute.name, at: "\(path).attributeName", min: 1, max: 255)
      violations.require(attribute.type != nil, at: "\(path).attributeType")
      violations.check(attribute.type, at: "\(path).attributeType", isOneOf: ModelEnums.attributeType)
    }
  }

  static func check(
    _ schema: [Element]?, max: Int = 2, at path: String, _ violations: inout Violations
  ) {
    guard let schema else { return }
    violations.checkCount(schema.count, shown: "[]", at: path, min: 1)
    if schema.count > max {
      let shown = schema.map(\.shown).joined(separator: ", ")
      violations.add("[\(shown)]", at: path, "have length less than or equal to \(max)")
    }
    for (position, element) in schema.enumerated() {
      let path = "\(path).\(position + 1).member"
      violations.require(element.name != nil, at: "\(path).attributeName")
      violations.checkLength(element.name, at: "\(path).attributeName", min: 1, max: 255)
      violations.require(element.type != nil, at: "\(path).keyType")
      violations.check(element.type, at: "\(path).keyType", isOneOf: ModelEnums.keyType)
    }
  }

  static func check(_ throughput: Units?, at path: String, _ violations: inout Violations) {
    guard let throughput else { return }
    violations.require(throughput.readUnits != nil, at: "\(path).readCapacityUnits")
    violations.require(throughput.writeUnits != nil, at: "\(path).writeCapacityUnits")
    violations.check(throughput.readUnits, at: "\(path).readCapacityUnits", min: 1)
    violations.check(throughput.writeUnits, at: "\(path).writeCapacityUnits", min: 1)
  }

  private func check(_ indexes: [Index]?, keysMax: Int, at path: String, _ violations: inout Violations) {
    for (position, index) in (indexes ?? []).enumerated() {
      Self.check(index, keysMax: keysMax, at: "\(path).\(position + 1).member", &violations)
    }
  }

  static func check(_ index: Index, keysMax: Int, at path: String, _ violations: inout Violations) {
    violations.require(index.name != nil, at: "\(path).indexName")
    violations.checkName(index.name, at: "\(path).indexName")
    violations.require(index.keySchema != nil, at: "\(path).keySchema")
    Self.check(index.keySchema, max: keysMax, at: "\(path).keySchema", &violations)
    violations.require(index.projection != nil, at: "\(path).projection")
    violations.check(
      index.projection?.type, at: "\(path).projection.projectionType", isOneOf: ModelEnums.projectionType)
    violations.checkCount(
      index.projection?.nonKeyAttributes?.count, shown: "[]", at: "\(path).projection.nonKeyAttributes", min: 1,
      max: 20)
    for (position, name) in (index.projection?.nonKeyAttributes ?? []).enumerated() {
      violations.checkLength(
        name, at: "\(path).projection.nonKeyAttributes.\(position + 1).member", min: 1, max: 255)
    }
    Self.check(index.throughput, at: "\(path).provisionedThroughput", &violations)
  }
}

extension TableRequest.Element {
  /// As the service shows an element of a key schema.
  fileprivate var shown: String { "KeySchemaElement(attributeName=\(name ?? "null"), keyType=\(type ?? "null"))" }
}

extension TableRequest.Stream {
  func check(_ violations: inout Violations) {
    violations.require(enabled != nil, at: "streamSpecification.streamEnabled")
    violations.check(viewType, at: "streamSpecification.streamViewType", isOneOf: ModelEnums.streamViewType)
  }
}
