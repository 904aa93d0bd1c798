internal import NIOHTTP1

/// Which web pages may call the API. Off unless origins are listed: then a browser refuses to send what carries the
/// API's headers.
public struct CORSPolicy: Sendable {
  /// As the one origin it allows every page.
  public static let wildcard = "*"

  private let origins: Set<String>
  private let allowsAll: Bool

  /// Exact origins (`https://console.example:8443`), or `*` for every one.
  public init(origins: [String] = []) {
    self.origins = Set(origins)
    allowsAll = origins.contains(Self.wildcard)
  }

  var isOff: Bool { origins.isEmpty }

  /// Headers that let the page at `origin` read an answer; none where it may not.
  func headers(for head: HTTPRequestHead) -> [(name: String, value: String)] {
    guard let origin = allowedOrigin(of: head) else { return [] }
    var headers = [
      (name: "access-control-allow-origin", value: allowsAll ? Self.wildcard : origin),
      (name: "access-control-expose-headers", value: "x-amzn-requestid,x-amz-crc32"),
    ]
    // The answer to another page is another one: caches have to know.
    if !allowsAll { headers.append((name: "vary", value: "Origin")) }
    return headers
  }

  /// The answer to a preflight request; nil where it is none or the page may not call. As DynamoDB does, it repeats what
  /// was asked for: methods that are not served are refused when they come.
  func preflight(_ head: HTTPRequestHead) -> HTTPAnswer? {
    guard head.method == .OPTIONS, allowedOrigin(of: head) != nil else { return nil }
    var answer = HTTPAnswer(status: 200)
    answer.headers = [("access-control-max-age", "172800")]
    for (asked, allowed) in Self.repeated {
      if let value = head.headers.first(name: asked) { answer.headers.append((allowed, value)) }
    }
    return answer
  }

  private static let repeated = [
    ("access-control-request-method", "access-control-allow-methods"),
    ("access-control-request-headers", "access-control-allow-headers"),
  ]

  /// Nil for a request of no page, or of one that may not call.
  private func allowedOrigin(of head: HTTPRequestHead) -> String? {
    guard !isOff, let origin = head.headers.first(name: "origin") else { return nil }
    return allowsAll || origins.contains(origin) ? origin : nil
  }
}
