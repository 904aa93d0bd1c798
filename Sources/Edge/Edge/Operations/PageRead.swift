internal import Bytes
internal import Catalog
internal import Coordinator
internal import Expressions
internal import Items
internal import Messages

/// What Query and Scan have in common.
struct PageRead {
  enum Kind {
    case query, scan

    /// As ``ItemRequest/checkParameterMix(valueExpressions:)`` lists them.
    var valueExpressions: String {
      self == .query ? "FilterExpression and KeyConditionExpression are" : "FilterExpression is"
    }

    /// Query reports a contradiction of `Select` as a validation error of the request, Scan by itself.
    var contradictionOpening: String { self == .query ? "1 validation error detected: " : "" }
  }

  var expressions: ParsedExpressions
  var indexName: String?
  /// `ALL_ATTRIBUTES` was asked for.
  var wantsAll: Bool
  var countOnly: Bool
  var consistent: Bool
  var limit: UInt32?
  var capacity: ConsumedCapacity.Detail
  /// Parts of the table that each cost at least one step of capacity, where the read comes to its end.
  var partsMin = 1

  /// - Parameter midway: as of ``ParsedExpressions``.
  /// - Throws: what DynamoDB refuses of the parameters that both operations have, in its order.
  init(
    _ request: ItemRequest, _ kind: Kind, midway: () throws(APIError) -> Void
  ) throws(APIError) {
    try request.checkParameterMix(valueExpressions: kind.valueExpressions)
    try Self.checkSelect(request, kind)
    expressions = try ParsedExpressions(request, midway: midway)
    indexName = request.indexName
    wantsAll = request.select == "ALL_ATTRIBUTES"
    countOnly = request.select == "COUNT"
    consistent = request.consistentRead
    limit = request.limit.map { UInt32(clamping: $0) }
    capacity = ConsumedCapacity.Detail(request.returnConsumedCapacity)
  }

  private static func checkSelect(_ request: ItemRequest, _ kind: Kind) throws(APIError) {
    guard request.select != nil else { return }
    let asked: String? =
      if request.projectionExpression != nil {
        "ProjectionExpression"
      } else if request.attributesToGet != nil {
        "AttributesToGet"
      } else {
        nil
      }
    let cannot = kind.contradictionOpening + "Cannot specify the \(asked ?? "") when choosing to get"
    switch (request.select, asked) {
    case ("SPECIFIC_ATTRIBUTES", nil):
      throw .validation(
        "Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES")
    case ("COUNT", _?): throw .validation("\(cannot) only the Count")
    case ("ALL_ATTRIBUTES", _?), ("ALL_PROJECTED_ATTRIBUTES", _?):
      throw .validation("\(cannot) \(request.select ?? "")")
    case ("ALL_PROJECTED_ATTRIBUTES", nil) where request.indexName == nil:
      throw .invalid("ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName")
    default: return
    }
  }

  func range(
    from lower: RowKey, to upper: RowKey, of source: ReadSource, reverse: Bool = false
  ) -> RangeRead {
    var range = RangeRead(
      lower: lower, upper: upper, reverse: reverse, consistent: consistent, limit: limit, filter: expressions.filter,
      countOnly: countOnly, fetchesItems: fetchesItems(source))
    range.prefersLeader = source.index.map { !$0.isLocal } ?? false
    return range
  }

  func body(_ page: RangePage, _ source: ReadSource) -> [UInt8] {
    var writer = JSONWriter(capacity: 256 + Int(min(page.scannedBytes, 1 << 21)))
    writer.beginObject()
    if !countOnly {
      writer.key("Items")
      writer.beginArray()
      for item in page.items {
        if let projection = expressions.projection {
          writer.item(projection.applied(to: item))
        } else {
          writer.stored(item)
        }
      }
      writer.endArray()
    }
    writer.key("Count")
    writer.integer(Int(page.count))
    writer.key("ScannedCount")
    writer.integer(Int(page.scannedCount))
    if let last = page.last {
      writer.key("LastEvaluatedKey")
      writer.item(source.attributes(of: last))
    }
    consumed(page, source).writeMember(capacity, to: &writer)
    writer.endObject()
    return writer.bytes
  }
}

extension Exchange {
  /// A client that saw an index become active finds it so: what is known here may be older than what it was told.
  func performRead(
    on table: String, _ read: PageRead, build: @escaping (ReadSource) throws(APIError) -> Call
  ) {
    if knows(read.indexName, of: table) { return performKnown(on: table, read, build: build) }
    refreshed { [self] error in
      if let error { fail(error) } else { performKnown(on: table, read, build: build) }
    }
  }

  /// True also where the table itself is unknown: it is looked for elsewhere.
  private func knows(_ index: String?, of table: String) -> Bool {
    guard let index, let handle = service.activeTable(table) else { return true }
    return handle.indexes.contains { $0.name == index && $0.status == .active }
  }

  private func performKnown(
    on table: String, _ read: PageRead, build: @escaping (ReadSource) throws(APIError) -> Call
  ) {
    perform(on: table) { (table) throws(APIError) in
      let source = try ReadSource(table, indexName: read.indexName)
      try read.checkConsistency(source)
      return try build(source)
    } done: { [self] outcome, table in
      guard case .page(let page) = outcome else { fatalError("A read ended with the outcome of another call.") }
      attempt { () throws(APIError) in succeed(read.body(page, try ReadSource(table, indexName: read.indexName))) }
    } failed: { [self] error in
      fail(error)
    }
  }
}
