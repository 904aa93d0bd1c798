internal import Catalog
internal import Coordinator
internal import Items
internal import Messages

/// A stream with its shards: one for each shard of the table, which is asked where the stream stands there.
enum DescribeStream {
  static let shardsMax = 100

  static func run(_ body: UnsafeBufferPointer<UInt8>, _ exchange: Exchange) throws(APIError) {
    let request = try StreamRequest.parse(body)
    try check(request)
    guard let arn = request.streamArn, let name = StreamName(arn: arn) else { throw .invalidStreamArn }
    exchange.refreshed { error in
      if let error { return exchange.fail(error) }
      guard let stream = exchange.service.stream(name) else { return exchange.fail(.notFound(stream: arn)) }
      describe(stream, request, exchange)
    }
  }

  private static func check(_ request: StreamRequest) throws(APIError) {
    var violations = Violations()
    violations.require(request.streamArn != nil, at: "streamArn")
    violations.checkArn(request.streamArn, at: "streamArn")
    violations.check(request.limit, at: "limit", min: 1, max: shardsMax)
    violations.checkShardID(request.exclusiveStartShardID, at: "exclusiveStartShardId")
    violations.check(request.filter?.type, at: "shardFilter.type", isOneOf: ModelEnums.shardFilterType)
    violations.checkShardID(request.filter?.shardID, at: "shardFilter.shardId")
    try violations.throwIfAny()
    guard let filter = request.filter else { return }
    guard filter.type != nil else { throw .validation("ShardFilter must have a Type") }
    guard filter.shardID != nil else { throw .validation("ShardFilter of type CHILD_SHARDS must have a ShardId") }
  }

  private static func describe(_ stream: KnownStream, _ request: StreamRequest, _ exchange: Exchange) {
    var shards = exchange.service.target.catalog.shardMap?.shards.map(\.id).sorted() ?? []
    if let filter = request.filter {
      guard StreamShard.shard(filter.shardID ?? "", in: stream) != nil else { return exchange.fail(.shardNotFound) }
      // Shards do not split yet: none has children.
      shards = []
    }
    if let start = request.exclusiveStartShardID {
      shards.removeAll { StreamShard.id(of: $0, in: stream) <= start }
    }
    let limit = request.limit ?? shardsMax
    let shown = Array(shards.prefix(limit))
    exchange.spans(of: stream, on: shown) { spans in
      let found = zip(shown, spans).map { (id: StreamShard.id(of: $0, in: stream), span: $1) }
      exchange.succeed(self.body(stream, found, hasMore: shards.count > limit, exchange.service))
    }
  }

  private static func body(
    _ stream: KnownStream, _ shards: [(id: String, span: StreamSpan?)], hasMore: Bool, _ service: Service
  ) -> [UInt8] {
    let name = stream.name
    var writer = JSONWriter(capacity: 512 + 160 * shards.count)
    writer.beginObject()
    writer.key("StreamDescription")
    writer.beginObject()
    writer.member("StreamArn", service.arn(name))
    writer.member("StreamLabel", name.label)
    writer.member("StreamStatus", status(of: stream, shards.map(\.span)))
    writer.member("StreamViewType", stream.settings.view.name)
    writer.key("CreationRequestDateTime")
    writer.seconds(milliseconds: Int(stream.settings.startedAtMs))
    writer.member("TableName", name.table)
    TableDescription.write(stream.handle.key, to: &writer)
    writer.key("Shards")
    writer.beginArray()
    for shard in shards { write(shard.id, shard.span, stream, to: &writer) }
    writer.endArray()
    if hasMore, let last = shards.last { writer.member("LastEvaluatedShardId", last.id) }
    writer.endObject()
    writer.endObject()
    return writer.bytes
  }

  /// A shard that has not followed a change of the stream yet makes it one that is under way.
  private static func status(of stream: KnownStream, _ spans: [StreamSpan?]) -> String {
    if stream.isOpen { return spans.contains { $0 == nil } ? "ENABLING" : "ENABLED" }
    return spans.contains { $0 != nil && $0?.until == nil } ? "DISABLING" : "DISABLED"
  }

  /// A shard that knows the stream no longer has nothing of it; one that does not know it yet is not shown.
  private static func write(_ id: String, _ span: StreamSpan?, _ stream: KnownStream, to writer: inout JSONWriter) {
    guard span != nil || !stream.isOpen else { return }
    writer.beginObject()
    writer.member("ShardId", id)
    writer.key("SequenceNumberRange")
    writer.beginObject()
    writer.member("StartingSequenceNumber", SequenceNumber.text(span.map { $0.horizon + 1 } ?? 0))
    let end = span.map(\.until) ?? 0
    if let end { writer.member("EndingSequenceNumber", SequenceNumber.text(end)) }
    writer.endObject()
    writer.endObject()
  }
}

extension StreamViewType {
  var name: String {
    switch self {
    case .keysOnly: "KEYS_ONLY"
    case .newImage: "NEW_IMAGE"
    case .oldImage: "OLD_IMAGE"
    case .newAndOldImages: "NEW_AND_OLD_IMAGES"
    }
  }
}

extension Exchange {
  /// Asks each shard where the stream stands; nil where it does not know it.
  fileprivate func spans(
    of stream: KnownStream, on shards: [ShardID], _ body: @escaping ([StreamSpan?]) -> Void
  ) {
    let read = StreamRead(table: stream.handle.id, startedAtMs: stream.settings.startedAtMs, start: .horizon)
    gather(shards.map { .stream(read, $0) }) { [self] outcomes in
      var spans: [StreamSpan?] = []
      for outcome in outcomes {
        switch outcome {
        case .stream(let page): spans.append(page.span)
        case .failed(.unknownTable): spans.append(nil)
        case .failed(let failure): return fail(APIError(failure))
        default: fatalError("A stream read ended with the outcome of another call.")
        }
      }
      body(spans)
    }
  }
}
