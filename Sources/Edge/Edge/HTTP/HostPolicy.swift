internal import NIOCore

/// Which names a client may call this server by. A web page that has its own name resolve to a loopback address (DNS
/// rebinding) sends that name as `Host` and is refused.
public struct HostPolicy: Sendable {
  /// Names or addresses without a port, lower case.
  private let allowed: Set<String>

  public init(allowedHosts: [String] = []) {
    allowed = Set(allowedHosts.map { $0.lowercased() })
  }

  /// - Parameter local: the address of the socket; a client that dialled it by number may name it so.
  func allows(_ host: String, local: String?) -> Bool {
    guard let name = Self.name(of: host) else { return false }
    if name == "127.0.0.1" || name == "localhost" { return true }
    let lowered = name.lowercased()
    return lowered == "localhost" || lowered.hasSuffix(".localhost") || lowered == "::1"
      || Self.isLoopbackV4(lowered) || allowed.contains(lowered) || lowered == local
  }

  /// The host of a `Host` header without its port and brackets; nil where it is malformed.
  static func name(of header: String) -> Substring? {
    if header.hasPrefix("[") {
      guard let end = header.firstIndex(of: "]") else { return nil }
      let rest = header[header.index(after: end)...]
      guard rest.isEmpty || isPort(rest) else { return nil }
      return header[header.index(after: header.startIndex)..<end]
    }
    guard let colon = header.firstIndex(of: ":") else { return header.isEmpty ? nil : header[...] }
    let name = header[..<colon]
    return name.isEmpty || !isPort(header[colon...]) ? nil : name
  }

  private static func isPort(_ text: Substring) -> Bool {
    let digits = text.utf8.dropFirst()
    return text.utf8.first == UInt8(ascii: ":") && digits.count <= 5 && digits.allSatisfy { (0x30...0x39).contains($0) }
  }

  private static func isLoopbackV4(_ name: String) -> Bool {
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
  }
}
