internal import Catalog
internal import Environment
internal import Items

/// Streams by table name and start. Always asks the metadata group first: another coordinator may have changed a table.
enum ListStreams {
  static let streamsMax = 100

  static func run(_ body: UnsafeBufferPointer<UInt8>, _ exchange: Exchange) throws(APIError) {
    let request = try StreamRequest.parse(body)
    var violations = Violations()
    violations.checkName(request.tableName, at: "tableName")
    violations.check(request.limit, at: "limit", min: 1, max: streamsMax)
    violations.checkArn(request.exclusiveStartStreamArn, at: "exclusiveStartStreamArn")
    try violations.throwIfAny()
    var start: StreamName?
    if let arn = request.exclusiveStartStreamArn {
      guard let name = StreamName(arn: arn) else { throw .invalidStreamArn }
      start = name
    }
    exchange.refreshed { error in
      if let error { return exchange.fail(error) }
      let page = page(exchange.service, of: request.tableName, after: start, limit: request.limit ?? streamsMax)
      exchange.succeed(page)
    }
  }

  /// Streams above `start`, which need not exist.
  private static func page(_ service: Service, of table: String?, after start: StreamName?, limit: Int) -> [UInt8] {
    var streams: [StreamName] = []
    let names = table.map { [$0] } ?? names(of: service.target.catalog, from: start?.table)
    for name in names where streams.count <= limit {
      let all = service.anyTable(name)?.streams(atMs: service.clock.wallTimeMs).map(\.name) ?? []
      streams += all.filter { stream in start.map { $0 < stream } ?? true }
    }
    let shown = streams.prefix(limit)
    var writer = JSONWriter(capacity: 64 + 256 * shown.count)
    writer.beginObject()
    writer.key("Streams")
    writer.beginArray()
    for stream in shown {
      writer.beginObject()
      writer.member("StreamArn", service.arn(stream))
      writer.member("TableName", stream.table)
      writer.member("StreamLabel", stream.label)
      writer.endObject()
    }
    writer.endArray()
    if streams.count > limit, let last = shown.last { writer.member("LastEvaluatedStreamArn", service.arn(last)) }
    writer.endObject()
    return writer.bytes
  }

  private static func names(of catalog: Catalog, from first: String?) -> [String] {
    catalog.tables[(first.map(catalog.position(of:)) ?? 0)...].map(\.name)
  }
}
