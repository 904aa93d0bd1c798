internal import Bytes
internal import Environment
internal import Raft

/// Reads entries back, a window of sectors at a time. Each sector's checksum and each entry's position is checked.
struct SegmentReader {
  private static let windowSectors = 128

  let salt: UInt64
  private var window: [UInt8] = []
  private var windowSegment: UInt32 = 0
  private var windowFirst = 0

  init(salt: UInt64) { self.salt = salt }

  mutating func entry(
    _ slot: Slot, in file: any File, group: GroupID, index: LogIndex, term: Term
  ) throws(JournalError) -> Entry {
    let first = 1 + Int(slot.offset) / Format.payloadBytes
    let last = 1 + (Int(slot.offset) + Int(slot.length) - 1) / Format.payloadBytes
    try load(file, segment: slot.segment, first: first, last: last)
    try verify(segment: slot.segment, first: first, last: last)
    let joined = joinPayloads(window, first: first - windowFirst, count: last - first + 1)
    let start = Int(slot.offset) - (first - 1) * Format.payloadBytes
    var reader = ByteReader(joined, in: start..<start + Int(slot.length))
    guard
      case .entry(group, index, term, let kind, let payload, _)? = try? Record(from: &reader), reader.isAtEnd
    else { throw damaged(segment: slot.segment, sector: first) }
    return Entry(index: index, term: term, kind: kind, payload: Array(joined[payload]))
  }

  private mutating func load(_ file: any File, segment: UInt32, first: Int, last: Int) throws(JournalError) {
    let held = window.count / Format.sectorBytes
    if segment == windowSegment && first >= windowFirst && last < windowFirst + held { return }
    let wanted = max(last - first + 1, Self.windowSectors) * Format.sectorBytes
    var bytes = [UInt8](repeating: 0, count: wanted)
    let count = try onDisk { () throws(DiskError) in
      try readAll(file, into: &bytes, at: UInt64(first * Format.sectorBytes))
    }
    guard count >= (last - first + 1) * Format.sectorBytes else { throw damaged(segment: segment, sector: first) }
    bytes.removeLast(bytes.count - count / Format.sectorBytes * Format.sectorBytes)
    window = bytes
    windowSegment = segment
    windowFirst = first
  }

  private func verify(segment: UInt32, first: Int, last: Int) throws(JournalError) {
    let identity = SegmentIdentity(sequence: segment, salt: salt)
    for sector in first...last {
      let start = (sector - windowFirst) * Format.sectorBytes
      let state = window.withUnsafeBytes {
        identity.state(
          of: UnsafeRawBufferPointer(rebasing: $0[start..<start + Format.sectorBytes]), number: sector)
      }
      guard case .current = state else { throw damaged(segment: segment, sector: sector) }
    }
  }

  private func damaged(segment: UInt32, sector: Int) -> JournalError {
    JournalError(.damaged, "\(Format.name(segment)): sector \(sector) does not hold the entry that was written there")
  }
}

/// Reads from `offset` on into all of `bytes`; returns how many there were.
func readAll(_ file: any File, into bytes: inout [UInt8], at offset: UInt64) throws(DiskError) -> Int {
  var result: Result<Int, DiskError> = .success(0)
  bytes.withUnsafeMutableBytes { buffer in
    do throws(DiskError) { result = .success(try file.read(into: buffer, at: offset)) } catch {
      result = .failure(error)
    }
  }
  return try result.get()
}

func writeAll(_ file: any File, _ bytes: [UInt8], at offset: Int) throws(DiskError) {
  var failure: DiskError?
  bytes.withUnsafeBytes { buffer in
    do throws(DiskError) { try file.write(buffer, at: UInt64(offset)) } catch { failure = error }
  }
  if let failure { throw failure }
}
