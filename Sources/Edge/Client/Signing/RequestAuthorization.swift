internal import Synchronization

/// How a client's requests are authorised: signed, or, where the endpoint checks nothing, by a header that only names
/// the region.
final class RequestAuthorization: Sendable {
  private enum Way: Sendable {
    case signed(SigV4Signer)
    case named(String)
  }

  private let way: Mutex<Way>

  init(_ credentials: AWSCredentials?, region: String) {
    guard let credentials else {
      way = Mutex(
        .named(
          "AWS4-HMAC-SHA256 Credential=local/20200101/\(region)/dynamodb/aws4_request, "
            + "SignedHeaders=host;x-amz-target, Signature=" + String(repeating: "0", count: 64)))
      return
    }
    way = Mutex(.signed(SigV4Signer(credentials: credentials, region: region, service: "dynamodb")))
  }

  /// Adds to the headers of a POST to `/`.
  func authorize(
    _ headers: [(name: String, value: String)], body: [UInt8], host: String, at time: SigningTime
  ) -> [(name: String, value: String)] {
    way.withLock { way in
      switch way {
      case .named(let authorization): return headers + [(name: "Authorization", value: authorization)]
      case .signed(var signer):
        let added = signer.sign(
          method: "POST", path: "/", headers: headers + [(name: "Host", value: host)], body: body, at: time)
        way = .signed(signer)
        return headers + added
      }
    }
  }
}
