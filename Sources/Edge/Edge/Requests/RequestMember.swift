internal import Items

/// The members of the item operations' inputs that are read here. One parser serves all of these operations; each says
/// which members it has, and the others are skipped, as the service skips members that it does not know.
struct RequestMembers: OptionSet {
  var rawValue: UInt64

  static let tableName = RequestMembers(rawValue: 1 << 0)
  static let item = RequestMembers(rawValue: 1 << 1)
  static let key = RequestMembers(rawValue: 1 << 2)
  static let conditionExpression = RequestMembers(rawValue: 1 << 3)
  static let updateExpression = RequestMembers(rawValue: 1 << 4)
  static let projectionExpression = RequestMembers(rawValue: 1 << 5)
  static let filterExpression = RequestMembers(rawValue: 1 << 6)
  static let keyConditionExpression = RequestMembers(rawValue: 1 << 7)
  static let attributeNames = RequestMembers(rawValue: 1 << 8)
  static let attributeValues = RequestMembers(rawValue: 1 << 9)
  static let returnValues = RequestMembers(rawValue: 1 << 10)
  static let returnConsumedCapacity = RequestMembers(rawValue: 1 << 11)
  static let returnItemCollectionMetrics = RequestMembers(rawValue: 1 << 12)
  static let returnValuesOnFailure = RequestMembers(rawValue: 1 << 13)
  static let consistentRead = RequestMembers(rawValue: 1 << 14)
  static let limit = RequestMembers(rawValue: 1 << 15)
  static let scanIndexForward = RequestMembers(rawValue: 1 << 16)
  static let select = RequestMembers(rawValue: 1 << 17)
  static let exclusiveStartKey = RequestMembers(rawValue: 1 << 18)
  static let segment = RequestMembers(rawValue: 1 << 19)
  static let totalSegments = RequestMembers(rawValue: 1 << 20)
  static let indexName = RequestMembers(rawValue: 1 << 21)
  static let attributesToGet = RequestMembers(rawValue: 1 << 22)
  static let expected = RequestMembers(rawValue: 1 << 23)
  static let conditionalOperator = RequestMembers(rawValue: 1 << 24)
  static let attributeUpdates = RequestMembers(rawValue: 1 << 25)
  static let keyConditions = RequestMembers(rawValue: 1 << 26)
  static let queryFilter = RequestMembers(rawValue: 1 << 27)
  static let scanFilter = RequestMembers(rawValue: 1 << 28)

  /// The older form, read into ``LegacyParameters``; `AttributesToGet` is not among them, since it is common.
  static let legacy: RequestMembers = [
    .expected, .conditionalOperator, .attributeUpdates, .keyConditions, .queryFilter, .scanFilter,
  ]

  static let write: RequestMembers = [
    .tableName, .conditionExpression, .attributeNames, .attributeValues, .returnValues, .returnConsumedCapacity,
    .returnItemCollectionMetrics, .returnValuesOnFailure, .expected, .conditionalOperator,
  ]
  static let putItem = write.union(.item)
  static let deleteItem = write.union(.key)
  static let updateItem = write.union([.key, .updateExpression, .attributeUpdates])
  static let getItem: RequestMembers = [
    .tableName, .key, .attributesToGet, .consistentRead, .returnConsumedCapacity, .projectionExpression,
    .attributeNames,
  ]
  static let read: RequestMembers = [
    .tableName, .indexName, .select, .attributesToGet, .limit, .consistentRead, .exclusiveStartKey,
    .returnConsumedCapacity, .projectionExpression, .filterExpression, .attributeNames, .attributeValues,
    .conditionalOperator,
  ]
  static let query = read.union([.keyConditionExpression, .keyConditions, .queryFilter, .scanIndexForward])
  static let scan = read.union([.segment, .totalSegments, .scanFilter])

  init(rawValue: UInt64) { self.rawValue = rawValue }

  /// The member that `name` names, empty where there is none.
  init(named name: JSONName) {
    self =
      switch name {
      case "TableName": .tableName
      case "Key": .key
      case "Item": .item
      case "ExpressionAttributeNames": .attributeNames
      case "ExpressionAttributeValues": .attributeValues
      case "ConditionExpression": .conditionExpression
      case "UpdateExpression": .updateExpression
      case "ConsistentRead": .consistentRead
      case "ProjectionExpression": .projectionExpression
      case "KeyConditionExpression": .keyConditionExpression
      case "FilterExpression": .filterExpression
      case "ReturnValues": .returnValues
      case "ReturnConsumedCapacity": .returnConsumedCapacity
      case "ReturnItemCollectionMetrics": .returnItemCollectionMetrics
      case "ReturnValuesOnConditionCheckFailure": .returnValuesOnFailure
      case "Limit": .limit
      case "ScanIndexForward": .scanIndexForward
      case "Select": .select
      case "ExclusiveStartKey": .exclusiveStartKey
      case "Segment": .segment
      case "TotalSegments": .totalSegments
      case "IndexName": .indexName
      case "AttributesToGet": .attributesToGet
      default: Self.legacy(named: name)
      }
  }

  private static func legacy(named name: JSONName) -> RequestMembers {
    switch name {
    case "Expected": .expected
    case "ConditionalOperator": .conditionalOperator
    case "AttributeUpdates": .attributeUpdates
    case "KeyConditions": .keyConditions
    case "QueryFilter": .queryFilter
    case "ScanFilter": .scanFilter
    default: []
    }
  }
}
