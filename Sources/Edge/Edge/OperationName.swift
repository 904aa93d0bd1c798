/// The operations that are served.
enum OperationName: String, CaseIterable {
  case getItem = "GetItem"
  case putItem = "PutItem"
  case updateItem = "UpdateItem"
  case deleteItem = "DeleteItem"
  case query = "Query"
  case scan = "Scan"
  case batchGetItem = "BatchGetItem"
  case batchWriteItem = "BatchWriteItem"
  case createTable = "CreateTable"
  case describeTable = "DescribeTable"
  case listTables = "ListTables"
  case deleteTable = "DeleteTable"
  case listStreams = "ListStreams"
  case describeStream = "DescribeStream"
  case getShardIterator = "GetShardIterator"
  case getRecords = "GetRecords"
  case getCallerIdentity = "GetCallerIdentity"
  /// Requests that name no operation that is served.
  case other = "other"

  var position: Int { Self.positions[self]! }

  private static let positions = Dictionary(
    uniqueKeysWithValues: OperationName.allCases.enumerated().map { ($1, $0) })

  /// What `X-Amz-Target` names.
  enum Target: Equatable {
    case served(OperationName)
    /// An operation of the DynamoDB service model that Gantry does not have.
    case unsupported(String)
    case unknown
  }

  private static let prefix = "DynamoDB_20120810."

  static func target(_ header: String) -> Target {
    guard header.hasPrefix(prefix) else {
      let streams = "DynamoDBStreams_20120810."
      guard header.hasPrefix(streams) else { return .unknown }
      return ofStreams.first { $0.rawValue == header.dropFirst(streams.count) }.map { .served($0) } ?? .unknown
    }
    let name = String(header.dropFirst(prefix.count))
    if let operation = served[name] { return .served(operation) }
    return unsupported.contains(name) ? .unsupported(name) : .unknown
  }

  /// Those of the other service that is spoken here.
  private static let ofStreams: [OperationName] = [.listStreams, .describeStream, .getShardIterator, .getRecords]

  private static let served: [String: OperationName] = Dictionary(
    uniqueKeysWithValues: OperationName.allCases
      .filter { $0 != .other && $0 != .getCallerIdentity && !ofStreams.contains($0) }
      .map { ($0.rawValue, $0) })

  /// The rest of the service model of 2012-08-10.
  private static let unsupported: Set<String> = [
    "BatchExecuteStatement", "CreateBackup", "CreateGlobalTable", "DeleteBackup", "DeleteResourcePolicy",
    "DescribeBackup", "DescribeContinuousBackups", "DescribeContributorInsights", "DescribeEndpoints",
    "DescribeExport", "DescribeGlobalTable", "DescribeGlobalTableSettings", "DescribeImport",
    "DescribeKinesisStreamingDestination", "DescribeLimits", "DescribeTableReplicaAutoScaling",
    "DescribeTimeToLive", "DisableKinesisStreamingDestination", "EnableKinesisStreamingDestination",
    "ExecuteStatement", "ExecuteTransaction", "ExportTableToPointInTime", "GetResourcePolicy", "ImportTable",
    "ListBackups", "ListContributorInsights", "ListExports", "ListGlobalTables", "ListImports",
    "ListTagsOfResource", "PutResourcePolicy", "RestoreTableFromBackup", "RestoreTableToPointInTime",
    "TagResource", "TransactGetItems", "TransactWriteItems", "UntagResource", "UpdateContinuousBackups",
    "UpdateContributorInsights", "UpdateGlobalTable", "UpdateGlobalTableSettings",
    "UpdateKinesisStreamingDestination", "UpdateTable", "UpdateTableReplicaAutoScaling", "UpdateTimeToLive",
  ]
}
