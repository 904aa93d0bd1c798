import Client
import Items

/// Items that a test wrote, each with the newest value that was acknowledged.
struct StoredItems {
  private let table: StaticString
  private(set) var values: [String: String] = [:]

  init(table: StaticString) { self.table = table }

  var ids: [String] { values.keys.sorted() }

  /// Writes 25 at a time, four times at once.
  mutating func write(_ items: [(id: String, value: String)], _ client: DynamoClient) async throws {
    let batches = stride(from: 0, to: items.count, by: 25).map { Array(items[$0..<min($0 + 25, items.count)]) }
    for start in stride(from: 0, to: batches.count, by: 4) {
      try await withThrowingTaskGroup(of: Void.self) { group in
        for batch in batches[start..<min(start + 4, batches.count)] {
          group.addTask { [table] in try await client.write(batch.map(Self.item), to: "\(table)") }
        }
        try await group.waitForAll()
      }
    }
    for (id, value) in items { values[id] = value }
  }

  private static func item(_ id: String, _ value: String) -> AttributeMap {
    AttributeMap([
      .init(name: Array("id".utf8), value: .text(id)), .init(name: Array("value".utf8), value: .text(value)),
    ])
  }

  /// Those of `ids` of which a strong read finds something else.
  func wrong(_ ids: [String], _ client: DynamoClient) async throws -> [String] {
    var wrong: [String] = []
    for start in stride(from: 0, to: ids.count, by: 50) {
      var wanted = Array(ids[start..<min(start + 50, ids.count)])
      while !wanted.isEmpty {
        let body = Requests.batchGet("\(table)", ids: wanted)
        let answer = try JSONValue(parsing: try await client.call("BatchGetItem", body: body))
        var found: [String: String] = [:]
        for item in answer["Responses"]?[table]?.elements ?? [] {
          if let id = item["id"]?["S"]?.text { found[id] = item["value"]?["S"]?.text ?? "" }
        }
        let left = Set((answer["UnprocessedKeys"]?[table]?["Keys"]?.elements ?? []).compactMap { $0["id"]?["S"]?.text })
        wrong += wanted.filter { !left.contains($0) && found[$0] != values[$0] }
        wanted.removeAll { !left.contains($0) }
      }
    }
    return wrong
  }
}
