/// What a request's signature says of where it belongs.
enum SigningScope {
  /// The region in the scope of an `Authorization` header
  /// (`AWS4-HMAC-SHA256 Credential=KEY/DATE/REGION/SERVICE/aws4_request, …`); nil where it has none.
  static func region(of authorization: String) -> Substring? {
    guard let mark = authorization.range(of: "Credential=") else { return nil }
    let credential = authorization[mark.upperBound...].prefix { $0 != "," && $0 != " " }
    // The key comes first and may hold slashes, as some tools' dummies do.
    let parts = credential.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count >= 5, !parts[parts.count - 3].isEmpty else { return nil }
    return parts[parts.count - 3]
  }
}

extension String {
  fileprivate func range(of text: StaticString) -> Range<String.Index>? { firstRange(of: text.description) }
}
