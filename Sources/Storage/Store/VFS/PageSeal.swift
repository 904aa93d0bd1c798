internal import Bytes
internal import Environment

/// The last eight bytes of every page of a database file, which SQLite leaves to us.
///
/// | offset in page | bytes | what |
/// | --- | --- | --- |
/// | page size - 8 | 4 | stamp: commits that the store had made when the page was written |
/// | page size - 4 | 4 | CRC-32C of all before it, seeded with the CRC-32C of file identity (8) and page number (4) |
///
/// Integers are big-endian. The seed finds a page that was written to the wrong place or file. The stamp finds a
/// database ahead of its log: a checkpoint broke off in the middle and the log that would complete it was damaged.
struct PageSeal {
  static let reservedBytes = 8

  let identity: UInt64
  let pageBytes: Int

  private var stampOffset: Int { pageBytes - 8 }
  private var checksumOffset: Int { pageBytes - 4 }

  func seal(_ page: UnsafeMutableRawBufferPointer, number: UInt32, stamp: UInt32) {
    page.storeBytes(of: stamp.bigEndian, toByteOffset: stampOffset, as: UInt32.self)
    let checksum = checksum(UnsafeRawBufferPointer(page), number)
    page.storeBytes(of: checksum.bigEndian, toByteOffset: checksumOffset, as: UInt32.self)
  }

  /// The stamp of an intact page, nil for a damaged one.
  func stamp(of page: UnsafeRawBufferPointer, number: UInt32) -> UInt32? {
    #if GANTRY_PLANTS
      if Plants.planted == .checksumSkipped { return 0 }
    #endif
    let stored = UInt32(bigEndian: page.loadUnaligned(fromByteOffset: checksumOffset, as: UInt32.self))
    guard stored == checksum(page, number) else { return nil }
    return UInt32(bigEndian: page.loadUnaligned(fromByteOffset: stampOffset, as: UInt32.self))
  }

  private func checksum(_ page: UnsafeRawBufferPointer, _ number: UInt32) -> UInt32 {
    let identity = self.identity.bigEndian
    let place = number.bigEndian
    var seed = withUnsafeBytes(of: identity) { CRC32C.checksum($0) }
    seed = withUnsafeBytes(of: place) { CRC32C.checksum($0, seed: seed) }
    return CRC32C.checksum(UnsafeRawBufferPointer(rebasing: page[..<checksumOffset]), seed: seed)
  }

  /// The part of a database header that SQLite needs before it looks into its log: magic, page size, reserved bytes.
  ///
  /// Page 1 may be torn when a checkpoint broke off; its good copy is then in the log. These bytes never differ, so
  /// they stand in for the first look, and nothing unchecked is ever served.
  func header(into buffer: UnsafeMutableRawBufferPointer, offset: Int) {
    var header = [UInt8](repeating: 0, count: 100)
    header.replaceSubrange(0..<15, with: Array("SQLite format 3".utf8))
    header[16] = UInt8(pageBytes >> 8)
    header[20] = UInt8(Self.reservedBytes)
    header.withUnsafeBytes {
      buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[offset..<offset + buffer.count]))
    }
  }
}
