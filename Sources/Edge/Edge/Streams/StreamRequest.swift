internal import Items

/// The members of the four operations' inputs. One parser serves all; each says which members it has.
struct StreamRequest {
  var tableName: String?
  var streamArn: String?
  var exclusiveStartStreamArn: String?
  var shardID: String?
  var exclusiveStartShardID: String?
  var iteratorType: String?
  var sequenceNumber: String?
  var iterator: String?
  var limit: Int?
  var filter: Filter?

  struct Filter {
    var type: String?
    var shardID: String?
  }

  static func parse(_ body: UnsafeBufferPointer<UInt8>) throws(APIError) -> StreamRequest {
    var request = StreamRequest()
    try JSONReader.eachMember(of: body) { (name, reader) throws(ItemError) in try request.read(name, &reader) }
    return request
  }

  private mutating func read(_ name: JSONName, _ reader: inout JSONReader) throws(ItemError) {
    switch name {
    case "TableName": tableName = try reader.readText()
    case "StreamArn": streamArn = try reader.readText()
    case "ExclusiveStartStreamArn": exclusiveStartStreamArn = try reader.readText()
    case "ShardId": shardID = try reader.readText()
    case "ExclusiveStartShardId": exclusiveStartShardID = try reader.readText()
    case "ShardIteratorType": iteratorType = try reader.readText()
    case "SequenceNumber": sequenceNumber = try reader.readText()
    case "ShardIterator": iterator = try reader.readText()
    case "Limit": limit = try reader.readInteger()
    case "ShardFilter": filter = try Filter(&reader)
    default: try reader.skipValue()
    }
  }
}

extension StreamRequest.Filter {
  init(_ reader: inout JSONReader) throws(ItemError) {
    try reader.eachMember { (member, reader) throws(ItemError) in
      switch member {
      case "Type": type = try reader.readText()
      case "ShardId": shardID = try reader.readText()
      default: try reader.skipValue()
      }
    }
  }
}

/// The service model's constraints of streams.
extension Violations {
  mutating func checkArn(_ arn: String?, at path: String) { checkLength(arn, at: path, min: 37, max: 1_024) }

  mutating func checkShardID(_ id: String?, at path: String) {
    checkLength(id, at: path, min: StreamShard.lengthMin, max: StreamShard.lengthMax)
  }
}

extension ModelEnums {
  static let shardFilterType = ["CHILD_SHARDS"]
  static let shardIteratorType = ["AFTER_SEQUENCE_NUMBER", "LATEST", "AT_SEQUENCE_NUMBER", "TRIM_HORIZON"]
}
