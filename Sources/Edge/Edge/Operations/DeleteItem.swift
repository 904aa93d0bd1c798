internal import Coordinator
internal import Items
internal import Messages

enum DeleteItem {
  static func run(_ request: ItemRequest, _ exchange: Exchange) throws(APIError) {
    let table = try request.check(required: .key)
    try request.checkParameterMix(valueExpressions: "ConditionExpression is")
    try request.checkValues()
    guard let key = request.key else { fatalError("A required member is missing after its check.") }
    try WriteReturns.checkOldOnly(request.returnValues)
    let expressions = try ParsedExpressions(request)
    let returns = WriteReturns(request, update: nil)
    exchange.performWrite(on: table, returns: returns) { (table) throws(APIError) in
      ItemWrite(
        key: try KeyChecks.rowKey(ofKey: key, table), action: .delete, condition: expressions.condition,
        returns: returns.images(of: table))
    }
  }
}
