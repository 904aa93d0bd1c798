internal import Coordinator
internal import Items
internal import Messages

enum BatchWriteItem {
  static func run(_ body: UnsafeBufferPointer<UInt8>, _ exchange: Exchange) throws(APIError) {
    let request = try BatchWriteRequest.parse(body)
    exchange.withTables(request.tables.map(\.table)) { (handles) throws(APIError) in
      for (table, handle) in zip(request.tables, handles) {
        var rows: [RowKey] = []
        for action in table.actions { rows.append(try write(action, handle, []).key) }
        try BatchKeys.checkUnique(rows)
      }
      start(request, exchange)
    }
  }

  private static func write(
    _ action: BatchWriteRequest.Action, _ table: TableHandle, _ returns: ReturnedImages
  ) throws(APIError) -> ItemWrite {
    switch action {
    case .put(let item):
      let key = try KeyChecks.rowKey(ofItem: item, table, inBatch: true)
      try KeyChecks.checkIndexKeys(of: item, table)
      return ItemWrite(key: key, action: .put(item), returns: returns)
    case .delete(let key):
      return ItemWrite(key: try KeyChecks.rowKey(ofKey: key, table), action: .delete, returns: returns)
    }
  }

  private static func start(_ request: BatchWriteRequest, _ exchange: Exchange) {
    let count = request.tables.reduce(0) { $0 + $1.actions.count }
    let run = BatchRun(count: count, exchange) { exchange.succeed(answer(request, $0.results)) }
    let returns: ReturnedImages = request.capacity == .none ? [] : .oldSize
    var position = 0
    for table in request.tables {
      for action in table.actions {
        run.perform(position, on: table.table) { (handle) throws(APIError) in
          .write(try write(action, handle, returns))
        }
        position += 1
      }
    }
  }

  static func answer(_ request: BatchWriteRequest, _ results: [BatchRun.Result]) -> [UInt8] {
    var writer = JSONWriter(capacity: 256)
    var units = Array(repeating: 0.0, count: request.tables.count)
    var position = 0
    writer.beginObject()
    writer.key("UnprocessedItems")
    writer.beginObject()
    for (index, table) in request.tables.enumerated() {
      var hasRest = false
      for action in table.actions {
        if case .done(.written(let answer)) = results[position] {
          units[index] += ConsumedCapacity.write(oldBytes: answer.oldBytes, newBytes: answer.newBytes)
        } else {
          if !hasRest {
            writer.key(Array(table.given.utf8))
            writer.beginArray()
            hasRest = true
          }
          write(action, to: &writer)
        }
        position += 1
      }
      if hasRest { writer.endArray() }
    }
    writer.endObject()
    if request.capacity != .none {
      writer.key("ConsumedCapacity")
      writer.beginArray()
      for (table, units) in zip(request.tables, units) {
        ConsumedCapacity(table: table.table, units: units).write(request.capacity, to: &writer)
      }
      writer.endArray()
    }
    writer.endObject()
    return writer.bytes
  }

  private static func write(_ action: BatchWriteRequest.Action, to writer: inout JSONWriter) {
    writer.beginObject()
    switch action {
    case .put(let item):
      writer.key("PutRequest")
      writer.beginObject()
      writer.key("Item")
      writer.stored(item)
      writer.endObject()
    case .delete(let key):
      writer.key("DeleteRequest")
      writer.beginObject()
      writer.key("Key")
      writer.stored(key)
      writer.endObject()
    }
    writer.endObject()
  }
}
