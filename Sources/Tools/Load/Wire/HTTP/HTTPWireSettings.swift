public import Client

/// An endpoint, and the region that requests to it are signed for.
public struct RegionalEndpoint: Sendable, Equatable {
  public var region: String
  public var endpoint: Endpoint

  public init(region: String, endpoint: Endpoint) {
    self.region = region
    self.endpoint = endpoint
  }
}

/// Where the DynamoDB API is reached, and as whom.
public struct HTTPWireSettings: Sendable {
  /// Clients are spread over those of the first one's region; one whose endpoint fails goes on to the next, which may be
  /// another region's.
  public var targets: [RegionalEndpoint]
  /// Sign every request, some microseconds each; nil: for endpoints that accept anything.
  public var credentials: AWSCredentials?
  /// Adds `ReturnConsumedCapacity` to every request.
  public var asksForCapacity = false

  public init(targets: [RegionalEndpoint], credentials: AWSCredentials? = nil) {
    precondition(!targets.isEmpty, "A wire has an endpoint.")
    self.targets = targets
    self.credentials = credentials
  }

  /// - Parameter region: named in the scope of a signature, also of the dummy one.
  public init(endpoints: [Endpoint], region: String = "us-east-1", credentials: AWSCredentials? = nil) {
    self.init(
      targets: endpoints.map { RegionalEndpoint(region: region, endpoint: $0) }, credentials: credentials)
  }

  /// Where a client begins, by the place in `targets`.
  func home(of client: Int) -> Int {
    let homes = targets.indices.filter { targets[$0].region == targets[0].region }
    return homes[client % homes.count]
  }

  /// For people: with regions where there are several.
  var names: [String] {
    let isOne = targets.allSatisfy { $0.region == targets[0].region }
    return targets.map { isOne ? $0.endpoint.description : "\($0.region)=\($0.endpoint)" }
  }
}
