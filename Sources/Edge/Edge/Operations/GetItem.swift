internal import Coordinator
internal import Items

enum GetItem {
  static func run(_ request: ItemRequest, _ exchange: Exchange) throws(APIError) {
    let table = try request.check(required: .key)
    try request.checkParameterMix(valueExpressions: "ConditionExpression is")
    try request.checkValues()
    guard let key = request.key else { fatalError("A required member is missing after its check.") }
    let expressions = try ParsedExpressions(request)
    let projection = expressions.projection
    let consistent = request.consistentRead
    let capacity = ConsumedCapacity.Detail(request.returnConsumedCapacity)
    exchange.perform(on: table) { (table) throws(APIError) in
      let row = try KeyChecks.rowKey(ofKey: key, table)
      try expressions.checkScalarKeys(table)
      return .get(row, consistent: consistent)
    } done: { outcome, table in
      guard case .item(let item) = outcome else { fatalError("A read ended with the outcome of another call.") }
      var writer = JSONWriter(capacity: 128 + (item?.bytes.count ?? 0) * 3 / 2)
      writer.beginObject()
      if let item {
        writer.key("Item")
        if let projection { writer.item(projection.applied(to: item)) } else { writer.stored(item) }
      }
      // The size decides the units; it is a walk over the item, for the few who ask.
      if capacity != .none {
        let units = ConsumedCapacity.read(bytes: item?.sizeBytes ?? 0, consistent: consistent)
        ConsumedCapacity(table: table.name, units: units).writeMember(capacity, to: &writer)
      }
      writer.endObject()
      exchange.succeed(writer.bytes)
    } failed: { error in
      exchange.fail(error)
    }
  }
}
