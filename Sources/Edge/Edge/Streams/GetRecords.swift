internal import Coordinator
internal import Environment
internal import Items
internal import Messages

/// A page of a stream's shard, and the place behind it.
enum GetRecords {
  static func run(_ body: UnsafeBufferPointer<UInt8>, _ exchange: Exchange) throws(APIError) {
    let request = try StreamRequest.parse(body)
    var violations = Violations()
    violations.require(request.iterator != nil, at: "shardIterator")
    violations.checkLength(request.iterator, at: "shardIterator", min: 1, max: ShardIterator.lengthMax)
    violations.check(request.limit, at: "limit", min: 1, max: Int(StreamRead.recordsMax))
    try violations.throwIfAny()
    guard let iterator = ShardIterator(request.iterator ?? "") else { throw .validation("Invalid ShardIterator") }
    guard exchange.service.clock.wallTimeMs < iterator.issuedAtMs + ShardIterator.lifeMs else {
      throw APIError(.expiredIterator, "The provided iterator exceeds the maximum age allowed.")
    }
    let limit = request.limit.map { UInt32($0) } ?? StreamRead.recordsMax
    exchange.withStream(iterator.arn) { stream in
      exchange.read(stream, on: iterator.shard, from: iterator.start, recordsMax: limit, iterator.arn) { page in
        answer(page, stream, iterator, exchange)
      }
    }
  }

  private static func answer(
    _ page: StreamPage, _ stream: KnownStream, _ iterator: ShardIterator, _ exchange: Exchange
  ) {
    guard !page.isTrimmed else { return exchange.fail(.trimmed) }
    if page.span == nil, iterator.start != .horizon { return exchange.fail(.trimmed) }
    var writer = JSONWriter(capacity: 512 + page.records.reduce(0) { $0 + 512 + 2 * $1.bytes })
    let records = StreamRecordWriter(stream: stream, shard: iterator.shard, region: exchange.service.region)
    writer.beginObject()
    writer.key("Records")
    writer.beginArray()
    for record in page.records { records.write(record, to: &writer) }
    writer.endArray()
    if let next = next(page, stream, iterator, exchange) { writer.member("NextShardIterator", next.text) }
    writer.endObject()
    exchange.succeed(writer.bytes)
  }

  /// Nil once a shard that is closed was read to its end.
  private static func next(
    _ page: StreamPage, _ stream: KnownStream, _ iterator: ShardIterator, _ exchange: Exchange
  ) -> ShardIterator? {
    var next = iterator
    next.issuedAtMs = exchange.service.clock.wallTimeMs
    // A shard that does not know the stream yet has none of its records, one that knows it no longer has none left.
    guard let span = page.span else { return stream.isOpen ? next : nil }
    if let until = span.until, page.through >= until { return nil }
    next.start = .after(page.through)
    return next
  }
}

extension StreamRecord {
  fileprivate var bytes: Int { (old?.bytes.count ?? 0) + (new?.bytes.count ?? 0) }
}
