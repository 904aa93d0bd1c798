public import Bytes

/// Key components whose unsigned bytes compare as DynamoDB orders keys: strings by UTF-8 bytes, binaries by unsigned
/// bytes, numbers numerically.
///
/// A partition component ends itself, so that what follows does not disturb the order and the pair can be taken apart:
/// in strings and binaries 0x00 becomes 0x00 0xFF, and 0x00 0x01 ends the component. A sort component is the last one
/// and has the raw bytes. Numbers have the encoding of ``Number/append(orderedTo:)`` in both.
public enum KeyCodec {
  /// What ends the partition component of a string or binary.
  public static let terminatorBytes = 2

  /// Appends a partition key. `value` is a string, number or binary; another type is a bug of the caller and traps.
  public static func appendPartition(_ value: AttributeValue, to bytes: inout [UInt8]) {
    switch value {
    case .string(let text): appendEscaped(text, to: &bytes)
    case .binary(let data): appendEscaped(data, to: &bytes)
    case .number(let number): number.append(orderedTo: &bytes)
    default: fatalError("A partition key is a string, a number or a binary.")
    }
  }

  /// Appends a sort key, the last component. `value` is a string, number or binary; another type traps.
  public static func appendSort(_ value: AttributeValue, to bytes: inout [UInt8]) {
    switch value {
    case .string(let text): bytes.append(contentsOf: text)
    case .binary(let data): bytes.append(contentsOf: data)
    case .number(let number): number.append(orderedTo: &bytes)
    default: fatalError("A sort key is a string, a number or a binary.")
    }
  }

  /// Reads a partition component and leaves the reader behind it.
  public static func readPartition(
    _ type: KeyType, from reader: inout ByteReader
  ) throws(MalformedBytes) -> AttributeValue {
    switch type {
    case .string: .string(try readEscaped(&reader))
    case .binary: .binary(try readEscaped(&reader))
    case .number: .number(try Number(ordered: &reader))
    }
  }

  /// Reads a sort component: all that is left in the reader.
  public static func readSort(
    _ type: KeyType, from reader: inout ByteReader
  ) throws(MalformedBytes) -> AttributeValue {
    switch type {
    case .string: return .string(try reader.raw(reader.remaining))
    case .binary: return .binary(try reader.raw(reader.remaining))
    case .number:
      let number = try Number(ordered: &reader)
      try reader.finish()
      return .number(number)
    }
  }

  private static func appendEscaped(_ value: [UInt8], to bytes: inout [UInt8]) {
    if value.contains(0) {
      for byte in value {
        bytes.append(byte)
        if byte == 0 { bytes.append(0xFF) }
      }
    } else {
      bytes.append(contentsOf: value)
    }
    bytes.append(0)
    bytes.append(1)
  }

  private static func readEscaped(_ reader: inout ByteReader) throws(MalformedBytes) -> [UInt8] {
    var value: [UInt8] = []
    while true {
      let byte = try reader.u8()
      guard byte == 0 else {
        value.append(byte)
        continue
      }
      switch try reader.u8() {
      case 0xFF: value.append(0)
      case 0x01: return value
      default: throw MalformedBytes("a key component holds an unknown escape")
      }
    }
  }
}
