internal import Client
internal import NIOCore

/// Writes requests of the DynamoDB API. What is the same for all requests of an operation to an endpoint is made once.
struct RequestWriter {
  private struct Head {
    var operation: String
    /// Up to the value of `Content-Length`.
    var bytes: [UInt8]
  }

  private let settings: HTTPWireSettings
  /// One for each endpoint; none where nothing is signed.
  private var signers: [SigV4Signer]
  /// By endpoint, in the order of first use: a load has few operations.
  private var heads: [[Head]]

  init(_ settings: HTTPWireSettings) {
    self.settings = settings
    heads = Array(repeating: [], count: settings.targets.count)
    signers = settings.targets.compactMap { target in
      settings.credentials.map { SigV4Signer(credentials: $0, region: target.region, service: "dynamodb") }
    }
  }

  mutating func write(_ call: Call, endpoint: Int, into buffer: inout ByteBuffer) {
    if !signers.isEmpty {
      writeSigned(call, endpoint, into: &buffer)
    } else if settings.asksForCapacity {
      writeHead(call.method, endpoint, into: &buffer)
      writeBody(Self.askingForCapacity(call.body), into: &buffer)
    } else {
      writeHead(call.method, endpoint, into: &buffer)
      writeBody(call.body, into: &buffer)
    }
  }

  private mutating func writeHead(_ operation: String, _ endpoint: Int, into buffer: inout ByteBuffer) {
    for head in heads[endpoint] where head.operation == operation {
      buffer.writeBytes(head.bytes)
      return
    }
    let lines = headLines(operation, endpoint) + [(name: "Authorization", value: dummyAuthorization(endpoint))]
    let head = Head(operation: operation, bytes: Self.text(of: lines))
    heads[endpoint].append(head)
    buffer.writeBytes(head.bytes)
  }

  /// Names the region, for endpoints that check nothing.
  private func dummyAuthorization(_ endpoint: Int) -> String {
    "AWS4-HMAC-SHA256 Credential=local/20200101/\(settings.targets[endpoint].region)/dynamodb/aws4_request, "
      + "SignedHeaders=host;x-amz-target, Signature=" + String(repeating: "0", count: 64)
  }

  /// A signature covers the body and the time, so this head is of one request only.
  private mutating func writeSigned(_ call: Call, _ endpoint: Int, into buffer: inout ByteBuffer) {
    let body = settings.asksForCapacity ? Self.askingForCapacity(call.body) : call.body
    let lines = headLines(call.method, endpoint)
    let added = signers[endpoint].sign(method: "POST", path: "/", headers: lines, body: body, at: .now)
    buffer.writeBytes(Self.text(of: lines + added))
    writeBody(body, into: &buffer)
  }

  private func headLines(_ operation: String, _ endpoint: Int) -> [(name: String, value: String)] {
    [
      (name: "Host", value: settings.targets[endpoint].endpoint.authority),
      (name: "Content-Type", value: "application/x-amz-json-1.0"),
      (name: "X-Amz-Target", value: "DynamoDB_20120810.\(operation)"),
    ]
  }

  private static func text(of lines: [(name: String, value: String)]) -> [UInt8] {
    var text = "POST / HTTP/1.1\r\n"
    for line in lines { text += "\(line.name): \(line.value)\r\n" }
    return Array((text + "Content-Length: ").utf8)
  }

  private func writeBody(_ body: [UInt8], into buffer: inout ByteBuffer) {
    Self.writeDecimal(body.count, into: &buffer)
    buffer.writeInteger(0x0D0A_0D0A as UInt32)
    buffer.writeBytes(body)
  }

  private static func writeDecimal(_ number: Int, into buffer: inout ByteBuffer) {
    var scale = 1
    while number / scale >= 10 { scale *= 10 }
    while scale > 0 {
      buffer.writeInteger(UInt8(0x30 + number / scale % 10))
      scale /= 10
    }
  }

  /// The body with one member more; every operation on items knows it.
  static func askingForCapacity(_ body: [UInt8]) -> [UInt8] {
    guard body.last == UInt8(ascii: "}"), body.count > 2 else { return body }
    return body.dropLast() + Array(#","ReturnConsumedCapacity":"TOTAL"}"#.utf8)
  }
}
