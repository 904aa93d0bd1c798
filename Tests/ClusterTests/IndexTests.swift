import Bytes
import Catalog
import Client
import Items
import Messages
import Synchronization
import Testing

extension RealProcesses {
  @Suite(.serialized) struct Indexes {
    static let kills = 4

    /// Items move between index keys and go while leaders are killed; a quiet moment later each index holds exactly what
    /// its table implies.
    @Test func indexesEqualWhatTheirTableImpliesAfterLeadersWereKilled() async throws {
      try await TestCluster.run { cluster in
        let http = HTTPClient()
        let table = IndexedOrders(DynamoClient(endpoint: try cluster.endpoint(), http: http, timeoutMs: 15_000))
        try await table.make()
        async let written = table.write()
        do {
          for _ in 0..<Self.kills { try await killALeader(cluster, table) }
        } catch {
          table.stop()
          _ = await written
          throw error
        }
        table.stop()
        let count = await written
        try #require(count > 400, "A thin load proves nothing.")
        for index in IndexedOrders.indexes {
          #expect(try await table.settle(index) == [], "\(index.name)")
        }
        var carried = 0.0
        for node in ["n1", "n2", "n3"] {
          carried += try await cluster.metric("gantry_index_changes_total ", of: node, http)
        }
        #expect(carried > 0, "Some node leads a shard and counts what it carries, whichever was killed last.")
        await http.shutDown()
        try await cluster.waitUntilHealthy()
        #expect(try cluster.status("--checksums")["checksums"]?.text == "equal")
      }
    }

    private func killALeader(_ cluster: TestCluster, _ table: IndexedOrders) async throws {
      try await table.waitForWritten(more: 100)
      let leaders = try cluster.leaders()
      let node = try #require(leaders.min { $0.key < $1.key }?.value)
      try #require(try cluster.cluster("kill", node).code == 0)
      try await cluster.waitForOthersToLead(insteadOf: node, count: leaders.count)
      try await table.waitForWritten(more: 100)
      try #require(try cluster.cluster("start", node).code == 0)
      try await cluster.waitUntilHealthy()
    }
  }
}

/// A table whose items change their index keys all the time, over the API.
final class IndexedOrders: Sendable {
  struct Index: Sendable {
    var name: String
    var settings: IndexSettings
    var layout: IndexLayout { IndexLayout(settings, of: TableID(1), base: IndexedOrders.key) }
  }

  private static let partition = KeyAttribute(name: Array("id".utf8), type: .string)
  private static let sort = KeyAttribute(name: Array("line".utf8), type: .number)
  private static let status = KeyAttribute(name: Array("status".utf8), type: .string)
  private static let rank = KeyAttribute(name: Array("rank".utf8), type: .number)
  static let key = KeySchema(partition: partition, sort: sort)

  static let indexes = [
    Index(
      name: "byStatus",
      settings: IndexSettings(
        id: TableID(2), kind: .global, key: IndexKeySchema(partition: status, sort: rank), projection: .all)),
    Index(
      name: "byRank",
      settings: IndexSettings(
        id: TableID(3), kind: .global, key: IndexKeySchema(partition: rank), projection: .include,
        includedAttributes: [Array("note".utf8)])),
    Index(
      name: "inOrder",
      settings: IndexSettings(
        id: TableID(4), kind: .local, key: IndexKeySchema(partition: partition, sort: rank), projection: .keysOnly)),
  ]

  private struct State {
    var written = 0
    var isStopping = false
  }

  private let client: DynamoClient
  private let state = Mutex(State())

  init(_ client: DynamoClient) { self.client = client }

  func make() async throws {
    let request = #"""
      {"TableName":"orders","BillingMode":"PAY_PER_REQUEST","AttributeDefinitions":[
      {"AttributeName":"id","AttributeType":"S"},{"AttributeName":"line","AttributeType":"N"},
      {"AttributeName":"status","AttributeType":"S"},{"AttributeName":"rank","AttributeType":"N"}],
      "KeySchema":[{"AttributeName":"id","KeyType":"HASH"},{"AttributeName":"line","KeyType":"RANGE"}],
      "LocalSecondaryIndexes":[{"IndexName":"inOrder","KeySchema":[{"AttributeName":"id","KeyType":"HASH"},
      {"AttributeName":"rank","KeyType":"RANGE"}],"Projection":{"ProjectionType":"KEYS_ONLY"}}],
      "GlobalSecondaryIndexes":[{"IndexName":"byStatus","KeySchema":[{"AttributeName":"status","KeyType":"HASH"},
      {"AttributeName":"rank","KeyType":"RANGE"}],"Projection":{"ProjectionType":"ALL"}},
      {"IndexName":"byRank","KeySchema":[{"AttributeName":"rank","KeyType":"HASH"}],
      "Projection":{"ProjectionType":"INCLUDE","NonKeyAttributes":["note"]}}]}
      """#
    try await client.createTable(named: "orders", request: Requests.bytes(request))
  }

  func stop() { state.withLock { $0.isStopping = true } }

  func waitForWritten(more: Int) async throws {
    let goal = state.withLock { $0.written } + more
    let deadline = ContinuousClock.now + .seconds(60)
    while state.withLock({ $0.written }) < goal {
      guard ContinuousClock.now < deadline else { throw Failure(text: "writes do not go on") }
      try await Task.sleep(for: .milliseconds(5))
    }
  }

  /// Four writers, each with items of its own; returns how many writes were acknowledged.
  func write() async -> Int {
    await withTaskGroup(of: Void.self) { group in
      for writer in 0..<4 { group.addTask { await self.write(writer) } }
    }
    return state.withLock { $0.written }
  }

  private func write(_ writer: Int) async {
    var number = 0
    while !state.withLock({ $0.isStopping }) {
      number += 1
      let (id, line) = ("w\(writer)-\(number % 7)", number % 3)
      let key = #""id":{"S":"\#(id)"},"line":{"N":"\#(line)"}"#
      do {
        if number % 11 == 0 {
          _ = try await client.call("DeleteItem", body: Requests.bytes(#"{"TableName":"orders","Key":{\#(key)}}"#))
        } else {
          let status = number % 5 == 0 ? "" : #","status":{"S":"s\#(number / 3 % 4)"}"#
          let item = #"{\#(key)\#(status),"rank":{"N":"\#(number % 6)"},"note":{"S":"\#(number)"}}"#
          _ = try await client.call("PutItem", body: Requests.bytes(#"{"TableName":"orders","Item":\#(item)}"#))
        }
        state.withLock { $0.written += 1 }
      } catch {
        // Its outcome may be unknown: the index has to follow the table, whatever became of it.
      }
    }
  }

  // MARK: Judgement

  /// What differs once nothing has been written for a while; a batch that was lost is sent again within seconds.
  func settle(_ index: Index) async throws -> [String] {
    let deadline = ContinuousClock.now + .seconds(10)
    while true {
      let items = try await scan(#""ConsistentRead":true"#)
      let rows = try await scan(#""IndexName":"\#(index.name)""#)
      let faults = try IndexComparison.faults(of: index.layout, items: items, rows: rows)
      if faults.isEmpty || ContinuousClock.now >= deadline { return faults }
      try await Task.sleep(for: .milliseconds(100))
    }
  }

  private func scan(_ parameters: String) async throws -> [EncodedItem] {
    var items: [EncodedItem] = []
    var start = ""
    while true {
      let body = #"{"TableName":"orders","Limit":25,\#(parameters)\#(start)}"#
      let page = try JSONValue(parsing: try await client.call("Scan", body: Requests.bytes(body)))
      for item in page["Items"]?.elements ?? [] { items.append(try encoded(item)) }
      guard let last = page["LastEvaluatedKey"] else { return items }
      start = #","ExclusiveStartKey":\#(String(decoding: text(last), as: UTF8.self))"#
    }
  }

  private func encoded(_ item: JSONValue) throws -> EncodedItem {
    try JSONReader.read(text(item)) { (reader) throws(ItemError) in try reader.readItem() }
  }

  private func text(_ json: JSONValue) -> [UInt8] {
    var writer = JSONWriter()
    writer.value(json)
    return writer.bytes
  }
}
