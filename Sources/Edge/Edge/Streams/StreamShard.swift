internal import Bytes
internal import Catalog
internal import Messages

/// The name of a stream's shard in DynamoDB's form: `shardId-`, 20 digits, `-`, 8 characters. The digits are the number of
/// the table's shard; the characters belong to the stream, so that another one's shard is not taken for it.
enum StreamShard {
  static let lengthMin = 28
  static let lengthMax = 65

  static func id(of shard: ShardID, in stream: KnownStream) -> String {
    "shardId-\(Digits.padded(UInt64(shard.rawValue)))-\(tail(of: stream))"
  }

  /// Nil for a shard that is none of the stream's.
  static func shard(_ id: String, in stream: KnownStream) -> ShardID? {
    let parts = id.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 3, let number = UInt32(parts[1]), Self.id(of: ShardID(number), in: stream) == id else {
      return nil
    }
    return ShardID(number)
  }

  private static func tail(of stream: KnownStream) -> String {
    var writer = ByteWriter()
    writer.raw(stream.handle.table.uniqueID)
    writer.u64(stream.settings.startedAtMs)
    return Digits.hexadecimal(UInt64(CRC32C.checksum(writer.bytes)), 8)
  }
}

/// Sequence numbers as clients see them: 21 digits, a 1 and the sequence of the shard's feed.
enum SequenceNumber {
  static let lengthMin = 21
  static let lengthMax = 40

  static func text(_ sequence: UInt64) -> String { "1\(Digits.padded(sequence))" }

  /// Nil for a text that is none.
  static func sequence(_ text: String) -> UInt64? {
    let digits = text.utf8.dropFirst()
    guard text.utf8.count == lengthMin, text.utf8.first == UInt8(ascii: "1"),
      digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
    else { return nil }
    return UInt64(text.dropFirst())
  }
}

enum Digits {
  /// Twenty, which every number has room in.
  static func padded(_ number: UInt64) -> String {
    let digits = String(number)
    return String(repeating: "0", count: 20 - digits.utf8.count) + digits
  }

  static func hexadecimal(_ number: UInt64, _ width: Int) -> String {
    let digits = String(number, radix: 16)
    return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
  }
}
