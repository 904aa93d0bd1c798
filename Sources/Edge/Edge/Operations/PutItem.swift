internal import Coordinator
internal import Items
internal import Messages

enum PutItem {
  static func run(_ request: ItemRequest, _ exchange: Exchange) throws(APIError) {
    let table = try request.check(required: .item)
    try request.checkParameterMix(valueExpressions: "ConditionExpression is")
    try request.checkValues()
    guard let item = request.item else { fatalError("A required member is missing after its check.") }
    try ItemChecks.checkNames(item)
    try WriteReturns.checkOldOnly(request.returnValues)
    let expressions = try ParsedExpressions(request)
    let returns = WriteReturns(request, update: nil)
    exchange.performWrite(on: table, returns: returns) { (table) throws(APIError) in
      try ItemChecks.checkSize(item)
      let key = try KeyChecks.rowKey(ofItem: item, table)
      try KeyChecks.checkIndexKeys(of: item, table)
      return ItemWrite(
        key: key, action: .put(item), condition: expressions.condition, returns: returns.images(of: table))
    }
  }
}
