internal import Crypto

/// Signs requests with AWS Signature Version 4, about 3 µs each with a body of 600 bytes. One a thread: it keeps the
/// key of the day and the text of the second.
///
/// Source: "Create a signed AWS API request", AWS Identity and Access Management user guide; tested with the vectors
/// that AWS publishes.
public struct SigV4Signer: Sendable, CustomStringConvertible {
  private static let algorithm = "AWS4-HMAC-SHA256"

  private let credentials: AWSCredentials
  public let region: String
  public let service: String
  private var second: (time: SigningTime, text: [UInt8])?
  private var key: SigningKey?

  public init(credentials: AWSCredentials, region: String, service: String) {
    self.credentials = credentials
    self.region = region
    self.service = service
  }

  public var description: String { "signer with \(credentials) for \(service) in \(region)" }

  /// The headers to send besides those given: `X-Amz-Date`, `X-Amz-Security-Token` with temporary credentials, and
  /// `Authorization`.
  ///
  /// - Parameters:
  ///   - path: as it is sent: percent-encoded, without `.` and `..`, perhaps with a query.
  ///   - headers: to be signed, `Host` among them; what a proxy may change does not belong here.
  public mutating func sign(
    method: String, path: String, headers: [(name: String, value: String)], body: [UInt8], at time: SigningTime
  ) -> [(name: String, value: String)] {
    let date = text(of: time)
    let key = key(of: date[..<8])
    var added = [(name: "X-Amz-Date", value: String(decoding: date, as: UTF8.self))]
    if let token = credentials.sessionToken { added.append((name: "X-Amz-Security-Token", value: token)) }
    let request = CanonicalRequest(method: method, path: path, headers: headers + added)
    let signedHeaders = request.signedHeaders
    let canonical = request.closed(bodyHash: Self.hash(body))
    let signature = key.signature(of: Self.textToSign(date, key.scope, Self.hash(canonical)))
    added.append((name: "Authorization", value: authorization(key.scope, signedHeaders, signature)))
    return added
  }

  private mutating func text(of time: SigningTime) -> [UInt8] {
    if let second, second.time == time { return second.text }
    let text = time.bytes
    second = (time, text)
    return text
  }

  private mutating func key(of day: ArraySlice<UInt8>) -> SigningKey {
    if let key, key.scope.starts(with: day) { return key }
    let made = SigningKey(secretKey: credentials.secretKey, day: day, region: region, service: service)
    key = made
    return made
  }

  private static func hash(_ bytes: [UInt8]) -> [UInt8] {
    var hash = SHA256()
    bytes.withUnsafeBytes { hash.update(bufferPointer: $0) }
    return Hexadecimal.digits(hash.finalize())
  }

  private static func textToSign(_ date: [UInt8], _ scope: [UInt8], _ requestHash: [UInt8]) -> [UInt8] {
    var text: [UInt8] = []
    text.reserveCapacity(192)
    text += algorithm.utf8
    text.append(UInt8(ascii: "\n"))
    text += date
    text.append(UInt8(ascii: "\n"))
    text += scope
    text.append(UInt8(ascii: "\n"))
    text += requestHash
    return text
  }

  private func authorization(_ scope: [UInt8], _ signedHeaders: [UInt8], _ signature: [UInt8]) -> String {
    var text: [UInt8] = []
    text.reserveCapacity(320)
    text += Self.algorithm.utf8
    text += " Credential=".utf8
    text += credentials.accessKey.utf8
    text.append(UInt8(ascii: "/"))
    text += scope
    text += ", SignedHeaders=".utf8
    text += signedHeaders
    text += ", Signature=".utf8
    text += signature
    return String(decoding: text, as: UTF8.self)
  }
}
