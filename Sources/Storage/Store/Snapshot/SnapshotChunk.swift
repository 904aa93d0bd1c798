public import Bytes

/// Consecutive rows of a snapshot, as they travel from one replica to another.
///
/// Encoded, integers big-endian:
///
/// | offset | bytes | field |
/// | --- | --- | --- |
/// | 0 | 1 | format, 1 |
/// | 1 | 1 | 1 where the snapshot ends with this chunk, else 0 |
/// | 2 | 4 | number of rows |
/// | 6 | 4 | n, the bytes of the rows |
/// | 10 | n | each row: key length (u32), key, value length (u32), value; keys ascend |
/// | 10 + n | 4 | CRC-32C of the snapshot's identity (u64), the chunk's sequence (u64) and all bytes before this field |
///
/// Identity and sequence are not in it: whoever reads it knows what it waits for, and refuses everything else.
public struct SnapshotChunk: Equatable, Sendable {
  /// The rows in the format above.
  public let rows: [UInt8]
  public let count: Int
  /// Nil where the chunk has no rows.
  public let lastKey: [UInt8]?
  public let isLast: Bool

  private static let format: UInt8 = 1
  private static let headerBytes = 10
  private static let sumBytes = 4

  init(rows: [UInt8], count: Int, lastKey: [UInt8]?, isLast: Bool) {
    self.rows = rows
    self.count = count
    self.lastKey = lastKey
    self.isLast = isLast
  }

  /// `sequence` counts a snapshot's chunks from 0.
  public func encode(identity: UInt64, sequence: UInt64) -> [UInt8] {
    var writer = ByteWriter(capacity: Self.headerBytes + rows.count + Self.sumBytes)
    writer.u8(Self.format)
    writer.bool(isLast)
    writer.u32(UInt32(count))
    writer.u32(UInt32(rows.count))
    writer.raw(rows)
    writer.u32(CRC32C.checksum(writer.bytes, seed: Self.seed(identity, sequence)))
    return writer.bytes
  }

  /// Reads the chunk with this place in this snapshot. Throws where a bit differs, a byte is missing or left over, or
  /// the chunk belongs elsewhere.
  public init(_ bytes: [UInt8], identity: UInt64, sequence: UInt64) throws(MalformedBytes) {
    guard bytes.count >= Self.headerBytes + Self.sumBytes else { throw MalformedBytes("a chunk is too short") }
    let sumStart = bytes.count - Self.sumBytes
    var sumReader = ByteReader(bytes, in: sumStart..<bytes.count)
    let sum = bytes.withUnsafeBytes { raw in
      CRC32C.checksum(UnsafeRawBufferPointer(rebasing: raw[..<sumStart]), seed: Self.seed(identity, sequence))
    }
    guard try sumReader.u32() == sum else { throw MalformedBytes("a chunk's checksum does not agree") }
    var reader = ByteReader(bytes, in: 0..<sumStart)
    guard try reader.u8() == Self.format else { throw MalformedBytes("a chunk has an unknown format") }
    isLast = try reader.bool()
    count = Int(try reader.u32())
    rows = try reader.raw(Int(try reader.u32()))
    try reader.finish()
    lastKey = try Self.check(rows, count: count)
  }

  /// Nil where the chunk has no rows.
  var firstKey: [UInt8]? {
    var reader = SnapshotRows(rows)
    return (try? reader.next()).map { Array(rows[$0.key]) }
  }

  private static func seed(_ identity: UInt64, _ sequence: UInt64) -> UInt32 {
    var writer = ByteWriter(capacity: 16)
    writer.u64(identity)
    writer.u64(sequence)
    return CRC32C.checksum(writer.bytes)
  }

  /// The last key of rows that are as many as they claim and in order.
  private static func check(_ rows: [UInt8], count: Int) throws(MalformedBytes) -> [UInt8]? {
    var reader = SnapshotRows(rows)
    var last: Range<Int>?
    var found = 0
    while let row = try reader.next() {
      if let last, !ascends(rows, last, row.key) { throw MalformedBytes("a chunk's keys do not ascend") }
      last = row.key
      found += 1
    }
    guard found == count else { throw MalformedBytes("a chunk has more or fewer rows than it says") }
    return last.map { Array(rows[$0]) }
  }
}

private func ascends(_ rows: [UInt8], _ first: Range<Int>, _ second: Range<Int>) -> Bool {
  rows.withUnsafeBytes { raw in
    compareBytes(UnsafeRawBufferPointer(rebasing: raw[first]), UnsafeRawBufferPointer(rebasing: raw[second])) < 0
  }
}

extension ByteWriter {
  /// A row as chunks of snapshots and blocks of appended rows hold it.
  mutating func row(_ key: [UInt8], _ value: [UInt8]) {
    u32(UInt32(key.count))
    raw(key)
    u32(UInt32(value.count))
    raw(value)
  }
}

/// Where the keys and values of encoded rows lie, one row after another.
struct SnapshotRows {
  private var reader: ByteReader

  init(_ rows: [UInt8]) { reader = ByteReader(rows) }

  /// Nil after the last.
  mutating func next() throws(MalformedBytes) -> (key: Range<Int>, value: Range<Int>)? {
    if reader.isAtEnd { return nil }
    let key = try field()
    return (key, try field())
  }

  private mutating func field() throws(MalformedBytes) -> Range<Int> {
    let length = Int(try reader.u32())
    let start = try reader.skip(length)
    return start..<start + length
  }
}
