internal import Crypto

/// The key of one day, region and service. It is made by four HMACs, and used as long as the day lasts.
struct SigningKey: Sendable {
  /// `20150830/us-east-1/dynamodb/aws4_request`.
  let scope: [UInt8]
  /// Keyed and otherwise empty: a copy of it makes a signature without hashing the key again.
  private let keyed: HMAC<SHA256>

  /// - Parameter day: eight digits.
  init(secretKey: String, day: ArraySlice<UInt8>, region: String, service: String) {
    let end = "aws4_request"
    var key = Self.mac(Array(day), key: Array("AWS4\(secretKey)".utf8))
    for part in [region, service, end] { key = Self.mac(Array(part.utf8), key: key) }
    keyed = HMAC<SHA256>(key: SymmetricKey(data: key))
    scope = day + Array("/\(region)/\(service)/\(end)".utf8)
  }

  /// 64 hexadecimal digits.
  func signature(of text: [UInt8]) -> [UInt8] {
    var mac = keyed
    mac.update(data: text)
    return Hexadecimal.digits(mac.finalize())
  }

  private static func mac(_ text: [UInt8], key: [UInt8]) -> [UInt8] {
    Array(HMAC<SHA256>.authenticationCode(for: text, using: SymmetricKey(data: key)))
  }
}

/// Lower-case hexadecimal digits of bytes.
enum Hexadecimal {
  static func digits(_ bytes: some Sequence<UInt8>) -> [UInt8] {
    var digits: [UInt8] = []
    digits.reserveCapacity(64)
    for byte in bytes {
      digits.append(digit(byte >> 4))
      digits.append(digit(byte & 15))
    }
    return digits
  }

  private static func digit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
  }
}
