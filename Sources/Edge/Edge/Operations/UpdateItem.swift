internal import Bytes
internal import Catalog
internal import Coordinator
internal import Expressions
internal import Items
internal import Messages

enum UpdateItem {
  static func run(_ request: ItemRequest, _ exchange: Exchange) throws(APIError) {
    let table = try request.check(required: .key)
    try request.checkParameterMix(valueExpressions: "UpdateExpression and ConditionExpression are")
    try request.checkValues()
    guard let key = request.key else { fatalError("A required member is missing after its check.") }
    let expressions = try ParsedExpressions(request)
    let update = expressions.update ?? .nothing
    let returns = WriteReturns(request, update: update)
    exchange.performWrite(on: table, returns: returns) { (table) throws(APIError) in
      let row = try KeyChecks.rowKey(ofKey: key, table)
      try checkLeavesKey(alone: update, table)
      return ItemWrite(
        key: row, action: .update(update, key: key), condition: expressions.condition,
        returns: returns.images(of: table))
    }
  }

  private static func checkLeavesKey(alone update: UpdateExpression, _ table: TableHandle) throws(APIError) {
    let names = update.topLevelNames
    for key in table.key.attributes where names.contains(key.name) {
      throw .invalid("Cannot update attribute \(key.text). This attribute is part of the key")
    }
  }
}

extension UpdateExpression {
  /// An update without `UpdateExpression` creates the item with its key where it is missing, and changes nothing else.
  static let nothing: UpdateExpression = {
    var reader = ByteReader([0])
    guard let update = try? UpdateExpression(from: &reader) else {
      fatalError("An update without actions cannot be read.")
    }
    return update
  }()
}
