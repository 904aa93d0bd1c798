internal import Catalog
internal import Coordinator
internal import Expressions
internal import Items
internal import Messages

enum Query {
  static func run(_ request: ItemRequest, _ exchange: Exchange) throws(APIError) {
    let table = try request.check(required: [])
    let read = try PageRead(request, .query) { () throws(APIError) in
      guard request.keyConditionExpression == nil, request.legacy?.keyConditions == nil else { return }
      throw .validation(
        "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.")
    }
    guard let conditions = read.expressions.keyConditions else { fatalError("A query's keys were not checked.") }
    let filterName = request.legacy?.filter?.parameterName ?? "Filter Expression"
    exchange.performRead(on: table, read) { (source) throws(APIError) in
      let key = try APIError.wrap { () throws(ExpressionError) in
        try conditions.bind(partition: source.partition.map(\.bound), sort: source.sort.map(\.bound))
      }
      var (lower, upper) = source.bounds(key)
      if let start = request.exclusiveStartKey {
        let start = try startKey(start, key, source)
        if request.scanIndexForward {
          lower = max(lower, ReadSource.after(start))
        } else {
          upper = min(upper, start)
        }
      }
      try checkFilter(read.expressions.filter, filterName, source)
      try read.expressions.checkScalarKeys(source.table)
      // Nothing lies between; the range must not be inside out.
      return .query(
        read.range(from: min(lower, upper), to: upper, of: source, reverse: !request.scanIndexForward))
    }
  }

  /// A filter is evaluated after the key condition has chosen, so that keys have no place in it.
  private static func checkFilter(
    _ filter: Condition?, _ parameter: String, _ source: ReadSource
  ) throws(APIError) {
    guard let names = filter?.referencedTopLevelNames else { return }
    for key in source.partition + source.sort where names.contains(key.name) {
      throw .validation(
        "\(parameter) can only contain non-primary key attributes: Primary key attribute: \(key.text)")
    }
  }

  private static func startKey(
    _ given: EncodedItem, _ condition: KeyCondition, _ source: ReadSource
  ) throws(APIError) -> RowKey {
    guard given.count == source.keyAttributes.count else { throw ReadSource.invalidStart }
    let start = try source.row(at: given)
    guard source.index != nil || !source.sort.isEmpty else {
      throw .validation("The provided exclusive start key is invalid: ExclusiveStartKey has no sort key to go on from")
    }
    guard zip(source.partition, condition.partition).allSatisfy({ given.attribute($0.name) == $1 }) else {
      throw .validation("The provided starting key is outside query boundaries based on provided conditions")
    }
    let bounds = source.bounds(condition)
    guard condition.sort == nil && condition.leading.isEmpty || (bounds.lower <= start && start < bounds.upper) else {
      throw .validation("The provided starting key does not match the range key predicate")
    }
    return start
  }
}

extension TableKeyAttribute {
  /// The same for the expressions, which know no catalog.
  fileprivate var bound: Expressions.KeyAttribute { Expressions.KeyAttribute(name: name, type: type) }
}
