import Bytes
import Items
import Messages

/// The front of an entry's payload: who asked for the change and what it is answered with, before the command itself.
///
/// ```
/// 16 (u8) | stamp | answer (u8) | [old bytes (varint) | new bytes (varint) | [old item (blob)]] | command
/// ```
/// answer: 0 made by applying the command, else 1 + 2 where the old item follows + 4 where the new one is returned.
/// A payload that begins with another byte is a command alone: nobody sends it again.
struct EntryEnvelope {
  private static let mark: UInt8 = 16
  private enum Flag { static let isWrite: UInt8 = 1, hasOld: UInt8 = 2, returnsNew: UInt8 = 4 }

  var stamp: OperationStamp
  /// Nil where applying the command makes the answer. Without the new item: the command has it.
  var answer: WriteAnswer?
  var returnsNew: Bool
  /// Where the command begins.
  var commandStart: Int

  static func encode(
    _ stamp: OperationStamp, _ answer: WriteAnswer?, sizeHint: Int, _ command: (inout ByteWriter) -> Void
  ) -> [UInt8] {
    var writer = ByteWriter(capacity: sizeHint + 48 + (answer?.old?.bytes.count ?? 0))
    writer.u8(mark)
    stamp.encode(into: &writer)
    if let answer {
      writer.u8(
        Flag.isWrite | (answer.old == nil ? 0 : Flag.hasOld) | (answer.new == nil ? 0 : Flag.returnsNew))
      writer.varint(UInt64(answer.oldBytes))
      writer.varint(UInt64(answer.newBytes))
      if let old = answer.old { writer.item(old) }
    } else {
      writer.u8(0)
    }
    command(&writer)
    return writer.bytes
  }

  /// Nil for a command alone.
  init?(_ payload: [UInt8]) throws(MalformedBytes) {
    guard payload.first == Self.mark else { return nil }
    var reader = ByteReader(payload, in: 1..<payload.count)
    stamp = try OperationStamp(from: &reader)
    let flags = try reader.u8()
    returnsNew = flags & Flag.returnsNew != 0
    if flags & Flag.isWrite != 0 {
      var write = WriteAnswer(
        oldBytes: UInt32(truncatingIfNeeded: try reader.varint()),
        newBytes: UInt32(truncatingIfNeeded: try reader.varint()))
      if flags & Flag.hasOld != 0 { write.old = try reader.item() }
      answer = write
    }
    commandStart = reader.position
  }
}
