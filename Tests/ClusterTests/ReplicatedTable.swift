import Client
import Items

/// The table `things` with a replica in each of two regions, made by UpdateTable when it had items.
struct ReplicatedTable {
  let cluster: TestCluster
  let us: DynamoClient
  let eu: DynamoClient

  init(_ cluster: TestCluster, _ http: HTTPClient) async throws {
    self.cluster = cluster
    us = DynamoClient(endpoint: try cluster.endpoint(of: "us-c1"), region: "us-east-1", http: http)
    eu = DynamoClient(endpoint: try cluster.endpoint(of: "eu-c1"), region: "eu-west-1", http: http)
    try await us.createTable(named: "things", request: Requests.createTable("things"))
    for number in 0..<40 { try await put(us, "old\(number)", "\(number)") }
    _ = try await us.call("DeleteItem", body: Self.key("old0"))
    try await addReplica()
  }

  func addReplica() async throws {
    let body = #"{"TableName":"things","ReplicaUpdates":[{"Create":{"RegionName":"eu-west-1"}}]}"#
    // Its region may be about to hear that the one before has gone.
    try await until("the replica is asked for") {
      (try? await us.call("UpdateTable", body: Requests.bytes(body))) != nil
    }
    try await until("the replica is active") { try await replicas(us) == ["eu-west-1 ACTIVE"] }
  }

  func removeReplica() async throws {
    let body = #"{"TableName":"things","ReplicaUpdates":[{"Delete":{"RegionName":"eu-west-1"}}]}"#
    _ = try await us.call("UpdateTable", body: Requests.bytes(body))
  }

  static func key(_ id: String) -> [UInt8] {
    Requests.bytes(#"{"TableName":"things","Key":{"id":{"S":"\#(id)"}}}"#)
  }

  func put(_ client: DynamoClient, _ id: String, _ value: String) async throws {
    _ = try await client.call("PutItem", body: Requests.put("things", id: id, value: value))
  }

  func replicas(_ client: DynamoClient) async throws -> [String] {
    let body = Requests.bytes(#"{"TableName":"things"}"#)
    let table = try JSONValue(parsing: try await client.call("DescribeTable", body: body))["Table"]
    return (table?["Replicas"]?.elements ?? []).map {
      "\($0["RegionName"]?.text ?? "") \($0["ReplicaStatus"]?.text ?? "")"
    }
  }

  func items(_ client: DynamoClient) async throws -> [String: String] {
    let body = Requests.bytes(#"{"TableName":"things","ConsistentRead":true}"#)
    let page = try JSONValue(parsing: try await client.call("Scan", body: body))
    let pairs = (page["Items"]?.elements ?? []).map { ($0["id"]?["S"]?.text ?? "", $0["value"]?["S"]?.text ?? "") }
    return Dictionary(uniqueKeysWithValues: pairs)
  }

  func until(_ what: String, seconds: Int = 30, _ condition: () async throws -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while try await !condition() {
      guard ContinuousClock.now < deadline else { throw Failure(text: "\(what): not in \(seconds) s") }
      try await Task.sleep(for: .milliseconds(20))
    }
  }

  /// What a node's shards hold, or what another region is to hold of it; added up over them.
  func digests(_ node: String, as region: String?, _ http: HTTPClient) async throws -> UInt64 {
    let admin = try cluster.admin(of: node)
    let proposed = try JSONValue(parsing: try await http.post("/checksum", to: admin).body)["proposed"]?.elements
    let indexes = (proposed ?? []).compactMap { $0["index"]?.integer }
    while true {
      let status = try JSONValue(parsing: try await http.get("/status", from: admin).body)
      let groups = (status["groups"]?.elements ?? []).filter { $0["id"]?.integer != 0 }
      guard groups.allSatisfy({ ($0["checksumIndex"]?.integer ?? 0) >= (indexes.min() ?? 0) }) else {
        try await Task.sleep(for: .milliseconds(20))
        continue
      }
      return groups.flatMap { $0["digests"]?.elements ?? [] }.filter { $0["as"]?.text == region }
        .reduce(0) { $0 &+ (UInt64($1["digest"]?.text ?? "", radix: 16) ?? 0) }
    }
  }

  func waitUntilEqual() async throws -> [String: String] {
    try await until("both regions hold the same") { try await items(us) == items(eu) }
    return try await items(us)
  }
}
