/// The two services that share an endpoint and a signature's scope.
public enum APIFamily: String, Sendable {
  case tables = "DynamoDB_20120810"
  case streams = "DynamoDBStreams_20120810"
}

/// Calls the DynamoDB JSON API of one endpoint. Without credentials requests name their region in a signature's scope
/// but are not signed: for endpoints that accept anything.
public final class DynamoClient: Sendable {
  public let endpoint: Endpoint
  public let region: String
  private let http: HTTPClient
  private let retries: RetryPolicy
  private let timeoutMs: Int
  private let authorization: RequestAuthorization

  /// - Parameters:
  ///   - credentials: sign every request.
  ///   - http: may be shared; its owner shuts it down.
  ///   - timeoutMs: for each attempt.
  public init(
    endpoint: Endpoint, region: String = "us-east-1", credentials: AWSCredentials? = nil, http: HTTPClient,
    retries: RetryPolicy = .standard, timeoutMs: Int = 12_000
  ) {
    self.endpoint = endpoint
    self.region = region
    self.http = http
    self.retries = retries
    self.timeoutMs = timeoutMs
    authorization = RequestAuthorization(credentials, region: region)
  }

  /// Sends a JSON body to an operation such as `PutItem` and returns the answer's JSON.
  ///
  /// Transient failures are tried again as the policy says, so a write may be applied more than once.
  public func call(_ operation: String, of family: APIFamily = .tables, body: [UInt8]) async throws(CallError)
    -> [UInt8]
  {
    var attempt = 1
    while true {
      do {
        return try await callOnce(operation, family, body: body)
      } catch {
        guard error.isTransient, attempt < retries.attemptsMax else { throw error }
      }
      try? await Task.sleep(for: .milliseconds(retries.delayMs(after: attempt)))
      attempt += 1
    }
  }

  private func callOnce(_ operation: String, _ family: APIFamily, body: [UInt8]) async throws(CallError) -> [UInt8] {
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
