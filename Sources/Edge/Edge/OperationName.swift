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
  case updateTable = "UpdateTable"
  case tagResource = "TagResource"
  case untagResource = "UntagResource"
  case listTagsOfResource = "ListTagsOfResource"
  case updateTimeToLive = "UpdateTimeToLive"
  case describeTimeToLive = "DescribeTimeToLive"
  case updateContinuousBackups = "UpdateContinuousBackups"
  case describeContinuousBackups = "DescribeContinuousBackups"
  case createGlobalTable = "CreateGlobalTable"
  case describeGlobalTable = "DescribeGlobalTable"
  case listGlobalTables = "ListGlobalTables"
  case updateGlobalTable = "UpdateGlobalTable"
  case describeGlobalTableSettings = "DescribeGlobalTableSettings"
  case updateGlobalTableSettings = "UpdateGlobalTableSettings"
  case describeLimits = "DescribeLimits"
  case describeEndpoints = "DescribeEndpoints"
  /// Of KMS.
  case describeKey = "DescribeKey"
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
  private static let keyTarget = "TrentService.DescribeKey"

  static func target(_ header: String) -> Target {
    guard header.hasPrefix(prefix) else {
      if header == keyTarget { return .served(.describeKey) }
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
      .filter { ![.other, .getCallerIdentity, .describeKey].contains($0) && !ofStreams.contains($0) }
      .map { ($0.rawValue, $0) })

  /// The rest of the service model of 2012-08-10.
  static let unsupported: Set<String> = [
    "BatchExecuteStatement", "CancelBulkOperation", "CreateBackup", "DeleteBackup",
    "DeleteResourcePolicy", "DescribeBackup", "DescribeBulkOperation", "DescribeContributorInsights",
    "DescribeExport", "DescribeImport",
    "DescribeKinesisStreamingDestination", "DescribeTableReplicaAutoScaling", "DisableKinesisStreamingDestination",
    "EnableKinesisStreamingDestination", "ExecuteStatement", "ExecuteTransaction", "ExportTableToPointInTime",
    "GetResourcePolicy", "ImportTable", "ListBackups", "ListBulkOperations", "ListContributorInsights",
    "ListExports", "ListImports", "PutResourcePolicy", "RestoreTableFromBackup",
    "RestoreTableToPointInTime", "SearchVectors", "StartBulkPutItems", "TransactGetItems", "TransactWriteItems",
    "UpdateContributorInsights",
    "UpdateKinesisStreamingDestination", "UpdateTableReplicaAutoScaling",
  ]
}
