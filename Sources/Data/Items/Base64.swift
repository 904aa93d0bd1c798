/// Base 64 of RFC 4648, section 4, with padding, as DynamoDB takes and gives binaries.
public enum Base64 {
  /// What is wrong with a text that should be base 64; ``message`` is DynamoDB's (sic).
  public enum Fault: Error, Equatable, Sendable {
    case length(Int)
    case character(UInt8)
    case lastCharacter

    public var message: String {
      switch self {
      case .length(let count): "Base64 encoded length is expected a multiple of 4 bytes but found: \(count)"
      case .character(let byte): "Invalid base 64 character: '\(String(decoding: [byte], as: UTF8.self))'"
      case .lastCharacter: "Invalid last non-pad Base64 character dectected"
      }
    }
  }

  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
  private static let pad = UInt8(ascii: "=")
  private static let foreign: UInt8 = 0xFF

  /// The value of each character; `foreign` for those outside the alphabet.
  private static let values: [UInt8] = alphabet.enumerated().reduce(into: Array(repeating: foreign, count: 256)) {
    $0[Int($1.element)] = UInt8($1.offset)
  }

  public static func append(_ data: UnsafeBufferPointer<UInt8>, to bytes: inout [UInt8]) {
    guard !data.isEmpty else { return }
    let length = encodedLength(data.count)
    alphabet.withUnsafeBufferPointer { alphabet in
      withUnsafeTemporaryAllocation(byteCount: length, alignment: 8) { raw in
        let text = raw.bindMemory(to: UInt8.self)
        encode(data, to: text, with: alphabet)
        bytes.append(contentsOf: UnsafeBufferPointer(text))
      }
    }
  }

  public static func encode(_ data: [UInt8]) -> [UInt8] {
    var bytes: [UInt8] = []
    data.withUnsafeBufferPointer { append($0, to: &bytes) }
    return bytes
  }

  static func encodedLength(_ count: Int) -> Int { (count + 2) / 3 * 4 }

  private static func encode(
    _ data: UnsafeBufferPointer<UInt8>, to text: UnsafeMutableBufferPointer<UInt8>,
    with alphabet: UnsafeBufferPointer<UInt8>
  ) {
    var (source, target) = (0, 0)
    while source < data.count {
      let left = data.count - source
      let group =
        UInt32(data[source]) << 16 | (left > 1 ? UInt32(data[source + 1]) << 8 : 0)
        | (left > 2 ? UInt32(data[source + 2]) : 0)
      text[target] = alphabet[Int(group >> 18)]
      text[target + 1] = alphabet[Int(group >> 12 & 63)]
      text[target + 2] = left > 1 ? alphabet[Int(group >> 6 & 63)] : pad
      text[target + 3] = left > 2 ? alphabet[Int(group & 63)] : pad
      source += 3
      target += 4
    }
  }

  /// Appends the bytes that `text` stands for. Strict: whole groups of four, padding only at the end, no unused bits
  /// set, no white space. On an error nothing is appended.
  public static func appendDecoded(
    _ text: UnsafeBufferPointer<UInt8>, to bytes: inout [UInt8]
  ) throws(Fault) {
    guard text.count % 4 == 0 else { throw .length(text.count) }
    guard !text.isEmpty else { return }
    let pads = text[text.count - 1] != pad ? 0 : text[text.count - 2] != pad ? 1 : 2
    let start = bytes.count
    do throws(Fault) {
      try decode(text, pads: pads, to: &bytes)
    } catch {
      bytes.removeLast(bytes.count - start)
      throw error
    }
  }

  public static func decode(_ text: [UInt8]) throws(Fault) -> [UInt8] {
    var bytes: [UInt8] = []
    try text.withUnsafeBufferPointer { (text) throws(Fault) in try appendDecoded(text, to: &bytes) }
    return bytes
  }

  private static func decode(
    _ text: UnsafeBufferPointer<UInt8>, pads: Int, to bytes: inout [UInt8]
  ) throws(Fault) {
    bytes.reserveCapacity(bytes.count + text.count / 4 * 3)
    let characters = text.count - pads
    var group: UInt32 = 0
    for index in 0..<characters {
      let value = values[Int(text[index])]
      guard value != foreign else { throw text[index] == pad ? .lastCharacter : .character(text[index]) }
      group = group << 6 | UInt32(value)
      guard index & 3 == 3 else { continue }
      bytes.append(UInt8(truncatingIfNeeded: group >> 16))
      bytes.append(UInt8(truncatingIfNeeded: group >> 8))
      bytes.append(UInt8(truncatingIfNeeded: group))
      group = 0
    }
    switch pads {
    case 1:
      guard group & 3 == 0 else { throw .lastCharacter }
      bytes.append(UInt8(truncatingIfNeeded: group >> 10))
      bytes.append(UInt8(truncatingIfNeeded: group >> 2))
    case 2:
      guard group & 15 == 0 else { throw .lastCharacter }
      bytes.append(UInt8(truncatingIfNeeded: group >> 4))
    default: break
    }
  }
}
