internal import Items

extension ItemRequest {
  /// Checks against the service model, then the values: the order in which DynamoDB reports.
  ///
  /// - Parameter required: members without which the operation makes no sense.
  /// - Returns: the table's name.
  func check(required: RequestMembers) throws(APIError) -> String {
    var violations = Violations()
    TableName.checkModel(tableName, &violations)
    if required.contains(.item) { violations.require(item != nil, at: "item") }
    if required.contains(.key) { violations.require(key != nil, at: "key") }
    if returnConsumedCapacity != nil || returnValues != nil || returnItemCollectionMetrics != nil
      || returnValuesOnFailure != nil
    {
      checkReturns(&violations)
    }
    checkReads(&violations)
    try violations.throwIfAny()
    let name = try TableName.resolve(tableName!)
    if let parameter = legacy.first {
      throw .validation("The legacy parameter \(parameter) is not supported by Gantry yet; use expressions")
    }
    return name
  }

  private func checkReturns(_ violations: inout Violations) {
    violations.check(
      returnConsumedCapacity, at: "returnConsumedCapacity", isOneOf: ModelEnums.returnConsumedCapacity)
    violations.check(returnValues, at: "returnValues", isOneOf: ModelEnums.returnValues)
    violations.check(
      returnItemCollectionMetrics, at: "returnItemCollectionMetrics",
      isOneOf: ModelEnums.returnItemCollectionMetrics)
    violations.check(
      returnValuesOnFailure, at: "returnValuesOnConditionCheckFailure",
      isOneOf: ModelEnums.returnValuesOnConditionCheckFailure)
  }

  private func checkReads(_ violations: inout Violations) {
    violations.check(select, at: "select", isOneOf: ModelEnums.select)
    violations.check(limit, at: "limit", min: 1)
    violations.check(segment, at: "segment", min: 0, max: 999_999)
    violations.check(totalSegments, at: "totalSegments", min: 1, max: 1_000_000)
    violations.checkName(indexName, at: "indexName")
    violations.checkCount(attributesToGet?.count, shown: "[]", at: "attributesToGet", min: 1)
  }

  func checkValues() throws(APIError) {
    if let valueFault { throw valueFault }
  }

  /// Substitutions make sense only with an expression that may use them, and the older form not together with them.
  ///
  /// - Parameter valueExpressions: the expressions of the operation that may hold value placeholders, as the message
  ///   lists them.
  func checkSubstitutions(valueExpressions: String) throws(APIError) {
    if attributesToGet != nil, hasExpression {
      throw .validation(
        "Can not use both expression and non-expression parameters in the same request: "
          + "Non-expression parameters: {AttributesToGet} Expression parameters: {\(expressionNames)}")
    }
    if attributeNames != nil, !hasExpression {
      throw .validation("ExpressionAttributeNames can only be specified when using expressions")
    }
    let mayHoldValues =
      conditionExpression != nil || updateExpression != nil || filterExpression != nil || keyConditionExpression != nil
    if attributeValues != nil, !mayHoldValues {
      throw .validation(
        "ExpressionAttributeValues can only be specified when using expressions: \(valueExpressions) is null")
    }
  }

  private var expressionNames: String {
    var names: [String] = []
    if projectionExpression != nil { names.append("ProjectionExpression") }
    if filterExpression != nil { names.append("FilterExpression") }
    if keyConditionExpression != nil { names.append("KeyConditionExpression") }
    return names.joined(separator: ", ")
  }
}
