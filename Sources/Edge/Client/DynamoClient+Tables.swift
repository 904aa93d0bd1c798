internal import Items

extension DynamoClient {
  /// `TableStatus` of a table; nil where there is no such table.
  public func tableStatus(_ table: String) async throws(CallError) -> String? {
    var body = JSONWriter()
    body.beginObject()
    body.key("TableName")
    body.string(table)
    body.endObject()
    do {
      let answer = try parsed(try await call("DescribeTable", body: body.bytes))
      return answer["Table"]?["TableStatus"]?.text
    } catch {
      if error.code == "ResourceNotFoundException" { return nil }
      throw error
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
    let deadline = ContinuousClock.now + .milliseconds(timeoutMs)
    while try await tableStatus(table) != "ACTIVE" {
      guard ContinuousClock.now < deadline else {
        throw .transport(TransportFailure(.timeout, "the table \(table) did not become active in \(timeoutMs) ms"))
      }
      try? await Task.sleep(for: .milliseconds(5))
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
