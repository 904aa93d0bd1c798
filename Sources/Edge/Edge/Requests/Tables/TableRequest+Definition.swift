internal import Catalog
internal import Items

/// The rules of CreateTable beyond the model, in DynamoDB's order and with its texts.
extension TableRequest {
  static let unitsMax = 1_000_000_000_000
  static let localIndexesMax = 5
  static let globalIndexesMax = 20

  /// - Throws: the first rule that the request breaks.
  func definition() throws(APIError) -> TableDefinition {
    // The service reports a bad name alone, whatever else is wrong.
    let name = try TableName.resolve(ofTableOperation: tableName)
    try checkModel()
    try checkRefused()
    let definitions = try attributeDefinitions()
    let mode = try checkedBillingMode()
    try checkDefinitionsSuffice(definitions)
    let key = try Self.key(keySchema ?? [], definitions)
    if localIndexes == nil, globalIndexes == nil { try checkAllUsed(key, [], definitions) }
    var indexes: [IndexDefinition] = []
    try appendLocal(&indexes, table: key, definitions)
    try appendGlobal(&indexes, mode, definitions)
    try checkAllUsed(key, indexes, definitions)
    return TableDefinition(
      name: name, key: key, attributes: definitions, billingMode: mode, throughput: throughput?.stored,
      indexes: indexes, stream: try streamView(),
      tableClass: tableClass == "STANDARD_INFREQUENT_ACCESS" ? .standardInfrequentAccess : .standard,
      deletionProtection: deletionProtection, tags: try checkedTags())
  }

  /// The service counts before it compares, and speaks of an index where it means the table.
  private func checkDefinitionsSuffice(_ definitions: [KeyAttribute]) throws(APIError) {
    guard (keySchema ?? []).count > definitions.count else { return }
    throw .validation("Invalid KeySchema: Some index key attribute have no definition")
  }

  private func checkRefused() throws(APIError) {
    if let member = refused.first { throw .unsupported("The parameter \(member) of CreateTable") }
    if encryptionEnabled { throw .unsupported("SSESpecification with a key of one's own (Enabled: true)") }
    if (globalIndexes ?? []).contains(where: \.hasOnDemandThroughput) {
      throw .unsupported("The throughput limit of an index on demand")
    }
  }

  private func attributeDefinitions() throws(APIError) -> [KeyAttribute] {
    try Self.attributeDefinitions(attributes ?? [])
  }

  /// Each has a name and a type: the model was checked.
  static func attributeDefinitions(_ elements: [Element]) throws(APIError) -> [KeyAttribute] {
    var result: [KeyAttribute] = []
    for element in elements {
      guard let name = element.name, let type = element.type.flatMap({ KeyType(name: Array($0.utf8)) }) else {
        fatalError("An attribute definition passed the model without a name or type.")
      }
      let attribute = KeyAttribute(name: Array(name.utf8), type: type)
      guard !result.contains(where: { $0.name == attribute.name }) else {
        throw .invalid("Duplicate AttributeName in AttributeDefinitions: \(name)")
      }
      result.append(attribute)
    }
    return result
  }

  private func checkedBillingMode() throws(APIError) -> BillingMode {
    if billingMode == "PAY_PER_REQUEST" {
      guard throughput == nil else {
        throw .invalid(
          "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST")
      }
      return .payPerRequest
    }
    guard let throughput else {
      throw .invalid("ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED")
    }
    try Self.checkUnits(throughput, index: nil)
    return .provisioned
  }

  static func checkUnits(_ throughput: Units, index: String?) throws(APIError) {
    let place = index.map { " for index \($0)" } ?? ""
    for (units, name) in [
      (throughput.readUnits, "ReadCapacityUnits"), (throughput.writeUnits, "WriteCapacityUnits"),
    ] where (units ?? 0) > unitsMax {
      throw .validation("Given value \(units ?? 0) for \(name) is out of bounds\(place)")
    }
  }

  /// A key schema of one or two elements, which the model sees to, as tables and local indexes have them.
  static func key(_ schema: [Element], _ definitions: [KeyAttribute]) throws(APIError) -> KeySchema {
    let attributes = try defined(schema, definitions)
    if schema.count == 2, schema[0].name == schema[1].name {
      throw .validation("Both the Hash Key and the Range Key element in the KeySchema have the same name")
    }
    try checkFirstIsHash(schema)
    if schema.count == 2, schema[1].type != "RANGE" {
      throw .validation("Invalid KeySchema: The second KeySchemaElement is not a RANGE key type")
    }
    return KeySchema(partition: attributes[0], sort: attributes.count == 2 ? attributes[1] : nil)
  }

  static func checkFirstIsHash(_ schema: [Element]) throws(APIError) {
    guard schema[0].type == "HASH" else {
      throw .validation("Invalid KeySchema: The first KeySchemaElement is not a HASH key type")
    }
  }

  static func defined(_ schema: [Element], _ definitions: [KeyAttribute]) throws(APIError) -> [KeyAttribute] {
    var attributes: [KeyAttribute] = []
    for element in schema {
      let name = Array((element.name ?? "").utf8)
      guard let attribute = definitions.first(where: { $0.name == name }) else {
        throw .invalid(
          "Some index key attributes are not defined in AttributeDefinitions. Keys: "
            + "[\(schema.map { $0.name ?? "" }.joined(separator: ", "))], AttributeDefinitions: "
            + "[\(definitions.map(\.text).joined(separator: ", "))]")
      }
      attributes.append(attribute)
    }
    return attributes
  }

  private func appendLocal(
    _ indexes: inout [IndexDefinition], table: KeySchema, _ definitions: [KeyAttribute]
  ) throws(APIError) {
    guard let localIndexes else { return }
    if localIndexes.isEmpty { throw .invalid("List of LocalSecondaryIndexes is empty") }
    guard table.sort != nil else {
      throw .invalid(
        "Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex")
    }
    for index in localIndexes {
      let key = try Self.indexKey(index.keySchema ?? [], .local, definitions)
      let name = index.name ?? ""
      guard !key.sort.isEmpty else {
        throw .invalid("Index KeySchema does not have a range key for index: \(name)")
      }
      guard key.partition == [table.partition] else {
        throw .invalid(
          "Index KeySchema does not have the same leading hash key as table KeySchema for index: \(name). "
            + "index hash key: \(key.partition[0].text), table hash key: \(table.partition.text)")
      }
      try Self.append(try index.definition(.local, definitions), to: &indexes)
    }
    guard localIndexes.count <= Self.localIndexesMax else {
      throw .invalid("Number of LocalSecondaryIndexes exceeds per-table limit of \(Self.localIndexesMax)")
    }
  }

  private func appendGlobal(
    _ indexes: inout [IndexDefinition], _ mode: BillingMode, _ definitions: [KeyAttribute]
  ) throws(APIError) {
    guard let globalIndexes else { return }
    if globalIndexes.isEmpty { throw .invalid("List of GlobalSecondaryIndexes is empty") }
    for index in globalIndexes {
      let definition = try index.definition(.global, definitions)
      switch (mode, index.throughput) {
      case (.payPerRequest, _?):
        throw .invalid(
          "ProvisionedThroughput should not be specified for index: \(definition.name) when BillingMode is "
            + "PAY_PER_REQUEST")
      case (.provisioned, nil):
        throw .invalid("ProvisionedThroughput must be specified for index: \(definition.name)")
      case (.provisioned, let throughput?): try Self.checkUnits(throughput, index: definition.name)
      case (.payPerRequest, nil): break
      }
      try Self.append(definition, to: &indexes)
    }
    guard globalIndexes.count <= Self.globalIndexesMax else {
      throw .invalid("GlobalSecondaryIndex count exceeds the per-table limit of \(Self.globalIndexesMax)")
    }
  }

  private static func append(_ index: IndexDefinition, to indexes: inout [IndexDefinition]) throws(APIError) {
    if indexes.contains(where: { $0.name == index.name }) { throw .invalid("Duplicate index name: \(index.name)") }
    indexes.append(index)
  }

  private func checkAllUsed(
    _ key: KeySchema, _ indexes: [IndexDefinition], _ definitions: [KeyAttribute]
  ) throws(APIError) {
    var used: [KeyAttribute] = []
    for attribute in key.attributes + indexes.flatMap(\.key.attributes) where !used.contains(attribute) {
      used.append(attribute)
    }
    guard definitions.contains(where: { !used.contains($0) }) else { return }
    if indexes.isEmpty {
      throw .invalid(
        "Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions")
    }
    throw .invalid(
      "Some AttributeDefinitions are not used. AttributeDefinitions: "
        + "[\(definitions.map(\.text).joined(separator: ", "))], keys used: "
        + "[\(used.map(\.text).joined(separator: ", "))]")
  }

  private func streamView() throws(APIError) -> StreamViewType? {
    guard let stream else { return nil }
    guard stream.enabled == true else {
      if stream.viewType != nil {
        throw .invalid("Table is being created with a stream disabled, UpdateViewType should not be specified")
      }
      return nil
    }
    guard let view = stream.view else {
      throw .invalid("Table is being created with a stream enabled, UpdateViewType is required")
    }
    return view
  }

  private func checkedTags() throws(APIError) -> [Tag] {
    try Tags.adding(try Tags.checked(tags ?? []), to: [])
  }
}

extension TableRequest.Stream {
  /// The model was checked.
  var view: StreamViewType? {
    switch viewType {
    case "KEYS_ONLY": .keysOnly
    case "NEW_IMAGE": .newImage
    case "OLD_IMAGE": .oldImage
    case "NEW_AND_OLD_IMAGES": .newAndOldImages
    default: nil
    }
  }
}

extension TableRequest.Units {
  var stored: Throughput {
    Throughput(readUnits: UInt64(readUnits ?? 0), writeUnits: UInt64(writeUnits ?? 0))
  }
}

extension TableRequest.Index {
  func definition(_ kind: IndexDefinition.Kind, _ definitions: [KeyAttribute]) throws(APIError) -> IndexDefinition {
    let key = try TableRequest.indexKey(keySchema ?? [], kind, definitions)
    let included = projection?.nonKeyAttributes
    let type: ProjectionType
    switch projection?.type {
    case "ALL": type = .all
    case "KEYS_ONLY": type = .keysOnly
    case "INCLUDE":
      guard included != nil else {
        throw .invalid("ProjectionType is INCLUDE, but NonKeyAttributes is not specified")
      }
      type = .include
    default: throw .invalid("Unknown ProjectionType: null")
    }
    if type != .include, included != nil {
      throw .invalid("ProjectionType is \(projection?.type ?? ""), but NonKeyAttributes is specified")
    }
    let names = included ?? []
    if let twice = names.indices.first(where: { names[..<$0].contains(names[$0]) }) {
      throw .invalid("Duplicate attribute in NonKeyAttributes: \(names[twice])")
    }
    return IndexDefinition(
      name: name ?? "", kind: kind, key: key, projection: type,
      includedAttributes: (included ?? []).map { Array($0.utf8) }, throughput: throughput?.stored)
  }
}
