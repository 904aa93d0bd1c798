internal import Environment
internal import Items
internal import NIOCore
internal import NIOHTTP1

/// Takes the requests of one loop's connections to the operations.
final class Dispatcher: HTTPResponder {
  private let service: Service
  /// Where the topology has several regions.
  private let regions: (others: OtherRegions, loop: any EventLoop)?
  private let requestID: () -> [UInt8]
  /// What a packed body may unpack to.
  private let bodyBytesMax: Int

  init(
    service: Service, bodyBytesMax: Int = HTTPLimits().bodyBytesMax,
    regions: (others: OtherRegions, loop: any EventLoop)? = nil, requestID: @escaping () -> [UInt8]
  ) {
    self.service = service
    self.regions = regions
    self.bodyBytesMax = bodyBytesMax
    self.requestID = requestID
  }

  func respond(to request: HTTPRequest, reply: HTTPReply) {
    respond(to: request) { reply.send($0) }
  }

  /// Apart from the connection, so that it can be used without one.
  func respond(to request: HTTPRequest, _ reply: @escaping (HTTPAnswer) -> Void) {
    switch request.method {
    case .POST:
      if let regions, regions.others.take(request, on: regions.loop, reply) { return }
      post(request, reply)
    case .GET, .HEAD: reply(page(request.path, host: request.header("host")))
    default:
      var answer = HTTPAnswer(status: 405, text: "Only GET, HEAD and POST are served here.\n")
      answer.headers = [("allow", "GET, HEAD, POST")]
      reply(answer)
    }
  }

  private func page(_ path: Substring, host: String?) -> HTTPAnswer {
    switch path {
    // DynamoDB answers with the name that the client has for it.
    case "/": HTTPAnswer(status: 200, text: "healthy: \(host ?? "dynamodb.\(service.region).amazonaws.com") ")
    case "/healthz": HTTPAnswer(status: 200, text: "ok\n")
    case "/readyz":
      service.target.isReady
        ? HTTPAnswer(status: 200, text: "ready\n")
        : HTTPAnswer(status: 503, text: "Not every shard has a leader that this coordinator reaches.\n")
    default: HTTPAnswer(status: 404, text: "There is nothing here.\n")
    }
  }

  private func post(_ request: HTTPRequest, _ reply: @escaping (HTTPAnswer) -> Void) {
    guard request.header("content-encoding") != nil else { return postUnpacked(request, reply) }
    switch unpacked(request) {
    case .success(let unpacked): postUnpacked(unpacked, reply)
    case .failure(.tooLarge): reply(tooLargeAnswer())
    // The service answers so: clients do not send this by accident.
    case .failure(.malformed):
      exchange(.other, request, reply).fail(APIError(.internalServer, "The request's body cannot be unpacked."))
    }
  }

  private func unpacked(_ request: HTTPRequest) -> Result<HTTPRequest, ContentCoding.Fault> {
    let name = request.header("content-encoding")?.lowercased() ?? ""
    if name == "identity" || name.isEmpty { return .success(request) }
    guard let coding = ContentCoding(rawValue: name) else { return .failure(.malformed) }
    var request = request
    do throws(ContentCoding.Fault) {
      request.body = try coding.unpack(request.body, bytesMax: bodyBytesMax)
      return .success(request)
    } catch { return .failure(error) }
  }

  private func postUnpacked(_ request: HTTPRequest, _ reply: @escaping (HTTPAnswer) -> Void) {
    guard let target = request.header("x-amz-target") else { return form(request, reply) }
    guard request.path == "/" else { return reply(HTTPAnswer(status: 404, text: "There is nothing here.\n")) }
    switch OperationName.target(target) {
    case .served(let operation): run(operation, request, reply)
    case .unsupported(let name):
      exchange(.other, request, reply).fail(.unsupported("The operation \(name)"))
    case .unknown: exchange(.other, request, reply).fail(APIError(.unknownOperation, nil))
    }
  }

  private func form(_ request: HTTPRequest, _ reply: @escaping (HTTPAnswer) -> Void) {
    guard request.header("content-type")?.hasPrefix("application/x-www-form-urlencoded") == true else {
      return exchange(.other, request, reply).fail(APIError(.unknownOperation, nil))
    }
    let isIdentity = request.withBody { CallerIdentity.isAsked($0) }
    service.metrics.finished(
      isIdentity ? .getCallerIdentity : .other, isIdentity ? .success : .refused, since: request.receivedAt,
      at: service.clock.now)
    reply(isIdentity ? CallerIdentity.answer(requestID: requestID()) : CallerIdentity.unsupported())
  }

  private func exchange(
    _ operation: OperationName, _ request: HTTPRequest, _ reply: @escaping (HTTPAnswer) -> Void
  ) -> Exchange {
    Exchange(service: service, operation: operation, receivedAt: request.receivedAt, reply: reply)
  }

  private func run(
    _ operation: OperationName, _ request: HTTPRequest, _ reply: @escaping (HTTPAnswer) -> Void
  ) {
    let exchange = exchange(operation, request, reply)
    guard Self.isJSON(request.header("content-type")) else {
      return exchange.fail(APIError(.serialization, "The content type must be \(ErrorBody.contentType)"))
    }
    exchange.attempt { () throws(APIError) in
      try request.withBody { (body) throws(APIError) in try Self.run(operation, body, request, exchange) }
    }
  }

  /// Absent is taken: nothing but JSON can follow an `X-Amz-Target`.
  private static func isJSON(_ contentType: String?) -> Bool {
    guard let contentType else { return true }
    return contentType.hasPrefix("application/x-amz-json-1.") || contentType.hasPrefix("application/json")
  }

  private static func run(
    _ operation: OperationName, _ body: UnsafeBufferPointer<UInt8>, _ request: HTTPRequest, _ exchange: Exchange
  ) throws(APIError) {
    switch operation {
    case .getItem: try GetItem.run(try .parse(body, .getItem), exchange)
    case .putItem: try PutItem.run(try .parse(body, .putItem), exchange)
    case .updateItem: try UpdateItem.run(try .parse(body, .updateItem), exchange)
    case .deleteItem: try DeleteItem.run(try .parse(body, .deleteItem), exchange)
    case .query: try Query.run(try .parse(body, .query), exchange)
    case .scan: try Scan.run(try .parse(body, .scan), exchange)
    case .batchGetItem: try BatchGetItem.run(body, exchange)
    case .batchWriteItem: try BatchWriteItem.run(body, exchange)
    case .createTable: try CreateTable.run(body, exchange)
    case .describeTable: try DescribeTable.run(body, exchange)
    case .listTables: try ListTables.run(body, exchange)
    case .deleteTable: try DeleteTable.run(body, exchange)
    case .listStreams: try ListStreams.run(body, exchange)
    case .describeStream: try DescribeStream.run(body, exchange)
    case .getShardIterator: try GetShardIterator.run(body, exchange)
    case .getRecords: try GetRecords.run(body, exchange)
    case .updateTable: try UpdateTable.run(body, exchange)
    case .tagResource: try ResourceTags.tag(body, exchange)
    case .untagResource: try ResourceTags.untag(body, exchange)
    case .listTagsOfResource: try ResourceTags.list(body, exchange)
    case .updateTimeToLive: try TimeToLive.update(body, exchange)
    case .describeTimeToLive: try TimeToLive.describe(body, exchange)
    case .updateContinuousBackups: try ContinuousBackups.update(body, exchange)
    case .describeContinuousBackups: try ContinuousBackups.describe(body, exchange)
    case .createGlobalTable: try OldGlobalTables.create(body, exchange)
    case .listGlobalTables: try OldGlobalTables.list(body, exchange)
    case .describeGlobalTable: try OldGlobalTables.find(body, exchange)
    case .updateGlobalTable: try OldGlobalTables.update(body, exchange)
    case .describeGlobalTableSettings, .updateGlobalTableSettings: try OldGlobalTables.settings(body, exchange)
    case .describeLimits: try AccountFacts.limits(body, exchange)
    case .describeEndpoints: try AccountFacts.endpoints(body, host: request.header("host"), exchange)
    case .describeKey: try AccountFacts.key(body, exchange)
    case .getCallerIdentity, .other: fatalError("\(operation) is no operation of the JSON protocol.")
    }
  }

  func overloadAnswer(to head: HTTPRequestHead) -> HTTPAnswer { ErrorBody.answer(.overloaded) }

  func tooLargeAnswer() -> HTTPAnswer {
    var writer = JSONWriter()
    writer.beginObject()
    writer.member("__type", "com.amazon.coral.service#RequestEntityTooLargeException")
    writer.member("message", "Request size exceeded the limit of 16 MB")
    writer.endObject()
    return HTTPAnswer(status: 413, style: .amazon, contentType: ErrorBody.contentType, body: writer.bytes)
  }
}

extension HTTPRequest {
  /// The bytes as they arrived; they live no longer than the call.
  func withBody<Result, Failure: Error>(
    _ read: (UnsafeBufferPointer<UInt8>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    // NIO's accessor rethrows without a type.
    var outcome: Swift.Result<Result, Failure>?
    body.withUnsafeReadableBytes { bytes in
      bytes.withMemoryRebound(to: UInt8.self) { bytes in
        do throws(Failure) {
          outcome = .success(try read(bytes))
        } catch {
          outcome = .failure(error)
        }
      }
    }
    guard let outcome else { fatalError("A body was not read.") }
    return try outcome.get()
  }
}
