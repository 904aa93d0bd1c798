/// What a request's signature says of where it belongs.
enum SigningScope {
  private static let mark = "Credential="

  /// The region in the scope of an `Authorization` header
  /// (`AWS4-HMAC-SHA256 Credential=KEY/DATE/REGION/SERVICE/aws4_request, …`); nil where it has none.
  ///
  /// On the way of every request: over bytes, since a string's own search looks for characters.
  static func region(of authorization: String) -> Substring? {
    let bytes = authorization.utf8
    guard let start = credential(in: bytes) else { return nil }
    let scope = bytes[start...].prefix { $0 != UInt8(ascii: ",") && $0 != UInt8(ascii: " ") }
    // The key comes first and may hold slashes, as some tools' dummies do.
    let slashes = scope.indices.filter { scope[$0] == UInt8(ascii: "/") }
    guard slashes.count >= 4 else { return nil }
    let region = scope[scope.index(after: slashes[slashes.count - 3])..<slashes[slashes.count - 2]]
    return region.isEmpty ? nil : Substring(region)
  }

  /// Where the text behind the mark begins.
  private static func credential(in bytes: String.UTF8View) -> String.Index? {
    var start = bytes.startIndex
    while let found = bytes[start...].firstIndex(of: UInt8(ascii: "C")) {
      let rest = bytes[found...]
      if rest.starts(with: mark.utf8) { return bytes.index(found, offsetBy: mark.utf8.count) }
      start = bytes.index(after: found)
    }
    return nil
  }
}
