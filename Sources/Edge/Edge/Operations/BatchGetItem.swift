internal import Coordinator
internal import Items
internal import Messages

enum BatchGetItem {
  /// DynamoDB's bound of an answer: what does not fit is left for another request.
  static let answerBytesMax = 16 << 20

  static func run(_ body: UnsafeBufferPointer<UInt8>, _ exchange: Exchange) throws(APIError) {
    let request = try BatchGetRequest.parse(body)
    exchange.withTables(request.tables.map(\.table)) { (handles) throws(APIError) in
      for (table, handle) in zip(request.tables, handles) {
        for key in table.keys { _ = try KeyChecks.rowKey(ofKey: key, handle) }
        try table.expressions?.checkScalarKeys(handle)
      }
      start(request, exchange)
    }
  }

  private static func start(_ request: BatchGetRequest, _ exchange: Exchange) {
    let count = request.tables.reduce(0) { $0 + $1.keys.count }
    let run = BatchRun(count: count, exchange) { exchange.succeed(answer(request, $0.results)) }
    var position = 0
    for table in request.tables {
      let consistent = table.options.consistentRead
      for key in table.keys {
        run.perform(position, on: table.table) { (handle) throws(APIError) in
          .get(try KeyChecks.rowKey(ofKey: key, handle), consistent: consistent)
        }
        position += 1
      }
    }
  }

  private struct Part {
    var items: [EncodedItem] = []
    var unprocessed: [EncodedItem] = []
    var units = 0.0
  }

  static func answer(_ request: BatchGetRequest, _ results: [BatchRun.Result]) -> [UInt8] {
    let parts = sort(request, results)
    var writer = JSONWriter(capacity: 4_096)
    writer.beginObject()
    writer.key("Responses")
    writer.beginObject()
    for (table, part) in zip(request.tables, parts) {
      writer.key(Array(table.given.utf8))
      writer.beginArray()
      for item in part.items {
        if let projection = table.expressions?.projection {
          writer.item(projection.applied(to: item))
        } else {
          writer.stored(item)
        }
      }
      writer.endArray()
    }
    writer.endObject()
    writer.key("UnprocessedKeys")
    writer.beginObject()
    for (table, part) in zip(request.tables, parts) where !part.unprocessed.isEmpty {
      writer.key(Array(table.given.utf8))
      table.write(rest: part.unprocessed, to: &writer)
    }
    writer.endObject()
    if request.capacity != .none {
      writer.key("ConsumedCapacity")
      writer.beginArray()
      for (table, part) in zip(request.tables, parts) {
        ConsumedCapacity(table: table.table, units: part.units).write(request.capacity, to: &writer)
      }
      writer.endArray()
    }
    writer.endObject()
    return writer.bytes
  }

  private static func sort(_ request: BatchGetRequest, _ results: [BatchRun.Result]) -> [Part] {
    var position = 0
    var bytes = 0
    return request.tables.map { table in
      var part = Part()
      for key in table.keys {
        if case .done(.item(let item)) = results[position], bytes + (item?.bytes.count ?? 0) <= answerBytesMax {
          bytes += item?.bytes.count ?? 0
          if let item { part.items.append(item) }
          part.units += ConsumedCapacity.read(
            bytes: item?.sizeBytes ?? 0, consistent: table.options.consistentRead)
        } else {
          part.unprocessed.append(key)
        }
        position += 1
      }
      return part
    }
  }
}
