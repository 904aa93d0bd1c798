/// A request to be sent whole.
public struct HTTPRequest: Sendable {
  public var method: String
  /// With its query.
  public var path: String
  public var headers: [(name: String, value: String)]
  public var body: [UInt8]

  public init(_ method: String, _ path: String, headers: [(name: String, value: String)] = [], body: [UInt8] = []) {
    self.method = method
    self.path = path
    self.headers = headers
    self.body = body
  }
}

/// A response received whole.
public struct HTTPResponse: Sendable {
  public var status: Int
  public var headers: [(name: String, value: String)]
  public var body: [UInt8]

  /// The first header of that name, in any case.
  public func header(_ name: String) -> String? {
    headers.first { $0.name.lowercased() == name.lowercased() }?.value
  }
}

/// No response came: whether the server acted on the request is unknown unless the code is `connect`.
public struct TransportFailure: Error, Sendable, CustomStringConvertible {
  public enum Code: Sendable { case connect, timeout, closed, malformed }

  public var code: Code
  public var description: String

  public init(_ code: Code, _ description: String) {
    self.code = code
    self.description = description
  }
}
