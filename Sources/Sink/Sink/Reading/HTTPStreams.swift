internal import Bytes
internal import Client
internal import Items

/// The public API of an endpoint, its requests signed where there are credentials.
struct HTTPStreams: StreamsAPI {
  let client: DynamoClient

  func describe(table: String) async throws(StreamsFailure) -> TableFacts {
    let answer = try await call("DescribeTable", .tables) { $0.member("TableName", table) }
    guard let description = answer["Table"], let shape = Self.shape(table, description) else {
      throw .refused("\(client.endpoint): the answer to DescribeTable has no key schema")
    }
    let stream = try await latestStream(table, description)
    // Replicas of one table in two regions share the id, and two clusters of one's own the ARN.
    let names = [description["TableArn"]?.text, description["TableId"]?.text].compactMap { $0 }
    return TableFacts(
      shape: shape, identity: names.isEmpty ? nil : names.joined(separator: " "), stream: stream,
      viewType: description["StreamSpecification"]?["StreamViewType"]?.text)
  }

  private static func shape(_ table: String, _ description: JSONValue) -> TableShape? {
    let schema = description["KeySchema"]?.elements ?? []
    func name(_ type: String) -> String? {
      schema.first { $0["KeyType"]?.text == type }?["AttributeName"]?.text
    }
    return name("HASH").map { TableShape(name: table, partitionKey: $0, sortKey: name("RANGE")) }
  }

  private func latestStream(_ table: String, _ description: JSONValue) async throws(StreamsFailure) -> String? {
    if let stream = description["LatestStreamArn"]?.text { return stream }
    guard description["StreamSpecification"]?["StreamEnabled"]?.bool == true else { return nil }
    let listed = try await call("ListStreams", .streams) { $0.member("TableName", table) }
    return listed["Streams"]?.elements?.last?["StreamArn"]?.text
  }

  func shards(of stream: String) async throws(StreamsFailure) -> [StreamShard] {
    var shards: [StreamShard] = []
    var last: String?
    repeat {
      let start = last
      let answer = try await call("DescribeStream", .streams) {
        $0.member("StreamArn", stream)
        if let start { $0.member("ExclusiveStartShardId", start) }
      }
      guard let description = answer["StreamDescription"] else {
        throw .refused("\(client.endpoint): the answer to DescribeStream has no description")
      }
      for shard in description["Shards"]?.elements ?? [] {
        guard let id = shard["ShardId"]?.text else { continue }
        shards.append(StreamShard(id: id, parent: shard["ParentShardId"]?.text))
      }
      last = description["LastEvaluatedShardId"]?.text
    } while last != nil
    return shards
  }

  func iterator(
    _ stream: String, _ shard: String, _ position: IteratorPosition
  ) async throws(StreamsFailure) -> String {
    let answer = try await call("GetShardIterator", .streams) {
      $0.member("StreamArn", stream)
      $0.member("ShardId", shard)
      switch position {
      case .oldest: $0.member("ShardIteratorType", "TRIM_HORIZON")
      case .latest: $0.member("ShardIteratorType", "LATEST")
      case .after(let sequence):
        $0.member("ShardIteratorType", "AFTER_SEQUENCE_NUMBER")
        $0.member("SequenceNumber", sequence.description)
      }
    }
    guard let iterator = answer["ShardIterator"]?.text else {
      throw .refused("\(client.endpoint): the answer to GetShardIterator has no iterator")
    }
    return iterator
  }

  func records(_ iterator: String, limit: Int) async throws(StreamsFailure) -> RecordsPage {
    let body = try await answer("GetRecords", .streams) {
      $0.member("ShardIterator", iterator)
      $0.key("Limit")
      $0.integer(limit)
    }
    do throws(ItemError) {
      return try RecordsPage(parsing: body)
    } catch {
      throw .transient("\(client.endpoint): the answer to GetRecords cannot be read")
    }
  }

  func scan(
    _ table: String, segment: Int, of segments: Int, after key: [UInt8]?, limit: Int
  ) async throws(StreamsFailure) -> ScanPage {
    let body = try await answer("Scan", .tables) {
      $0.member("TableName", table)
      $0.key("Segment")
      $0.integer(segment)
      $0.key("TotalSegments")
      $0.integer(segments)
      $0.key("Limit")
      $0.integer(limit)
      $0.key("ConsistentRead")
      $0.bool(true)
      if let key {
        $0.key("ExclusiveStartKey")
        $0.rawValue(key)
      }
    }
    do throws(ItemError) {
      return try ScanPage(parsing: body)
    } catch {
      throw .transient("\(client.endpoint): the answer to Scan cannot be read")
    }
  }

  // MARK: Calls

  private func call(
    _ operation: String, _ family: APIFamily, _ members: (inout JSONWriter) -> Void
  ) async throws(StreamsFailure) -> JSONValue {
    let body = try await answer(operation, family, members)
    do throws(ItemError) {
      return try JSONValue(parsing: body)
    } catch {
      throw .transient("\(client.endpoint): the answer to \(operation) is no JSON")
    }
  }

  private func answer(
    _ operation: String, _ family: APIFamily, _ members: (inout JSONWriter) -> Void
  ) async throws(StreamsFailure) -> [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    members(&writer)
    writer.endObject()
    do throws(CallError) {
      return try await client.call(operation, of: family, body: writer.bytes)
    } catch {
      throw Self.failure(error, operation)
    }
  }

  private static func failure(_ error: CallError, _ operation: String) -> StreamsFailure {
    switch error.code {
    case "TrimmedDataAccessException": return .trimmed
    case "ExpiredIteratorException": return .expiredIterator
    case "LimitExceededException", "RequestLimitExceeded": return .transient("\(operation): \(error)")
    default: break
    }
    if case .service(let failure) = error, !failure.isTransient { return .refused("\(operation): \(error)") }
    return .transient("\(operation): \(error)")
  }
}

extension JSONWriter {
  fileprivate mutating func member(_ name: StaticString, _ text: String) {
    key(name)
    string(text)
  }
}
