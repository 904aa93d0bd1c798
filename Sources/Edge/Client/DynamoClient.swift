/// Calls the DynamoDB JSON API of one endpoint. Requests name their region in a signature's scope but are not signed:
/// for endpoints that accept any credentials.
public final class DynamoClient: Sendable {
  public let endpoint: Endpoint
  public let region: String
  private let http: HTTPClient
  private let retries: RetryPolicy
  private let timeoutMs: Int
  private let authorization: String

  /// - Parameters:
  ///   - http: may be shared; its owner shuts it down.
  ///   - timeoutMs: for each attempt.
  public init(
    endpoint: Endpoint, region: String = "us-east-1", http: HTTPClient, retries: RetryPolicy = .standard,
    timeoutMs: Int = 12_000
  ) {
    self.endpoint = endpoint
    self.region = region
    self.http = http
    self.retries = retries
    self.timeoutMs = timeoutMs
    authorization =
      "AWS4-HMAC-SHA256 Credential=local/20200101/\(region)/dynamodb/aws4_request, "
      + "SignedHeaders=host;x-amz-target, Signature=" + String(repeating: "0", count: 64)
  }

  /// Sends a JSON body to an operation such as `PutItem` and returns the answer's JSON.
  ///
  /// Transient failures are tried again as the policy says, so a write may be applied more than once.
  public func call(_ operation: String, body: [UInt8]) async throws(CallError) -> [UInt8] {
    var attempt = 1
    while true {
      do {
        return try await callOnce(operation, body: body)
      } catch {
        guard error.isTransient, attempt < retries.attemptsMax else { throw error }
      }
      try? await Task.sleep(for: .milliseconds(retries.delayMs(after: attempt)))
      attempt += 1
    }
  }

  private func callOnce(_ operation: String, body: [UInt8]) async throws(CallError) -> [UInt8] {
    let request = HTTPRequest(
      "POST", "/",
      headers: [
        (name: "Content-Type", value: "application/x-amz-json-1.0"),
        (name: "X-Amz-Target", value: "DynamoDB_20120810.\(operation)"),
        (name: "Authorization", value: authorization),
      ], body: body)
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
