internal import Bytes
internal import Items
internal import Messages

/// A place in a stream's shard, as clients carry it from one GetRecords to the next.
///
/// ```
/// ARN | 1 | base 64 of: shard (u32), start (u8: 0 the oldest record, 1 behind a sequence), sequence (varint), issued at
/// (varint, milliseconds), CRC32C of the ARN and everything before (u32)
/// ```
struct ShardIterator: Equatable {
  var arn: String
  var shard: ShardID
  var start: StreamRead.Start
  /// By the clock of the process that issued it.
  var issuedAtMs: UInt64

  /// DynamoDB's.
  static let lifeMs: UInt64 = 15 * 60 * 1_000
  static let lengthMax = 2_048
  private static let separator: Character = "|"
  private static let form = "1"

  var text: String {
    var writer = ByteWriter()
    writer.shard(shard)
    switch start {
    case .horizon:
      writer.u8(0)
      writer.varint(0)
    case .after(let sequence):
      writer.u8(1)
      writer.varint(sequence)
    }
    writer.varint(issuedAtMs)
    writer.u32(Self.sum(arn, writer.bytes))
    return "\(arn)|\(Self.form)|\(String(decoding: Base64.encode(writer.bytes), as: UTF8.self))"
  }

  init(arn: String, shard: ShardID, start: StreamRead.Start, issuedAtMs: UInt64) {
    self.arn = arn
    self.shard = shard
    self.start = start
    self.issuedAtMs = issuedAtMs
  }

  /// Nil for a text that was not issued by this program.
  init?(_ text: String) {
    let parts = text.split(separator: Self.separator, omittingEmptySubsequences: false)
    guard parts.count == 3, parts[1] == Self.form, let bytes = Self.decoded(parts[2]), bytes.count > 4 else {
      return nil
    }
    arn = String(parts[0])
    do throws(MalformedBytes) {
      var reader = ByteReader(bytes)
      shard = try reader.shard()
      let kind = try reader.u8()
      let sequence = try reader.varint()
      start = kind == 0 ? .horizon : .after(sequence)
      issuedAtMs = try reader.varint()
      let sum = try reader.u32()
      try reader.finish()
      guard sum == Self.sum(arn, Array(bytes.dropLast(4))) else { return nil }
    } catch {
      return nil
    }
  }

  private static func sum(_ arn: String, _ bytes: [UInt8]) -> UInt32 { CRC32C.checksum(Array(arn.utf8) + bytes) }

  private static func decoded(_ text: Substring) -> [UInt8]? { try? Base64.decode(Array(text.utf8)) }
}
