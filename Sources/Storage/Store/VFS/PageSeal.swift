internal import Bytes
internal import Environment

/// The last eight bytes of every page of a database file, which SQLite leaves to us.
///
/// | offset in page | bytes | what |
/// | --- | --- | --- |
/// | 4088 | 4 | stamp: commits that the store had made when the page was written |
/// | 4092 | 4 | CRC-32C of all before it, seeded with the CRC-32C of file identity (8) and page number (4) |
///
/// Integers are big-endian. The seed finds a page that was written to the wrong place or file. The stamp finds a
/// database ahead of its log: a checkpoint broke off in the middle and the log that would complete it was damaged.
struct PageSeal {
  static let pageBytes = 4096
  static let reservedBytes = 8
  private static let stampOffset = 4088
  private static let checksumOffset = 4092

  let identity: UInt64

  func seal(_ page: UnsafeMutableRawBufferPointer, number: UInt32, stamp: UInt32) {
    page.storeBytes(of: stamp.bigEndian, toByteOffset: Self.stampOffset, as: UInt32.self)
    let checksum = checksum(UnsafeRawBufferPointer(page), number)
    page.storeBytes(of: checksum.bigEndian, toByteOffset: Self.checksumOffset, as: UInt32.self)
  }

  /// The stamp of an intact page, nil for a damaged one.
  func stamp(of page: UnsafeRawBufferPointer, number: UInt32) -> UInt32? {
    #if GANTRY_PLANTS
      if Plants.planted == .checksumSkipped { return 0 }
    #endif
    let stored = UInt32(bigEndian: page.loadUnaligned(fromByteOffset: Self.checksumOffset, as: UInt32.self))
    guard stored == checksum(page, number) else { return nil }
    return UInt32(bigEndian: page.loadUnaligned(fromByteOffset: Self.stampOffset, as: UInt32.self))
  }

  private func checksum(_ page: UnsafeRawBufferPointer, _ number: UInt32) -> UInt32 {
    let identity = self.identity.bigEndian
    let place = number.bigEndian
    var seed = withUnsafeBytes(of: identity) { CRC32C.checksum($0) }
    seed = withUnsafeBytes(of: place) { CRC32C.checksum($0, seed: seed) }
    return CRC32C.checksum(UnsafeRawBufferPointer(rebasing: page[..<Self.checksumOffset]), seed: seed)
  }

  /// The part of a database header that SQLite needs before it looks into its log: magic, page size, reserved bytes.
  ///
  /// Page 1 may be torn when a checkpoint broke off; its good copy is then in the log. These bytes never differ, so
  /// they stand in for the first look, and nothing unchecked is ever served.
  static func header(into buffer: UnsafeMutableRawBufferPointer, offset: Int) {
    var header = [UInt8](repeating: 0, count: 100)
    header.replaceSubrange(0..<15, with: Array("SQLite format 3".utf8))
    header[16] = UInt8(pageBytes >> 8)
    header[20] = UInt8(reservedBytes)
    header.withUnsafeBytes {
      buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[offset..<offset + buffer.count]))
    }
  }
}
