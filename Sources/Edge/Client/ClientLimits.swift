/// Every bound of the client.
enum ClientLimits {
  static let responseBytesMax = 32 << 20
  static let idleConnectionsPerHostMax = 128
  static let connectTimeoutMs: Int64 = 2_000
  /// Items in one `BatchWriteItem`, a limit of the API.
  static let batchItemsMax = 25
  static let unprocessedAttemptsMax = 10
}
