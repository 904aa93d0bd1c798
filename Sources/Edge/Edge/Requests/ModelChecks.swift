internal import Items

extension ItemRequest {
  /// Checks against the service model, then the values: the order in which DynamoDB reports.
  ///
  /// - Parameter required: members without which the operation makes no sense.
  /// - Returns: the table's name.
  func check(required: RequestMembers) throws(APIError) -> String {
    var violations = Violations()
    if let filter = legacy?.filter { filter.addBreaches(to: &violations) }
    TableName.checkModel(tableName, &violations)
    if required.contains(.item) { violations.require(item != nil, at: "item") }
    if required.contains(.key) { violations.require(key != nil, at: "key") }
    if returnConsumedCapacity != nil || returnValues != nil || returnItemCollectionMetrics != nil
      || returnValuesOnFailure != nil
    {
      checkReturns(&violations)
    }
    if let legacy { checkLegacy(legacy, &violations) }
    checkReads(&violations)
    legacy?.keyConditions?.addBreaches(to: &violations)
    try violations.throwIfAny()
    return try TableName.resolve(tableName!)
  }

  private func checkLegacy(_ legacy: LegacyParameters, _ violations: inout Violations) {
    violations.check(
      legacy.conditionalOperator, at: "conditionalOperator", isOneOf: ModelEnums.conditionalOperator)
    legacy.expected?.addBreaches(to: &violations)
    for breach in legacy.updates?.breaches ?? [] { breach.add(to: &violations) }
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
}
