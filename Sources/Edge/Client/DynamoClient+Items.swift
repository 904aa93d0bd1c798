public import Items

extension DynamoClient {
  /// Puts up to 25 items with `BatchWriteItem`; what the service leaves unprocessed is sent again, at most ten times.
  public func write(_ items: [AttributeMap], to table: String) async throws(CallError) {
    guard items.count <= ClientLimits.batchItemsMax else {
      fatalError("A batch holds at most \(ClientLimits.batchItemsMax) items.")
    }
    var request = Self.batch(of: items, to: table)
    for attempt in 1...ClientLimits.unprocessedAttemptsMax {
      let answer = try parsed(try await call("BatchWriteItem", body: request))
      guard let rest = answer["UnprocessedItems"], case .object(let tables) = rest, !tables.isEmpty else { return }
      request = Self.request { $0.value(rest) }
      try? await Task.sleep(for: .milliseconds(20 * attempt))
    }
    throw .transport(TransportFailure(.timeout, "\(endpoint): items for \(table) stayed unprocessed"))
  }

  private static func batch(of items: [AttributeMap], to table: String) -> [UInt8] {
    request { writer in
      writer.beginObject()
      writer.key(Array(table.utf8))
      writer.beginArray()
      for item in items {
        writer.beginObject()
        writer.key("PutRequest")
        writer.beginObject()
        writer.key("Item")
        writer.item(item)
        writer.endObject()
        writer.endObject()
      }
      writer.endArray()
      writer.endObject()
    }
  }

  private static func request(items: (inout JSONWriter) -> Void) -> [UInt8] {
    var writer = JSONWriter(capacity: 16_384)
    writer.beginObject()
    writer.key("RequestItems")
    items(&writer)
    writer.endObject()
    return writer.bytes
  }
}
