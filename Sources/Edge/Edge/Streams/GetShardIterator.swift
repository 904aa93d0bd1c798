internal import Catalog
internal import Coordinator
internal import Environment
internal import Items
internal import Messages

/// A place to read a shard from. The shard is asked at once: what is trimmed is refused here, and `LATEST` is the end as it
/// is now.
enum GetShardIterator {
  private enum Kind: String {
    case horizon = "TRIM_HORIZON"
    case latest = "LATEST"
    case at = "AT_SEQUENCE_NUMBER"
    case after = "AFTER_SEQUENCE_NUMBER"
  }

  static func run(_ body: UnsafeBufferPointer<UInt8>, _ exchange: Exchange) throws(APIError) {
    let request = try StreamRequest.parse(body)
    try check(request)
    guard let arn = request.streamArn, StreamName(arn: arn) != nil else { throw .invalidStreamArn }
    guard let kind = request.iteratorType.flatMap({ Kind(rawValue: $0) }) else {
      fatalError("An iterator's type is unknown after its check.")
    }
    let after = try position(kind, request)
    exchange.withStream(arn) { stream in
      let map = exchange.service.target.catalog.shardMap
      guard let shard = StreamShard.shard(request.shardID ?? "", in: stream), map?.range(of: shard) != nil else {
        return exchange.fail(.shardNotFound)
      }
      make(kind, after, stream, shard, arn, exchange)
    }
  }

  private static func check(_ request: StreamRequest) throws(APIError) {
    var violations = Violations()
    violations.require(request.streamArn != nil, at: "streamArn")
    violations.checkArn(request.streamArn, at: "streamArn")
    violations.require(request.shardID != nil, at: "shardId")
    violations.checkShardID(request.shardID, at: "shardId")
    violations.require(request.iteratorType != nil, at: "shardIteratorType")
    violations.check(request.iteratorType, at: "shardIteratorType", isOneOf: ModelEnums.shardIteratorType)
    violations.checkLength(
      request.sequenceNumber, at: "sequenceNumber", min: SequenceNumber.lengthMin, max: SequenceNumber.lengthMax)
    try violations.throwIfAny()
  }

  /// The sequence behind which reading begins; nil where the shard tells.
  private static func position(_ kind: Kind, _ request: StreamRequest) throws(APIError) -> UInt64? {
    guard kind == .at || kind == .after else {
      guard request.sequenceNumber == nil else {
        throw .validation("SequenceNumber must not be specified for ShardIteratorType \(kind.rawValue)")
      }
      return nil
    }
    guard let text = request.sequenceNumber else {
      throw .validation("SequenceNumber must be specified for ShardIteratorType \(kind.rawValue)")
    }
    guard let sequence = SequenceNumber.sequence(text) else { throw .invalidSequenceNumber }
    return kind == .at && sequence > 0 ? sequence - 1 : sequence
  }

  private static func make(
    _ kind: Kind, _ after: UInt64?, _ stream: KnownStream, _ shard: ShardID, _ arn: String, _ exchange: Exchange
  ) {
    let start = after.map { StreamRead.Start.after($0) } ?? .horizon
    exchange.read(stream, on: shard, from: start, arn) { page in
      guard let span = page.span else {
        // The records of a stream that is off are gone: there is nothing to read but from its beginning.
        guard kind == .horizon || kind == .latest || after == 0 else { return exchange.fail(.trimmed) }
        return answer(.horizon, shard, arn, exchange)
      }
      guard !page.isTrimmed else { return exchange.fail(.trimmed) }
      // What DescribeStream calls the start may be behind the newest record.
      let last = max(span.end, span.until ?? 0, span.horizon + 1)
      if let after, after > last { return exchange.fail(.invalidSequenceNumber) }
      answer(kind == .latest ? .after(span.end) : start, shard, arn, exchange)
    }
  }

  private static func answer(_ start: StreamRead.Start, _ shard: ShardID, _ arn: String, _ exchange: Exchange) {
    let iterator = ShardIterator(
      arn: arn, shard: shard, start: start, issuedAtMs: exchange.service.clock.wallTimeMs)
    var writer = JSONWriter(capacity: 256)
    writer.beginObject()
    writer.member("ShardIterator", iterator.text)
    writer.endObject()
    exchange.succeed(writer.bytes)
  }
}

extension APIError {
  fileprivate static let invalidSequenceNumber = APIError.validation("Invalid SequenceNumber")
}

extension Exchange {
  /// Reads a stream's shard; where the table is another one by now, as the newest catalog has it.
  func read(
    _ stream: KnownStream, on shard: ShardID, from start: StreamRead.Start, recordsMax: UInt32 = 0, _ arn: String,
    _ body: @escaping (StreamPage) -> Void
  ) {
    func call(_ stream: KnownStream) -> Call {
      let read = StreamRead(
        table: stream.handle.id, startedAtMs: stream.settings.startedAtMs, start: start, recordsMax: recordsMax)
      return .stream(read, shard)
    }
    func done(_ outcome: CallOutcome) {
      switch outcome {
      case .stream(let page): body(page)
      case .failed(.unknownTable): fail(.notFound(stream: arn))
      case .failed(let failure): fail(APIError(failure))
      default: fatalError("A stream read ended with the outcome of another call.")
      }
    }
    service.target.submit(call(stream)) { [self] outcome in
      guard case .failed(.unknownTable) = outcome, let name = StreamName(arn: arn) else { return done(outcome) }
      refreshed { [self] error in
        if let error { return fail(error) }
        guard let newer = service.stream(name) else { return fail(.notFound(stream: arn)) }
        service.target.submit(call(newer), done)
      }
    }
  }
}
