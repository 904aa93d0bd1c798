internal import Items

extension DynamoClient {
  /// `TableStatus` of a table; nil where there is no such table.
  public func tableStatus(_ table: String) async throws(CallError) -> String? {
    do {
      return try await description(of: table)["TableStatus"]?.text
    } catch {
      if error.code == "ResourceNotFoundException" { return nil }
      throw error
    }
  }

  /// `ReplicaStatus` of a table's replica in another region; nil where it has none there.
  public func replicaStatus(_ table: String, in region: String) async throws(CallError) -> String? {
    let replicas = try await description(of: table)["Replicas"]?.elements ?? []
    return replicas.first { $0["RegionName"]?.text == region }?["ReplicaStatus"]?.text
  }

  /// Makes a replica of a table in another region and waits until it is active.
  public func createReplica(of table: String, in region: String, timeoutMs: Int = 60_000) async throws(CallError) {
    var body = JSONWriter()
    body.beginObject()
    body.key("TableName")
    body.string(table)
    body.key("ReplicaUpdates")
    body.beginArray()
    body.beginObject()
    body.key("Create")
    body.beginObject()
    body.key("RegionName")
    body.string(region)
    for _ in 0..<2 { body.endObject() }
    body.endArray()
    body.endObject()
    _ = try await call("UpdateTable", body: body.bytes)
    try await wait("the replica of \(table) in \(region) did not become active", timeoutMs) {
      (client) async throws(CallError) in try await client.replicaStatus(table, in: region) == "ACTIVE"
    }
  }

  /// `Table` of `DescribeTable`.
  private func description(of table: String) async throws(CallError) -> JSONValue {
    var body = JSONWriter()
    body.beginObject()
    body.key("TableName")
    body.string(table)
    body.endObject()
    return try parsed(try await call("DescribeTable", body: body.bytes))["Table"] ?? .null
  }

  private func wait(
    _ failure: String, _ timeoutMs: Int, until condition: (DynamoClient) async throws(CallError) -> Bool
  ) async throws(CallError) {
    let deadline = ContinuousClock.now + .milliseconds(timeoutMs)
    while try await !condition(self) {
      guard ContinuousClock.now < deadline else {
        throw .transport(TransportFailure(.timeout, "\(failure) in \(timeoutMs) ms"))
      }
      try? await Task.sleep(for: .milliseconds(5))
    }
  }

  /// Makes a table from a `CreateTable` request and waits until it is active; a table of that name that exists already
  /// is left as it is.
  public func createTable(named table: String, request: [UInt8], timeoutMs: Int = 30_000) async throws(CallError) {
    do {
      _ = try await call("CreateTable", body: request)
    } catch {
      guard error.code == "ResourceInUseException" else { throw error }
    }
    try await wait("the table \(table) did not become active", timeoutMs) {
      (client) async throws(CallError) in try await client.tableStatus(table) == "ACTIVE"
    }
  }

  func parsed(_ body: [UInt8]) throws(CallError) -> JSONValue {
    do {
      return try JSONValue(parsing: body)
    } catch {
      throw .transport(TransportFailure(.malformed, "\(endpoint): the answer is no JSON: \(error.message)"))
    }
  }
}
