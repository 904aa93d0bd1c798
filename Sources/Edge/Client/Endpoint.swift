/// The address of an HTTP server: `http://host[:port]`.
public struct Endpoint: Hashable, Sendable, CustomStringConvertible {
  public var host: String
  public var port: Int

  public init(host: String, port: Int) {
    self.host = host
    self.port = port
  }

  /// Takes `http://host:port`, with or without a closing slash, or plain `host:port`; nil for anything else.
  public init?(_ text: String) {
    var rest = text[...]
    let hasScheme = rest.hasPrefix("http://")
    if hasScheme { rest = rest.dropFirst("http://".count) }
    if rest.hasSuffix("/") { rest = rest.dropLast() }
    guard !rest.contains("/"), !rest.contains("@") else { return nil }
    guard let colon = rest.lastIndex(of: ":"), !rest.hasSuffix("]") else {
      guard hasScheme, !rest.isEmpty else { return nil }
      self.init(host: Self.unbracketed(rest), port: 80)
      return
    }
    guard let port = Int(rest[rest.index(after: colon)...]), (1...65_535).contains(port), colon != rest.startIndex
    else { return nil }
    self.init(host: Self.unbracketed(rest[..<colon]), port: port)
  }

  private static func unbracketed(_ text: Substring) -> String {
    text.hasPrefix("[") && text.hasSuffix("]") ? String(text.dropFirst().dropLast()) : String(text)
  }

  /// The value of the `Host` header.
  public var authority: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

  public var description: String { "http://\(authority)" }
}
