internal import Client
internal import Items

/// `gantry cluster pause-replication|resume-replication`: recorded and delivered as faults are.
///
/// Amazon's Fault Injection Service has the same action for global tables.
public struct ReplicationCommands: Sendable {
  /// Which changes are meant. Without any region: those between all regions.
  public struct Scope: Sendable {
    /// Nil: of all tables.
    public var table: String?
    /// Of which region, and to which.
    public var from: String?
    public var to: String?
    /// From and to this region.
    public var region: String?

    public init(table: String? = nil, from: String? = nil, to: String? = nil, region: String? = nil) {
      (self.table, self.from, self.to, self.region) = (table, from, to, region)
    }
  }

  private static let askTimeoutMs = 2_000

  let folder: DataFolder

  public init(_ folder: DataFolder) { self.folder = folder }

  /// Changes stay where they are made and wait there, writes go on. Processes that start later keep to it.
  public func pause(_ scope: Scope) async throws(SupervisorError) -> FaultCommands.Report {
    let description = try ClusterDescription.ofRunning(folder)
    let ways = try Self.ways(scope, description)
    if let table = scope.table { try await checkExists(table, description) }
    return try await FaultCommands(folder).change(.pauseReplication(ways))
  }

  /// What waited goes on its way.
  public func resume(_ scope: Scope) async throws(SupervisorError) -> FaultCommands.Report {
    let ways = try Self.ways(scope, try ClusterDescription.ofRunning(folder))
    return try await FaultCommands(folder).change(.resumeReplication(ways))
  }

  private static func ways(
    _ scope: Scope, _ description: ClusterDescription
  ) throws(SupervisorError) -> [ReplicationPause] {
    try ReplicationPause.ways(
      table: scope.table, from: scope.from, to: scope.to, both: scope.region, of: description)
  }

  /// A mistyped name would pause nothing, and say that it did. A region that does not answer may have the table.
  private func checkExists(_ table: String, _ description: ClusterDescription) async throws(SupervisorError) {
    let mayExist = await HTTPClient.during { http in
      for region in description.regions where await Self.mayHave(table, region, http) { return true }
      return false
    }
    guard mayExist else { throw SupervisorError("no region has a table '\(table)'", exitCode: 2) }
  }

  private static func mayHave(
    _ table: String, _ region: ClusterDescription.Region, _ http: HTTPClient
  ) async -> Bool {
    guard let endpoint = Endpoint(region.endpoint) else { return true }
    let client = DynamoClient(
      endpoint: endpoint, region: region.name, http: http, retries: .none, timeoutMs: askTimeoutMs)
    do {
      let body = JSONValue.members(["TableName": .text(table)]).compact
      _ = try await client.call("DescribeTable", body: Array(body.utf8))
      return true
    } catch {
      guard case .service(let failure) = error else { return true }
      return !["ResourceNotFoundException", "ValidationException"].contains(failure.code)
    }
  }
}
