/// The address of an HTTP server: `http://host[:port]` or `https://host[:port]`.
public struct Endpoint: Hashable, Sendable, CustomStringConvertible {
  public var host: String
  public var port: Int
  /// Spoken to with TLS.
  public var isSecure: Bool

  public init(host: String, port: Int, isSecure: Bool = false) {
    self.host = host
    self.port = port
    self.isSecure = isSecure
  }

  /// Takes a URL, with or without a port and a closing slash, or plain `host:port`; nil for anything else.
  public init?(_ text: String) {
    var rest = text[...]
    let isSecure = rest.hasPrefix("https://")
    let scheme = isSecure ? "https://" : rest.hasPrefix("http://") ? "http://" : ""
    rest = rest.dropFirst(scheme.count)
    if rest.hasSuffix("/") { rest = rest.dropLast() }
    guard !rest.contains("/"), !rest.contains("@") else { return nil }
    guard let colon = rest.lastIndex(of: ":"), !rest.hasSuffix("]") else {
      guard !scheme.isEmpty, !rest.isEmpty else { return nil }
      self.init(host: Self.unbracketed(rest), port: isSecure ? 443 : 80, isSecure: isSecure)
      return
    }
    guard let port = Int(rest[rest.index(after: colon)...]), (1...65_535).contains(port), colon != rest.startIndex
    else { return nil }
    self.init(host: Self.unbracketed(rest[..<colon]), port: port, isSecure: isSecure)
  }

  /// What options take where there may be several: URLs with commas between them.
  public static func list(_ text: String) throws(EndpointError) -> [Endpoint] {
    var endpoints: [Endpoint] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      guard let endpoint = Endpoint(String(part)) else {
        throw EndpointError(description: "'\(part)' is no endpoint; one is http://HOST:PORT or https://HOST")
      }
      endpoints.append(endpoint)
    }
    return endpoints
  }

  private static func unbracketed(_ text: Substring) -> String {
    text.hasPrefix("[") && text.hasSuffix("]") ? String(text.dropFirst().dropLast()) : String(text)
  }

  /// The value of the `Host` header.
  public var authority: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

  public var description: String { "\(isSecure ? "https" : "http")://\(authority)" }
}

/// A text that names no endpoint.
public struct EndpointError: Error, Equatable, Sendable, CustomStringConvertible {
  public var description: String
}
