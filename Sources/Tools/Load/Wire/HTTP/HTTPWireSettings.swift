public import Client

/// Where the DynamoDB API is reached, and as whom.
public struct HTTPWireSettings: Sendable {
  /// Clients are spread over them; one that is refused goes on to the next.
  public var endpoints: [Endpoint]
  /// Named in the scope of a signature, also of the dummy one.
  public var region: String
  /// Nil: for endpoints that accept any credentials.
  public var signer: RequestSigner?
  /// Adds `ReturnConsumedCapacity` to every request.
  public var asksForCapacity = false

  public init(endpoints: [Endpoint], region: String = "us-east-1", signer: RequestSigner? = nil) {
    precondition(!endpoints.isEmpty, "A wire has an endpoint.")
    self.endpoints = endpoints
    self.region = region
    self.signer = signer
  }
}

/// Makes the headers that prove who asks. It reads the time itself, once for each request.
public struct RequestSigner: Sendable {
  public typealias Headers = [(name: String, value: String)]

  /// The headers to add to those of a request.
  public var headers: @Sendable (_ method: String, _ path: String, _ headers: Headers, _ body: [UInt8]) -> Headers

  public init(
    _ headers: @escaping @Sendable (_ method: String, _ path: String, _ headers: Headers, _ body: [UInt8]) -> Headers
  ) {
    self.headers = headers
  }
}
