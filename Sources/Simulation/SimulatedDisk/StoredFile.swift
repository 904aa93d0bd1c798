internal import Environment

/// The content of one file: what a restart of the process sees, and what a power cut is sure to leave.
///
/// Only the first is kept as such. The second is found by taking back what was not synced, so that a sync costs nothing and
/// a write what it overwrites.
final class StoredFile {
  /// Power cuts tear writes between sectors, never inside one.
  static let sectorBytes = 512

  /// A change that is not synced, with what takes it back.
  private struct Change {
    var offset: Int
    /// Bytes that it wrote; nil for a change of the size alone.
    var count: Int?
    /// What stood there; less than was written where that was beyond the end.
    var overwritten: [UInt8]
    /// The size before it.
    var size: Int
  }

  private(set) var current: [UInt8] = []
  private var unsynced: [Change] = []
  /// After a failed sync: what the medium holds as of what is certain, and what may have reached it besides. Nothing writes
  /// the latter again, and how much of it got through nobody knows.
  private var doubt: (durable: [UInt8], changes: [Redo])?
  var isLocked = false

  /// A change as it is made again.
  private enum Redo {
    case write(offset: Int, bytes: [UInt8])
    case truncate(size: Int)
  }

  init() {}

  init(copying other: StoredFile) {
    current = other.current
    unsynced = other.unsynced
    doubt = other.doubt
  }

  /// A sync failed, and no power cut has shown since what came of it.
  var isDoubtful: Bool { doubt != nil }

  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
    let size = current.count
    let end = offset + bytes.count
    let old = offset < size ? Array(current[offset..<min(end, size)]) : []
    unsynced.append(Change(offset: offset, count: bytes.count, overwritten: old, size: size))
    Self.apply(bytes, at: offset, to: &current)
  }

  func truncate(to size: Int) {
    let cut = size < current.count ? Array(current[size...]) : []
    unsynced.append(Change(offset: size, count: nil, overwritten: cut, size: current.count))
    Self.resize(&current, to: size)
  }

  /// A sync after a failed one proves nothing of what that covered: here it is lost.
  func sync() {
    if var (durable, _) = doubt {
      for redo in takeBack().redos { Self.apply(redo, to: &durable) }
      doubt = (durable, [])
    }
    unsynced = []
  }

  /// A failed sync as Linux has it: the pages count as clean afterwards, and what they held may never reach the disk.
  func failSync() {
    let (durable, redos) = takeBack()
    doubt = (doubt?.durable ?? durable, (doubt?.changes ?? []) + redos)
    unsynced = []
  }

  /// What stands without the unsynced changes, and these changes in order.
  private func takeBack() -> (durable: [UInt8], redos: [Redo]) {
    var content = current
    var redos: [Redo] = []
    for change in unsynced.reversed() {
      if let count = change.count {
        redos.append(.write(offset: change.offset, bytes: Array(content[change.offset..<change.offset + count])))
      } else {
        redos.append(.truncate(size: change.offset))
      }
      Self.resize(&content, to: change.size)
      change.overwritten.withUnsafeBytes { Self.apply($0, at: change.offset, to: &content) }
    }
    return (content, redos.reversed())
  }

  func flipBit(_ bit: Int, at offset: Int) {
    if offset < current.count { current[offset] ^= UInt8(1) << UInt8(bit) }
    if let count = doubt?.durable.count, offset < count { doubt?.durable[offset] ^= UInt8(1) << UInt8(bit) }
    // Taken back, the byte is flipped too.
    for place in unsynced.indices {
      let within = offset - unsynced[place].offset
      if unsynced[place].overwritten.indices.contains(within) {
        unsynced[place].overwritten[within] ^= UInt8(1) << UInt8(bit)
      }
    }
  }

  /// A cut of what is at rest, on the medium too: what is left counts as synced.
  func cut(to size: Int) {
    if let count = doubt?.durable.count, size < count { doubt?.durable.removeLast(count - size) }
    guard size < current.count else { return }
    Self.resize(&current, to: size)
    unsynced = []
  }

  /// Keeps each unsynced change wholly, not at all, or by sectors.
  func crash(_ random: inout SeededRandom) {
    guard doubt != nil || !unsynced.isEmpty else {
      isLocked = false
      return
    }
    let (certain, redos) = takeBack()
    var durable = doubt?.durable ?? certain
    for redo in (doubt?.changes ?? []) + redos {
      switch redo {
      case .truncate: if random.chance(1, in: 2) { Self.apply(redo, to: &durable) }
      case .write(let offset, let bytes):
        switch random.below(4) {
        case 0: break
        case 1: Self.apply(redo, to: &durable)
        default: Self.tear(bytes, at: offset, in: &durable, &random)
        }
      }
    }
    current = durable
    unsynced = []
    doubt = nil
    isLocked = false
  }

  private static func tear(_ bytes: [UInt8], at offset: Int, in content: inout [UInt8], _ random: inout SeededRandom) {
    var start = offset
    let end = offset + bytes.count
    while start < end {
      let next = min(end, (start / sectorBytes + 1) * sectorBytes)
      if random.chance(1, in: 2) {
        bytes[start - offset..<next - offset].withUnsafeBytes { apply($0, at: start, to: &content) }
      }
      start = next
    }
  }

  private static func apply(_ redo: Redo, to content: inout [UInt8]) {
    switch redo {
    case .write(let offset, let bytes): bytes.withUnsafeBytes { apply($0, at: offset, to: &content) }
    case .truncate(let size): resize(&content, to: size)
    }
  }

  private static func apply(_ bytes: UnsafeRawBufferPointer, at offset: Int, to content: inout [UInt8]) {
    if bytes.isEmpty { return }
    let end = offset + bytes.count
    if offset == content.count {
      content.append(contentsOf: bytes)
      return
    }
    if end > content.count { resize(&content, to: end) }
    content.withUnsafeMutableBytes { target in
      UnsafeMutableRawBufferPointer(rebasing: target[offset..<end]).copyMemory(from: bytes)
    }
  }

  /// Copied at once: element by element an unoptimised build spends most of a test here.
  private static let zeros = [UInt8](repeating: 0, count: 64 << 10)

  private static func resize(_ content: inout [UInt8], to size: Int) {
    if size < content.count { content.removeLast(content.count - size) }
    while content.count < size { content.append(contentsOf: zeros.prefix(size - content.count)) }
  }
}
