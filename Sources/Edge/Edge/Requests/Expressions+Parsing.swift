internal import Expressions
internal import Items

extension APIError {
  init(_ error: ExpressionError) { self.init(.validation, error.message) }
}

/// What one request says about items, from its expressions or from the older form: the same structures either way.
struct ParsedExpressions {
  var condition: Condition?
  var filter: Condition?
  var projection: Projection?
  var update: UpdateExpression?
  var keyConditions: KeyConditions?

  /// - Parameter midway: checks of the operation that come between the older form and the expressions.
  /// - Throws: what DynamoDB refuses without knowing the table, unused substitutions included.
  init(_ request: ItemRequest, midway: () throws(APIError) -> Void = {}) throws(APIError) {
    // Scan looks at them in the other order than Query.
    let isScan = request.legacy?.filter?.parameterName == "ScanFilter"
    if isScan { try read(attributesToGet: request.attributesToGet) }
    if let legacy = request.legacy { try read(legacy) }
    if !isScan { try read(attributesToGet: request.attributesToGet) }
    if let fault = request.startKeyFault { throw fault.inStartKey }
    try midway()
    if request.hasExpression { try parse(request) }
    if let conditions = request.legacy?.keyConditions { keyConditions = try Self.keyConditions(conditions) }
  }

  private mutating func read(attributesToGet names: [[UInt8]]?) throws(APIError) {
    guard let names else { return }
    for name in names { try ItemChecks.checkName(name) }
    projection = try APIError.wrap { () throws(ExpressionError) in try Projection(attributeNames: names) }
  }

  private mutating func read(_ legacy: LegacyParameters) throws(APIError) {
    if let updates = legacy.updates {
      try updates.checkValues()
      update = try APIError.wrap { () throws(ExpressionError) in try UpdateExpression(legacy: updates.updates) }
    }
    if let expected = legacy.expected {
      condition = try Self.condition(expected, role: .condition, any: legacy.isAny)
    }
    if let filter = legacy.filter { self.filter = try Self.condition(filter, role: .filter, any: legacy.isAny) }
  }

  private static func condition(
    _ legacy: LegacyConditions, role: Condition.Role, any: Bool
  ) throws(APIError) -> Condition? {
    try legacy.checkValues()
    return try APIError.wrap { () throws(ExpressionError) in
      try Condition.legacy(legacy.conditions, role: role, any: any)
    }
  }

  private static func keyConditions(_ legacy: LegacyConditions) throws(APIError) -> KeyConditions {
    try legacy.checkValues()
    return try APIError.wrap { () throws(ExpressionError) in try KeyConditions(legacy: legacy.conditions) }
  }

  private mutating func parse(_ request: ItemRequest) throws(APIError) {
    for (placeholder, name) in request.attributeNames ?? [] { try Self.checkName(name, for: placeholder) }
    do throws(ExpressionError) {
      var context = try ExpressionContext(names: request.attributeNames, values: request.attributeValues)
      if let fault = request.substitutionFault { throw ExpressionError(fault.message ?? "") }
      try parse(request, &context)
    } catch {
      throw APIError(error)
    }
  }

  private mutating func parse(_ request: ItemRequest, _ context: inout ExpressionContext) throws(ExpressionError) {
    if let text = request.updateExpression { update = try UpdateExpression.parse(text, context: &context) }
    if let text = request.conditionExpression {
      condition = try Condition.parse(text, role: .condition, context: &context)
    }
    var key: KeyConditionExpression?
    if let text = request.keyConditionExpression {
      key = try KeyConditionExpression.parse(text, context: &context)
    }
    if let text = request.filterExpression {
      filter = try Condition.parse(text, role: .filter, context: &context)
    }
    if let text = request.projectionExpression { projection = try Projection.parse(text, context: &context) }
    try context.checkAllUsed()
    keyConditions = try key?.conditions()
  }

  private static func checkName(_ name: [UInt8], for placeholder: [UInt8]) throws(APIError) {
    guard name.isEmpty || name.count > ItemChecks.nameBytesMax else { return }
    let what = name.isEmpty ? ItemChecks.emptyName : ItemChecks.longName
    let key = String(decoding: placeholder, as: UTF8.self)
    throw .validation("ExpressionAttributeNames contains invalid value: \(what) for key \(key)")
  }
}

extension APIError {
  static func wrap<Value>(_ body: () throws(ExpressionError) -> Value) throws(APIError) -> Value {
    do throws(ExpressionError) {
      return try body()
    } catch {
      throw APIError(error)
    }
  }

  /// A fault of a value, as it is told of a value in `ExclusiveStartKey`. Those that DynamoDB finds while it makes
  /// numbers and sets have no such opening.
  fileprivate var inStartKey: APIError {
    let message = message ?? ""
    let plain = ["contains duplicates", "number set", "numeric value", "significant digits", "number with magnitude"]
    if plain.contains(where: { message.contains($0) }) { return self }
    return .validation("The provided starting key is invalid: \(message)")
  }
}

extension ItemRequest {
  var hasExpression: Bool {
    conditionExpression != nil || updateExpression != nil || projectionExpression != nil || filterExpression != nil
      || keyConditionExpression != nil
  }
}
