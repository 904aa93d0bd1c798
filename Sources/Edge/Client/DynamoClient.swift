internal import Synchronization

/// The two services that share an endpoint and a signature's scope.
public enum APIFamily: String, Sendable {
  case tables = "DynamoDB_20120810"
  case streams = "DynamoDBStreams_20120810"
}

/// Calls the DynamoDB JSON API of an endpoint, or of several that serve the same tables: it stays with one until that
/// fails, and goes on at the next. Without credentials requests name their region in a signature's scope but are not
/// signed: for endpoints that accept anything.
public final class DynamoClient: Sendable {
  public let endpoints: [Endpoint]
  public let region: String
  /// Counts changes of the endpoint: the one in use is this modulo their number.
  private let turn = Atomic(0)
  private let http: HTTPClient
  private let retries: RetryPolicy
  private let timeoutMs: Int
  private let authorization: RequestAuthorization

  /// - Parameters:
  ///   - credentials: sign every request.
  ///   - http: may be shared; its owner shuts it down.
  ///   - timeoutMs: for each attempt.
  public convenience init(
    endpoint: Endpoint, region: String = "us-east-1", credentials: AWSCredentials? = nil, http: HTTPClient,
    retries: RetryPolicy = .standard, timeoutMs: Int = 12_000
  ) {
    self.init(
      endpoints: [endpoint], region: region, credentials: credentials, http: http, retries: retries,
      timeoutMs: timeoutMs)
  }

  /// - Parameter endpoints: in the order in which they are tried, one at least.
  public init(
    endpoints: [Endpoint], region: String = "us-east-1", credentials: AWSCredentials? = nil, http: HTTPClient,
    retries: RetryPolicy = .standard, timeoutMs: Int = 12_000
  ) {
    precondition(!endpoints.isEmpty, "A client has an endpoint.")
    self.endpoints = endpoints
    self.region = region
    self.http = http
    self.retries = retries
    self.timeoutMs = timeoutMs
    authorization = RequestAuthorization(credentials, region: region)
  }

  /// The one in use.
  public var endpoint: Endpoint { endpoint(at: turn.load(ordering: .relaxed)) }

  private func endpoint(at turn: Int) -> Endpoint { endpoints[turn % endpoints.count] }

  /// Sends a JSON body to an operation such as `PutItem` and returns the answer's JSON.
  ///
  /// Transient failures are tried again as the policy says, so a write may be applied more than once. Each is a reason to
  /// go on at the next endpoint, and where there is one that was not asked yet, it is asked at once.
  public func call(_ operation: String, of family: APIFamily = .tables, body: [UInt8]) async throws(CallError)
    -> [UInt8]
  {
    var attempt = 1
    while true {
      for asked in 1...endpoints.count {
        let turn = turn.load(ordering: .relaxed)
        do {
          return try await callOnce(operation, family, body: body, at: endpoint(at: turn))
        } catch {
          // Of those that failed at one endpoint together, one moves all on.
          if error.isTransient { moveOn(from: turn) }
          let mayGoOn = retries.attemptsMax > 1 && (asked < endpoints.count || attempt < retries.attemptsMax)
          guard error.isTransient, mayGoOn else { throw error }
        }
      }
      try? await Task.sleep(for: .milliseconds(retries.delayMs(after: attempt)))
      attempt += 1
    }
  }

  private func moveOn(from turn: Int) {
    _ = self.turn.compareExchange(expected: turn, desired: turn + 1, ordering: .relaxed)
  }

  private func callOnce(
    _ operation: String, _ family: APIFamily, body: [UInt8], at endpoint: Endpoint
  ) async throws(CallError) -> [UInt8] {
    let headers = [
      (name: "Content-Type", value: "application/x-amz-json-1.0"),
      (name: "X-Amz-Target", value: "\(family.rawValue).\(operation)"),
    ]
    let request = HTTPRequest(
      "POST", "/",
      headers: authorization.authorize(headers, body: body, host: endpoint.authority, at: .now), body: body)
    let response: HTTPResponse
    do {
      response = try await http.send(request, to: endpoint, timeoutMs: timeoutMs)
    } catch {
      throw .transport(error)
    }
    guard response.status == 200 else { throw .service(ServiceFailure(response)) }
    return response.body
  }
}
