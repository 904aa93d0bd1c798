internal import Bytes

/// What a sector says about itself.
struct SectorTag: Equatable {
  var sequence: UInt32
  var batch: UInt64
  var previous: UInt64
  var index: UInt32
  var count: UInt32
}

/// What recovery finds in a sector.
enum SectorState: Equatable {
  /// Zero, or intact under an older sequence of the file: nothing was written here since the segment was prepared.
  case unwritten
  /// Neither: no crash leaves a sector like that.
  case altered
  case current(SectorTag)
}

/// The identity of a segment, which starts every checksum in it.
struct SegmentIdentity {
  let sequence: UInt32
  let salt: UInt64
  private let seed: UInt32

  init(sequence: UInt32, salt: UInt64) {
    self.sequence = sequence
    self.salt = salt
    seed = Self.seed(sequence: sequence, salt: salt)
  }

  private static func seed(sequence: UInt32, salt: UInt64) -> UInt32 {
    let saltSum = withUnsafeBytes(of: salt.bigEndian) { CRC32C.checksum($0) }
    return withUnsafeBytes(of: sequence.bigEndian) { CRC32C.checksum($0, seed: saltSum) }
  }

  /// Reads one sector's tag and checks its sum. `sector` has 512 bytes, `number` is its place in the file.
  func state(of sector: UnsafeRawBufferPointer, number: Int) -> SectorState {
    if isZero(sector) { return .unwritten }
    let tag = decodeTag(sector)
    guard tag.sequence <= sequence else { return .altered }
    let start = tag.sequence == sequence ? seed : Self.seed(sequence: tag.sequence, salt: salt)
    let sum = CRC32C.checksum(
      UnsafeRawBufferPointer(rebasing: sector[4...]), seed: start ^ UInt32(truncatingIfNeeded: number))
    guard sum == load32(sector, 0) else { return .altered }
    if tag.sequence < sequence { return .unwritten }
    return tag.index < tag.count ? .current(tag) : .altered
  }

  /// Spreads a batch's payload over sectors that start at `firstSector` of the file.
  func seal(_ payload: [UInt8], batch: UInt64, previous: UInt64, firstSector: Int) -> [UInt8] {
    let count = Format.sectors(payload: payload.count)
    var sealed = [UInt8](repeating: 0, count: count * Format.sectorBytes)
    sealed.withUnsafeMutableBytes { target in
      payload.withUnsafeBytes { source in
        for index in 0..<count {
          let start = index * Format.payloadBytes
          let part = source[start..<min(start + Format.payloadBytes, source.count)]
          let sector = UnsafeMutableRawBufferPointer(
            rebasing: target[index * Format.sectorBytes..<(index + 1) * Format.sectorBytes])
          sector.storeBytes(of: sequence.bigEndian, toByteOffset: 4, as: UInt32.self)
          sector.storeBytes(of: batch.bigEndian, toByteOffset: 8, as: UInt64.self)
          sector.storeBytes(of: previous.bigEndian, toByteOffset: 16, as: UInt64.self)
          sector.storeBytes(of: UInt32(index).bigEndian, toByteOffset: 24, as: UInt32.self)
          sector.storeBytes(of: UInt32(count).bigEndian, toByteOffset: 28, as: UInt32.self)
          UnsafeMutableRawBufferPointer(rebasing: sector[Format.tagBytes...])
            .copyMemory(from: UnsafeRawBufferPointer(rebasing: part))
          let sum = CRC32C.checksum(
            UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(sector)[4...]),
            seed: seed ^ UInt32(truncatingIfNeeded: firstSector + index))
          sector.storeBytes(of: sum.bigEndian, as: UInt32.self)
        }
      }
    }
    return sealed
  }

  private func isZero(_ sector: UnsafeRawBufferPointer) -> Bool {
    var offset = 0
    while offset < Format.sectorBytes {
      if sector.loadUnaligned(fromByteOffset: offset, as: UInt64.self) != 0 { return false }
      offset += 8
    }
    return true
  }

  private func decodeTag(_ sector: UnsafeRawBufferPointer) -> SectorTag {
    SectorTag(
      sequence: load32(sector, 4), batch: load64(sector, 8), previous: load64(sector, 16), index: load32(sector, 24),
      count: load32(sector, 28))
  }

  private func load32(_ sector: UnsafeRawBufferPointer, _ offset: Int) -> UInt32 {
    UInt32(bigEndian: sector.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
  }

  private func load64(_ sector: UnsafeRawBufferPointer, _ offset: Int) -> UInt64 {
    UInt64(bigEndian: sector.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
  }
}

/// The payloads of `count` sectors of `content` from sector `first` on, joined.
func joinPayloads(_ content: [UInt8], first: Int, count: Int) -> [UInt8] {
  var payload: [UInt8] = []
  payload.reserveCapacity(count * Format.payloadBytes)
  for sector in first..<first + count {
    let start = sector * Format.sectorBytes + Format.tagBytes
    payload.append(contentsOf: content[start..<start + Format.payloadBytes])
  }
  return payload
}
