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
      let key = try bind(conditions, request.exclusiveStartKey, source)
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
      try read.checkSelection(source)
      try read.expressions.checkScalarKeys(source.table)
      // Nothing lies between; the range must not be inside out.
      return .query(
        read.range(from: min(lower, upper), to: upper, of: source, reverse: !request.scanIndexForward))
    }
  }

  /// The service goes from key to key, and looks at the start key's value before the condition.
  private static func bind(
    _ conditions: KeyConditions, _ start: EncodedItem?, _ source: ReadSource
  ) throws(APIError) -> KeyCondition {
    if let start {
      try source.checkCount(ofStart: start)
      try source.check(start, has: source.partition)
      if source.partition.count == 1, source.sort.count < 2 {
        try APIError.wrap { () throws(ExpressionError) in
          _ = try conditions.bind(partition: source.partition[0].bound, hasSort: !source.sort.isEmpty)
        }
      }
      try source.check(start, has: source.sort)
    }
    return try APIError.wrap { () throws(ExpressionError) in
      try conditions.bind(partition: source.partition.map(\.bound), sort: source.sort.map(\.bound))
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
    let start = try source.row(atStart: given)
    guard source.index != nil || !source.sort.isEmpty else {
      throw .validation("The provided exclusive start key is invalid: ExclusiveStartKey has no sort key to go on from")
    }
    let isInPartition = zip(source.partition, condition.partition).allSatisfy { given.attribute($0.name) == $1 }
    guard condition.sort != nil || !condition.leading.isEmpty else {
      if isInPartition { return start }
      throw .validation("The provided starting key is outside query boundaries based on provided conditions")
    }
    let bounds = source.bounds(condition)
    let inside = try source.row(atStart: given, partition: condition.partition)
    guard bounds.lower <= inside, inside < bounds.upper else {
      throw .validation("The provided starting key does not match the range key predicate")
    }
    if isInPartition { return start }
    throw .validation("The query can return at most one row and cannot be restarted")
  }
}

extension TableKeyAttribute {
  /// The same for the expressions, which know no catalog.
  fileprivate var bound: Expressions.KeyAttribute { Expressions.KeyAttribute(name: name, type: type) }
}
