internal import NIOHTTP1

/// Which web pages may call the API. Off unless origins are listed: then a browser refuses to send what carries the
/// API's headers.
public struct CORSPolicy: Sendable {
  private let origins: Set<String>

  /// Exact origins (`https://console.example:8443`), or `*` for every one.
  public init(origins: [String] = []) { self.origins = Set(origins) }

  var isOff: Bool { origins.isEmpty }

  /// Headers that let the page at `origin` read an answer; none where it may not.
  func headers(for head: HTTPRequestHead) -> [(name: String, value: String)] {
    guard !isOff, let origin = head.headers.first(name: "origin"), allows(origin) else { return [] }
    return [
      ("access-control-allow-origin", origin), ("vary", "Origin"),
      ("access-control-expose-headers", "x-amzn-requestid,x-amz-crc32"),
    ]
  }

  /// The answer to a preflight request; nil where it is none or the page may not call.
  func preflight(_ head: HTTPRequestHead) -> HTTPAnswer? {
    guard !isOff, head.method == .OPTIONS, let origin = head.headers.first(name: "origin"), allows(origin),
      head.headers.contains(name: "access-control-request-method")
    else { return nil }
    var answer = HTTPAnswer(status: 200)
    answer.headers = [("access-control-allow-methods", "POST,GET,OPTIONS"), ("access-control-max-age", "172800")]
    if let wanted = head.headers.first(name: "access-control-request-headers") {
      answer.headers.append(("access-control-allow-headers", wanted))
    }
    return answer
  }

  private func allows(_ origin: String) -> Bool { origins.contains(origin) || origins.contains("*") }
}
