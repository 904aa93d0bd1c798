internal import Expressions
internal import Items

extension APIError {
  init(_ error: ExpressionError) { self.init(.validation, error.message) }
}

/// The expressions of one request, parsed with the substitutions that they share.
struct ParsedExpressions {
  var condition: Condition?
  var filter: Condition?
  var projection: Projection?
  var update: UpdateExpression?
  var key: KeyConditionExpression?

  /// - Throws: what DynamoDB refuses without knowing the table, unused substitutions included.
  init(_ request: ItemRequest) throws(APIError) {
    for (_, name) in request.attributeNames ?? [] { try ItemChecks.checkName(name) }
    for name in request.attributesToGet ?? [] { try ItemChecks.checkName(name) }
    do throws(ExpressionError) {
      try parse(request)
    } catch {
      throw APIError(error)
    }
  }

  private mutating func parse(_ request: ItemRequest) throws(ExpressionError) {
    if let names = request.attributesToGet { projection = try Projection(attributeNames: names) }
    guard request.hasExpression else { return }
    var context = try ExpressionContext(names: request.attributeNames, values: request.attributeValues)
    if let text = request.filterExpression {
      filter = try Condition.parse(text, role: .filter, context: &context)
    }
    if let text = request.keyConditionExpression {
      key = try KeyConditionExpression.parse(text, context: &context)
    }
    if let text = request.projectionExpression { projection = try Projection.parse(text, context: &context) }
    if let text = request.updateExpression { update = try UpdateExpression.parse(text, context: &context) }
    if let text = request.conditionExpression {
      condition = try Condition.parse(text, role: .condition, context: &context)
    }
    try context.checkAllUsed()
  }
}

extension ItemRequest {
  var hasExpression: Bool {
    conditionExpression != nil || updateExpression != nil || projectionExpression != nil || filterExpression != nil
      || keyConditionExpression != nil
  }
}
