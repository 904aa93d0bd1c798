internal import Bytes
internal import Environment

/// Rows of one strand that were written together and are read together.
///
/// In a file, integers big-endian:
///
/// | offset | bytes | field |
/// | --- | --- | --- |
/// | 0 | 4 | magic `GNTR` |
/// | 4 | 4 | n, the bytes of the rows |
/// | 8 | 4 | CRC-32C of the rows |
/// | 12 | 2 | a, the length of the first key |
/// | 14 | 2 | b, that of the last one |
/// | 16 | a + b | the two keys |
/// | 16 + a + b | 4 | CRC-32C of all before |
/// | 20 + a + b | n | each row: key length (u32), key, value length (u32), value; keys ascend |
///
/// Both sums are seeded with the store's identity, the file's number and the block's place, so that a block of another
/// file or place is never taken for one of this, nor what stood there before for one that was not written.
enum AppendedBlock {
  /// A block ends with the row that brings it to this size.
  static let bytes = 64 << 10
  /// What is enough for the heads of most blocks, and then for all.
  static let headBytes = [128, 20 + 2 * Int(UInt16.max)]

  private static let magic: UInt32 = 0x474E_5452

  struct Head {
    var first: [UInt8]
    var last: [UInt8]
    var sum: UInt32
    /// Of the head itself, then of the rows.
    var headCount: Int
    var rowCount: Int

    var count: Int { headCount + rowCount }
  }

  static func seed(_ identity: UInt64, _ file: UInt64, _ offset: UInt64) -> UInt32 {
    var writer = ByteWriter(capacity: 24)
    writer.u64(identity)
    writer.u64(file)
    writer.u64(offset)
    return CRC32C.checksum(writer.bytes)
  }

  static func encode(
    _ rows: ByteWriter, first: [UInt8], last: [UInt8], seed: UInt32, into writer: inout ByteWriter
  ) {
    let start = writer.count
    writer.u32(magic)
    writer.u32(UInt32(rows.count))
    writer.u32(CRC32C.checksum(rows.bytes, seed: seed))
    writer.u16(UInt16(first.count))
    writer.u16(UInt16(last.count))
    writer.raw(first)
    writer.raw(last)
    let sum = writer.bytes.withUnsafeBytes {
      CRC32C.checksum(UnsafeRawBufferPointer(rebasing: $0[start...]), seed: seed)
    }
    writer.u32(sum)
    writer.raw(rows.bytes)
  }

  /// Nil where `bytes` end before the head does.
  static func head(_ bytes: [UInt8], seed: UInt32) throws(MalformedBytes) -> Head? {
    guard bytes.count >= 16 else { return nil }
    var reader = ByteReader(bytes)
    guard try reader.u32() == magic else { throw MalformedBytes("a block does not begin where one should") }
    let rowCount = Int(try reader.u32())
    let sum = try reader.u32()
    let (first, last) = (Int(try reader.u16()), Int(try reader.u16()))
    guard reader.remaining >= first + last + 4 else { return nil }
    let keys = (try reader.raw(first), try reader.raw(last))
    let end = reader.position
    let found = bytes.withUnsafeBytes {
      CRC32C.checksum(UnsafeRawBufferPointer(rebasing: $0[..<end]), seed: seed)
    }
    guard try reader.u32() == found else { throw MalformedBytes("the head of a block has another checksum") }
    return Head(first: keys.0, last: keys.1, sum: sum, headCount: end + 4, rowCount: rowCount)
  }
}

/// Where a block lies.
struct AppendedRun {
  let first: [UInt8]
  let last: [UInt8]
  let file: AppendedFile
  let offset: UInt64
  let count: Int
}

/// An open file of blocks: whoever holds on to one can read it, whether it has a name still or not.
///
/// One thread writes behind what any other reads.
final class AppendedFile {
  let number: UInt64
  let file: any File

  init(number: UInt64, _ file: any File) {
    self.number = number
    self.file = file
  }

  deinit { file.close() }
}

/// Where the files of one database lie, and what seeds their checksums.
struct AppendedPlace {
  let disk: any Disk
  let directory: String
  /// Of the database: its files are named after it, so that they come and go with it.
  let path: String
  let identity: UInt64

  func path(of file: UInt64) -> String { "\(path)-rows-\(file)" }

  /// Files of blocks, by their numbers; nil where a name is not one of them.
  func number(of name: String) -> UInt64? {
    let prefix = "\(path.dropFirst(directory.count + 1))-rows-"
    return name.hasPrefix(prefix) ? UInt64(name.dropFirst(prefix.count)) : nil
  }
}
