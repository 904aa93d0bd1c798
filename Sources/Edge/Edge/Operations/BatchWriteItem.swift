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
      start(request, handles, exchange)
    }
  }

  private static func write(
    _ action: BatchWriteRequest.Action, _ table: TableHandle, _ returns: ReturnedImages
  ) throws(APIError) -> ItemWrite {
    switch action {
    case .put(let item):
      try ItemChecks.checkSize(item)
      let key = try KeyChecks.rowKey(ofItem: item, table)
      try KeyChecks.checkIndexKeys(of: item, table)
      return ItemWrite(key: key, action: .put(item), returns: returns)
    case .delete(let key):
      return ItemWrite(key: try KeyChecks.rowKey(ofKey: key, table), action: .delete, returns: returns)
    }
  }

  private static func start(_ request: BatchWriteRequest, _ handles: [TableHandle], _ exchange: Exchange) {
    let count = request.tables.reduce(0) { $0 + $1.actions.count }
    let run = BatchRun(count: count, exchange) { exchange.succeed(answer(request, handles, $0.results)) }
    var position = 0
    for table in request.tables {
      for action in table.actions {
        run.perform(position, on: table.table) { (handle) throws(APIError) in
          .write(try write(action, handle, images(request, handle)))
        }
        position += 1
      }
    }
  }

  /// What consumed capacity is told from.
  private static func images(_ request: BatchWriteRequest, _ table: TableHandle) -> ReturnedImages {
    if request.capacity == .none { return [] }
    return table.writtenIndexes.isEmpty ? .oldSize : [.oldSize, .old, .new]
  }

  private static func answer(
    _ request: BatchWriteRequest, _ handles: [TableHandle], _ results: [BatchRun.Result]
  ) -> [UInt8] {
    var writer = JSONWriter(capacity: 256)
    var consumed = handles.map { ConsumedCapacity(table: $0.name, units: 0) }
    var position = 0
    writer.beginObject()
    writer.key("UnprocessedItems")
    writer.beginObject()
    for (index, table) in request.tables.enumerated() {
      var hasRest = false
      for action in table.actions {
        if case .done(.written(let answer)) = results[position] {
          if request.capacity != .none { consumed[index].add(ConsumedCapacity(of: answer, handles[index])) }
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
      for consumed in consumed { consumed.write(request.capacity, to: &writer) }
      writer.endArray()
    }
    if request.showsCollections { writeCollections(request, handles, to: &writer) }
    writer.endObject()
    return writer.bytes
  }

  /// Of tables with local indexes, each partition that the batch changed.
  private static func writeCollections(
    _ request: BatchWriteRequest, _ handles: [TableHandle], to writer: inout JSONWriter
  ) {
    guard handles.contains(where: \.hasLocalIndexes) else { return }
    writer.key("ItemCollectionMetrics")
    writer.beginObject()
    for (table, handle) in zip(request.tables, handles) where handle.hasLocalIndexes {
      writer.key(Array(table.given.utf8))
      writer.beginArray()
      var seen: Set<RowKey> = []
      for action in table.actions {
        guard let row = try? write(action, handle, []).key, let partition = handle.key.partition(of: row),
          seen.insert(RowKey(table: handle.id, partition: partition)).inserted
        else { continue }
        ItemCollection(row, handle).write(to: &writer)
      }
      writer.endArray()
    }
    writer.endObject()
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
