internal import Client
internal import Items

/// What the replicas of tables in all regions came to when nobody wrote any more.
enum RegionsFinding: Sendable, Equatable {
  /// They never had the same, and what differed at last.
  case different(String)
  /// Items of all tables in each region, and how long it took.
  case equal(items: Int, seconds: Double)

  private static let pollMs = 100

  /// - Parameters:
  ///   - clients: one for each region.
  ///   - limit: when to give up.
  static func look(at tables: [String], _ clients: [DynamoClient], limit: Duration) async -> RegionsFinding {
    let start = ContinuousClock.now
    while true {
      let finding = await compare(tables, clients, since: start)
      if case .equal = finding { return finding }
      guard ContinuousClock.now - start < limit else { return finding }
      try? await Task.sleep(for: .milliseconds(pollMs))
    }
  }

  private static func compare(
    _ tables: [String], _ clients: [DynamoClient], since start: ContinuousClock.Instant
  ) async -> RegionsFinding {
    var items = 0
    for table in tables {
      var first: Set<JSONValue>?
      for client in clients {
        do {
          let found = try await scan(table, client)
          guard let first else {
            first = found
            continue
          }
          guard first == found else {
            let count = first.symmetricDifference(found).count
            return .different(
              "\(client.region) and \(clients[0].region) differ in \(count) versions of items of \(table)")
          }
        } catch {
          return .different("\(table) cannot be read in \(client.region): \(error)")
        }
      }
      items += first?.count ?? 0
    }
    return .equal(items: items, seconds: Clocks.seconds(ContinuousClock.now - start))
  }

  /// By strong reads.
  private static func scan(_ table: String, _ client: DynamoClient) async throws -> Set<JSONValue> {
    var (items, key): (Set<JSONValue>, JSONValue?) = ([], nil)
    repeat {
      let page = try JSONValue(parsing: try await client.call("Scan", body: request(table, after: key)))
      items.formUnion(page["Items"]?.elements ?? [])
      key = page["LastEvaluatedKey"]
    } while key != nil
    return items
  }

  private static func request(_ table: String, after key: JSONValue?) -> [UInt8] {
    var body = JSONWriter()
    body.beginObject()
    body.key("TableName")
    body.string(table)
    body.key("ConsistentRead")
    body.bool(true)
    if let key {
      body.key("ExclusiveStartKey")
      body.value(key)
    }
    body.endObject()
    return body.bytes
  }
}
