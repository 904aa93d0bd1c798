/// Appends fields of protocol buffers' binary form (protobuf.dev/programming-guides/encoding) to bytes.
struct ProtobufMessage {
  private(set) var bytes: [UInt8] = []

  mutating func field(_ number: UInt8, bytes value: some Collection<UInt8>) {
    bytes.append(number << 3 | 2)
    varint(UInt64(value.count))
    bytes.append(contentsOf: value)
  }

  private mutating func varint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: rest))
  }
}

/// Goes through the fields at the top level of a message.
struct ProtobufFields {
  private var rest: UnsafeRawBufferPointer.SubSequence

  init(_ message: UnsafeRawBufferPointer) { rest = message[...] }

  /// The number of the next field, which is skipped; nil at the end, or where the bytes are no message.
  mutating func next() -> UInt64? {
    guard let tag = varint() else { return nil }
    switch tag & 7 {
    case 0: if varint() == nil { return nil }
    case 1: rest = rest.dropFirst(8)
    case 2:
      guard let length = varint(), length <= UInt64(rest.count) else { return nil }
      rest = rest.dropFirst(Int(length))
    case 5: rest = rest.dropFirst(4)
    default: return nil
    }
    return tag >> 3
  }

  private mutating func varint() -> UInt64? {
    var value: UInt64 = 0
    for shift in stride(from: 0, to: 64, by: UInt64.Stride(7)) {
      guard let byte = rest.popFirst() else { return nil }
      value |= UInt64(byte & 0x7F) << UInt64(shift)
      if byte < 0x80 { return value }
    }
    return nil
  }
}
