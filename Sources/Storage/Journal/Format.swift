internal import Bytes

/// The journal's layout on disk. Integers are big-endian; `varint` is unsigned LEB128; `blob` is a varint length
/// and that many bytes.
///
/// A directory holds segments `00000001.log`, `00000002.log`, …: the number is the segment's *sequence*. A segment is a
/// row of 512-byte sectors. Sector 0 is the header; the others are unwritten or belong to a batch.
///
/// Header sector (``SegmentHeader``), there to refuse foreign files; no record depends on it:
///
/// | offset | bytes | field |
/// | ---: | ---: | --- |
/// | 0 | 4 | CRC32C of bytes 4…511 |
/// | 4 | 8 | `GNTRYLOG` |
/// | 12 | 2 | format version, 1 |
/// | 14 | 4 | sequence |
/// | 18 | 8 | salt |
/// | 26 | 8 | bytes of the segment |
/// | 34 | 478 | zero |
///
/// Batch sector (``SectorTag``):
///
/// | offset | bytes | field |
/// | ---: | ---: | --- |
/// | 0 | 4 | CRC32C of bytes 4…511, continued from CRC32C(salt u64 ‖ sequence u32) XOR the sector's number in its file |
/// | 4 | 4 | sequence of the segment |
/// | 8 | 8 | number of the batch |
/// | 16 | 8 | number of the batch before it, which was synced before this one was written |
/// | 24 | 4 | position of the sector in its batch, from 0 |
/// | 28 | 4 | sectors of the batch |
/// | 32 | 480 | payload |
///
/// The payloads of a batch's sectors, joined, are a ``BatchHeader`` and records; the rest of the last one is zero:
///
/// | bytes | field |
/// | ---: | --- |
/// | 4 | bytes of header and records together |
/// | 4 | sequence of the oldest segment that was still needed |
/// | varint, then varint each | groups that the batch mentions, ascending |
/// | … | records, see ``Record`` |
enum Format {
  static let version: UInt16 = 1
  static let magic: [UInt8] = Array("GNTRYLOG".utf8)
  static let sectorBytes = 512
  static let tagBytes = 32
  static let payloadBytes = 480
  /// Room that every batch leaves in an empty segment, so that opening can copy it together with a damage record.
  static let copyReserveBytes = 1_024
  static let temporaryName = "prepare.tmp"

  /// Sectors that `payload` bytes take.
  static func sectors(payload: Int) -> Int { max(1, (payload + payloadBytes - 1) / payloadBytes) }

  /// Most payload bytes of one batch in a segment of that many sectors.
  static func batchBytesMax(sectors: Int) -> Int { (sectors - 1) * payloadBytes - copyReserveBytes }

  static func name(_ sequence: UInt32) -> String {
    let digits = String(sequence)
    return String(repeating: "0", count: max(0, 8 - digits.utf8.count)) + digits + ".log"
  }

  static func sequence(name: String) -> UInt32? {
    guard name.hasSuffix(".log"), let sequence = UInt32(name.dropLast(4)), sequence > 0 else { return nil }
    return Format.name(sequence) == name ? sequence : nil
  }
}

/// Sector 0 of a segment.
struct SegmentHeader: Equatable {
  var sequence: UInt32
  var salt: UInt64
  var bytes: UInt64
  var version = Format.version

  func encode() -> [UInt8] {
    var writer = ByteWriter(capacity: Format.sectorBytes)
    writer.u32(0)
    writer.raw(Format.magic)
    writer.u16(version)
    writer.u32(sequence)
    writer.u64(salt)
    writer.u64(bytes)
    var sector = writer.bytes + [UInt8](repeating: 0, count: Format.sectorBytes - writer.count)
    let checksum = CRC32C.checksum(Array(sector[4...]))
    sector.withUnsafeMutableBytes { $0.storeBytes(of: checksum.bigEndian, as: UInt32.self) }
    return sector
  }

  /// Nil where the sector is no header or was altered.
  init?(sector: [UInt8]) {
    guard sector.count == Format.sectorBytes else { return nil }
    var reader = ByteReader(sector)
    do {
      guard try reader.u32() == CRC32C.checksum(Array(sector[4...])), try reader.raw(8) == Format.magic else {
        return nil
      }
      let version = try reader.u16()
      self.init(sequence: try reader.u32(), salt: try reader.u64(), bytes: try reader.u64(), version: version)
    } catch { return nil }
  }

  init(sequence: UInt32, salt: UInt64, bytes: UInt64, version: UInt16 = Format.version) {
    self.sequence = sequence
    self.salt = salt
    self.bytes = bytes
    self.version = version
  }
}
