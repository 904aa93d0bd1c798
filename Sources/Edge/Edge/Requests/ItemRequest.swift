internal import Items

/// The input of an item operation as it was sent: types are checked, nothing else.
struct ItemRequest {
  var tableName: String?
  var indexName: String?
  var item: EncodedItem?
  var key: EncodedItem?
  var exclusiveStartKey: EncodedItem?
  var conditionExpression: [UInt8]?
  var updateExpression: [UInt8]?
  var projectionExpression: [UInt8]?
  var filterExpression: [UInt8]?
  var keyConditionExpression: [UInt8]?
  var attributeNames: [(placeholder: [UInt8], name: [UInt8])]?
  var attributeValues: AttributeMap?
  var attributesToGet: [[UInt8]]?
  var returnValues: String?
  var returnConsumedCapacity: String?
  var returnItemCollectionMetrics: String?
  var returnValuesOnFailure: String?
  var select: String?
  var consistentRead = false
  var scanIndexForward = true
  var limit: Int?
  var segment: Int?
  var totalSegments: Int?
  /// Nil in most requests.
  var legacy: LegacyParameters?
  /// The first attribute value of an item or key that is well-formed JSON but no value. Reported after the constraints of
  /// the model.
  var valueFault: APIError?
  /// The same of `ExclusiveStartKey` and of `ExpressionAttributeValues`, which are looked at later.
  var startKeyFault: APIError?
  var substitutionFault: APIError?

  /// - Throws: `SerializationException` for what is not JSON or has a member of another type.
  static func parse(_ body: UnsafeBufferPointer<UInt8>, _ members: RequestMembers) throws(APIError) -> ItemRequest {
    var request = ItemRequest()
    do throws(ItemError) {
      var reader = JSONReader(body)
      try reader.beginObject()
      while let name = try reader.nextKey() {
        let member = RequestMembers(named: name)
        if try reader.skipNull() { continue }
        if member.isEmpty || !members.contains(member) {
          try reader.skipValue()
        } else if RequestMembers.legacy.contains(member) {
          try request.readLegacy(member, &reader)
        } else {
          try request.read(member, &reader)
        }
      }
      try reader.finish()
    } catch {
      throw APIError(error)
    }
    return request
  }

  private mutating func read(_ member: RequestMembers, _ reader: inout JSONReader) throws(ItemError) {
    switch member {
    case .tableName: tableName = try reader.readText()
    case .indexName: indexName = try reader.readText()
    case .item: item = try reader.readItem(keeping: &valueFault)
    case .key: key = try reader.readItem(keeping: &valueFault)
    case .exclusiveStartKey: exclusiveStartKey = try reader.readItem(keeping: &startKeyFault)
    case .conditionExpression: conditionExpression = try reader.readString()
    case .updateExpression: updateExpression = try reader.readString()
    case .projectionExpression: projectionExpression = try reader.readString()
    case .filterExpression: filterExpression = try reader.readString()
    case .keyConditionExpression: keyConditionExpression = try reader.readString()
    case .attributeNames: attributeNames = try reader.readNames()
    case .attributeValues: attributeValues = try readValues(&reader)
    case .attributesToGet: attributesToGet = try reader.readNameList()
    case .returnValues: returnValues = try reader.readText()
    case .returnConsumedCapacity: returnConsumedCapacity = try reader.readText()
    case .returnItemCollectionMetrics: returnItemCollectionMetrics = try reader.readText()
    case .returnValuesOnFailure: returnValuesOnFailure = try reader.readText()
    case .select: select = try reader.readText()
    case .consistentRead: consistentRead = try reader.readBool()
    case .scanIndexForward: scanIndexForward = try reader.readBool()
    case .limit: limit = try reader.readInteger()
    case .segment: segment = try reader.readInteger()
    case .totalSegments: totalSegments = try reader.readInteger()
    default: fatalError("A member of a request has a name but no place.")
    }
  }

  private mutating func readLegacy(_ member: RequestMembers, _ reader: inout JSONReader) throws(ItemError) {
    let parameters = legacy ?? LegacyParameters()
    try parameters.read(member, &reader)
    legacy = parameters
  }

  private mutating func readValues(_ reader: inout JSONReader) throws(ItemError) -> AttributeMap? {
    var values = AttributeMap()
    try reader.beginMap(of: "com.amazonaws.dynamodb.v20120810.AttributeValue")
    while let name = try reader.nextKey() {
      let placeholder = name.bytes
      do throws(ItemError) {
        values[placeholder] = try reader.readAttributeValue()
      } catch  where error.kind == .validation {
        // The placeholder stays, to be checked before the value.
        values[placeholder] = .null
        let key = String(decoding: placeholder, as: UTF8.self)
        if substitutionFault == nil {
          substitutionFault = .validation(
            "ExpressionAttributeValues contains invalid value: \(error.message) for key \(key)")
        }
      }
    }
    return values
  }
}

extension JSONReader {
  mutating func readNames() throws(ItemError) -> [(placeholder: [UInt8], name: [UInt8])] {
    var names: [(placeholder: [UInt8], name: [UInt8])] = []
    try beginMap(of: "java.lang.String")
    while let name = try nextKey() {
      let placeholder = name.bytes
      names.append((placeholder, try readString()))
    }
    return names
  }

  mutating func readNameList() throws(ItemError) -> [[UInt8]] {
    var names: [[UInt8]] = []
    try beginList()
    while try nextElement() { names.append(try readString()) }
    return names
  }
}
