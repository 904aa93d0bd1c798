public import Client

/// Where the DynamoDB API is reached, and as whom.
public struct HTTPWireSettings: Sendable {
  /// Clients are spread over them; one that is refused goes on to the next.
  public var endpoints: [Endpoint]
  /// Named in the scope of a signature, also of the dummy one.
  public var region: String
  /// Sign every request, some microseconds each; nil: for endpoints that accept anything.
  public var credentials: AWSCredentials?
  /// Adds `ReturnConsumedCapacity` to every request.
  public var asksForCapacity = false

  public init(endpoints: [Endpoint], region: String = "us-east-1", credentials: AWSCredentials? = nil) {
    precondition(!endpoints.isEmpty, "A wire has an endpoint.")
    self.endpoints = endpoints
    self.region = region
    self.credentials = credentials
  }
}
