internal import Bytes
internal import Items

/// Rows for `COPY gantry_staging … FROM STDIN (FORMAT binary)`.
struct StagingCopy {
  static let sql =
    "COPY gantry_staging (table_name, generation, rank, id, image) FROM STDIN WITH (FORMAT binary)"

  private let table: [UInt8]
  private let generation: UInt64
  private var writer: ByteWriter
  private(set) var count = 0

  init(table: String, generation: Int) {
    self.table = Array(table.utf8)
    self.generation = UInt64(generation)
    writer = ByteWriter(capacity: 1 << 18)
    // The signature, no flags, no extension.
    writer.raw([0x50, 0x47, 0x43, 0x4F, 0x50, 0x59, 0x0A, 0xFF, 0x0D, 0x0A, 0x00])
    writer.u64(0)
  }

  /// - Parameter rank: of the item's mapped table, so that parents are published before their children.
  mutating func append(rank: Int, id: [UInt8], image: [UInt8]) {
    writer.u16(5)
    field(table)
    writer.u32(8)
    writer.u64(generation)
    writer.u32(2)
    writer.u16(UInt16(rank))
    field(id)
    field(image)
    count += 1
  }

  private mutating func field(_ bytes: [UInt8]) {
    writer.u32(UInt32(bytes.count))
    writer.raw(bytes)
  }

  /// With the mark of the end.
  var data: [UInt8] { writer.bytes + [0xFF, 0xFF] }
}
