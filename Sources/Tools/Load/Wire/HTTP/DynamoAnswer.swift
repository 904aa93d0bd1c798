internal import Client
internal import Items
internal import NIOCore

extension Answer {
  /// What a response of the DynamoDB API tells.
  init(_ response: ResponseParser.Response, asksForCapacity: Bool) {
    if response.status == 200 {
      self.init(
        body: response.body, capacityUnits: asksForCapacity ? ConsumedUnits.sum(in: response.body.readableBytesView) : 0
      )
    } else {
      self.init(CallFailure(response))
    }
  }
}

extension CallFailure {
  /// An answer that is no HTTP response. What was asked may have been done.
  static let malformed = CallFailure("malformed", effect: .unknown, isTransient: true)

  init(_ response: ResponseParser.Response) {
    let body = try? JSONValue(parsing: Array(response.body.readableBytesView))
    let code = body?["__type"]?.text?.split(separator: "#").last.map(String.init)
    // A request that was refused had no effect; so says the service, by its own code, where it is not available.
    let hadNone = (400..<500).contains(response.status) || (response.status == 503 && code != nil)
    let type = code ?? "HTTP\(response.status)"
    self.init(
      type, effect: hadNone ? .none : .unknown,
      isTransient: ServiceFailure.isTransient(status: response.status, code: type))
  }
}

/// Finds capacity units in an answer without reading its JSON: one name that no text of an item can contain unescaped,
/// followed by a number. (An attribute of that name is followed by its type.)
enum ConsumedUnits {
  private static let name = Array(#""CapacityUnits":"#.utf8)

  static func sum(in bytes: some Collection<UInt8>) -> Double {
    var sum = 0.0
    var rest = bytes[...]
    while let quote = rest.firstIndex(of: name[0]) {
      rest = rest[quote...]
      guard rest.starts(with: name) else {
        rest = rest.dropFirst()
        continue
      }
      rest = rest.dropFirst(name.count)
      let digits = rest.prefix { (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") }
      sum += Double(String(decoding: digits, as: UTF8.self)) ?? 0
    }
    return sum
  }
}
