internal import CNGHTTP2

struct HeaderField {
  var name: String
  var value: String

  init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }
}

/// The header fields of one message as they arrive, within the limits.
struct HeaderBlock {
  private var fields: [HeaderField] = []
  private var byteCount = 0

  /// The first value of a field.
  subscript(name: String) -> String? { fields.first { $0.name == name }?.value }

  /// False where the block exceeds a limit.
  mutating func add(name: UnsafeBufferPointer<UInt8>, value: UnsafeBufferPointer<UInt8>) -> Bool {
    // 32 bytes a field: RFC 9113, section 6.5.2.
    byteCount += name.count + value.count + 32
    guard byteCount <= TransportLimits.headerBlockBytesMax, fields.count < TransportLimits.headerFieldsMax else {
      return false
    }
    fields.append(HeaderField(String(decoding: name, as: UTF8.self), String(decoding: value, as: UTF8.self)))
    return true
  }

  /// Lends the fields in the form that libnghttp2 takes; it copies them.
  static func lend<Result>(_ fields: [HeaderField], _ body: (UnsafePointer<nghttp2_nv>, Int) -> Result) -> Result {
    var text: [UInt8] = []
    for field in fields {
      text += field.name.utf8
      text += field.value.utf8
    }
    // A block of empty texts still needs an address.
    text.append(0)
    return text.withUnsafeMutableBufferPointer { text in
      guard var next = text.baseAddress else { fatalError("A buffer with a byte in it has an address.") }
      let pairs = fields.map { field in
        let name = next
        let value = name + field.name.utf8.count
        next = value + field.value.utf8.count
        return nghttp2_nv(
          name: name, value: value, namelen: field.name.utf8.count, valuelen: field.value.utf8.count,
          flags: UInt8(NGHTTP2_NV_FLAG_NONE.rawValue))
      }
      return pairs.withUnsafeBufferPointer { pairs in
        guard let first = pairs.baseAddress else { fatalError("A message has header fields.") }
        return body(first, pairs.count)
      }
    }
  }
}
