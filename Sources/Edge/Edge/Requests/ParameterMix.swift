/// Which parameters of a request go together.
extension ItemRequest {
  /// Expressions and the older form exclude each other, substitutions make sense only with an expression that may use
  /// them, and `ConditionalOperator` only with conditions to join.
  ///
  /// - Parameter valueExpressions: the expressions of the operation that may hold value placeholders, as the message
  ///   lists them.
  func checkParameterMix(valueExpressions: String) throws(APIError) {
    if hasExpression { try checkNoOlderForm() }
    if attributeNames != nil, !hasExpression {
      throw .validation("ExpressionAttributeNames can only be specified when using expressions")
    }
    let mayHoldValues =
      conditionExpression != nil || updateExpression != nil || filterExpression != nil || keyConditionExpression != nil
    if attributeValues != nil, !mayHoldValues {
      throw .validation(
        "ExpressionAttributeValues can only be specified when using expressions: \(valueExpressions) null")
    }
    guard let legacy, legacy.conditionalOperator != nil else { return }
    let count = (legacy.expected ?? legacy.filter)?.conditions.count ?? 0
    if count == 0 { throw .validation("ConditionalOperator cannot be used without Filter or Expected") }
    if count == 1 {
      throw .validation("ConditionalOperator can only be used when Filter or Expected has two or more elements")
    }
  }

  private func checkNoOlderForm() throws(APIError) {
    guard attributesToGet != nil || legacy != nil else { return }
    let older = olderNames
    guard !older.isEmpty else { return }
    throw .validation(
      "Can not use both expression and non-expression parameters in the same request: Non-expression parameters: "
        + "{\(older.joined(separator: ", "))} Expression parameters: {\(expressionNames.joined(separator: ", "))}")
  }

  /// In the service's order, which for one operation leaves some out. `KeyConditions` goes with every expression but
  /// its own successor.
  private var olderNames: [String] {
    var names: [String] = []
    if legacy?.updates != nil { names.append("AttributeUpdates") }
    if legacy?.expected != nil { names.append("Expected") }
    if attributesToGet != nil { names.append("AttributesToGet") }
    if let filter = legacy?.filter { names.append(filter.parameterName) }
    if legacy?.conditionalOperator != nil { names.append("ConditionalOperator") }
    if legacy?.keyConditions != nil, keyConditionExpression != nil { names.append("KeyConditions") }
    return names
  }

  private var expressionNames: [String] {
    var names: [String] = []
    if projectionExpression != nil { names.append("ProjectionExpression") }
    if filterExpression != nil { names.append("FilterExpression") }
    if keyConditionExpression != nil { names.append("KeyConditionExpression") }
    if updateExpression != nil { names.append("UpdateExpression") }
    if conditionExpression != nil { names.append("ConditionExpression") }
    return names
  }
}
