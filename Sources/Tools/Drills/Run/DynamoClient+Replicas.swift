internal import Client
internal import Items

extension DynamoClient {
  private static let replicaTimeout = Duration.seconds(60)

  /// Makes a replica of a table in another region and waits until it is active.
  func makeReplica(of table: String, in region: String) async throws {
    let update = #"{"TableName":"\#(table)","ReplicaUpdates":[{"Create":{"RegionName":"\#(region)"}}]}"#
    _ = try await call("UpdateTable", body: Array(update.utf8))
    let deadline = ContinuousClock.now + Self.replicaTimeout
    while try await replicaStatus(of: table, in: region) != "ACTIVE" {
      guard ContinuousClock.now < deadline else {
        throw DrillError("the replica of \(table) in \(region) does not become active")
      }
      try await Task.sleep(for: .milliseconds(20))
    }
  }

  private func replicaStatus(of table: String, in region: String) async throws -> String? {
    let answer = try JSONValue(
      parsing: try await call("DescribeTable", body: Array(#"{"TableName":"\#(table)"}"#.utf8)))
    let replicas = answer["Table"]?["Replicas"]?.elements ?? []
    return replicas.first { $0["RegionName"]?.text == region }?["ReplicaStatus"]?.text
  }
}
