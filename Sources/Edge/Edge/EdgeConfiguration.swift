/// What the API server of a process needs to know.
public struct EdgeConfiguration: Sendable {
  /// A numeric address, or a name that resolves to one of this machine.
  public var host: String
  /// 0 picks a free port.
  public var port: Int
  /// The region in ARNs.
  public var region: String
  /// `Host` headers that are taken besides loopback names and the address that was dialled.
  public var allowedHosts: [String]
  /// Origins of web pages that may call the API; empty: none.
  public var corsOrigins: [String]
  public var limits: HTTPLimits

  public init(
    host: String = "127.0.0.1", port: Int = 8_000, region: String, allowedHosts: [String] = [],
    corsOrigins: [String] = [], limits: HTTPLimits = HTTPLimits()
  ) {
    self.host = host
    self.port = port
    self.region = region
    self.allowedHosts = allowedHosts
    self.corsOrigins = corsOrigins
    self.limits = limits
  }
}
