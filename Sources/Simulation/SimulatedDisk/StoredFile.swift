internal import Environment

/// The content of one file: what a restart of the process sees, and what a power cut is sure to leave.
final class StoredFile {
  /// Power cuts tear writes between sectors, never inside one.
  static let sectorBytes = 512

  private enum Change {
    case write(offset: Int, bytes: [UInt8])
    case truncate(size: Int)
  }

  private(set) var current: [UInt8] = []
  private var durable: [UInt8] = []
  private var unsynced: [Change] = []
  /// What a failed sync covered: nothing writes it again, and how much of it got through nobody knows.
  private var doubtful: [Change] = []
  var isLocked = false
  /// A sync failed, and no power cut has shown since what came of it.
  private(set) var isDoubtful = false

  init() {}

  init(copying other: StoredFile) {
    current = other.current
    durable = other.durable
    unsynced = other.unsynced
    doubtful = other.doubtful
    isDoubtful = other.isDoubtful
  }

  func write(_ bytes: [UInt8], at offset: Int) {
    Self.apply(bytes, at: offset, to: &current)
    unsynced.append(.write(offset: offset, bytes: bytes))
  }

  func truncate(to size: Int) {
    Self.resize(&current, to: size)
    unsynced.append(.truncate(size: size))
  }

  /// A sync after a failed one proves nothing of what that covered: here it is lost.
  func sync() {
    doubtful = []
    for change in unsynced {
      switch change {
      case .write(let offset, let bytes): Self.apply(bytes, at: offset, to: &durable)
      case .truncate(let size): Self.resize(&durable, to: size)
      }
    }
    unsynced = []
  }

  /// A failed sync as Linux has it: the pages count as clean afterwards, and what they held may never reach the disk.
  func failSync() {
    doubtful += unsynced
    unsynced = []
    isDoubtful = true
  }

  func flipBit(_ bit: Int, at offset: Int) {
    if offset < current.count { current[offset] ^= UInt8(1) << UInt8(bit) }
    if offset < durable.count { durable[offset] ^= UInt8(1) << UInt8(bit) }
  }

  func cut(to size: Int) {
    if size < current.count { Self.resize(&current, to: size) }
    if size < durable.count { Self.resize(&durable, to: size) }
  }

  /// Keeps each unsynced change wholly, not at all, or by sectors.
  func crash(_ random: inout SeededRandom) {
    for change in doubtful + unsynced {
      switch change {
      case .truncate(let size): if random.chance(1, in: 2) { Self.resize(&durable, to: size) }
      case .write(let offset, let bytes):
        switch random.below(4) {
        case 0: break
        case 1: Self.apply(bytes, at: offset, to: &durable)
        default: tear(bytes, at: offset, &random)
        }
      }
    }
    unsynced = []
    doubtful = []
    current = durable
    isDoubtful = false
    isLocked = false
  }

  private func tear(_ bytes: [UInt8], at offset: Int, _ random: inout SeededRandom) {
    var start = offset
    let end = offset + bytes.count
    while start < end {
      let next = min(end, (start / Self.sectorBytes + 1) * Self.sectorBytes)
      if random.chance(1, in: 2) {
        Self.apply(Array(bytes[start - offset..<next - offset]), at: start, to: &durable)
      }
      start = next
    }
  }

  private static func apply(_ bytes: [UInt8], at offset: Int, to content: inout [UInt8]) {
    if bytes.isEmpty { return }
    let end = offset + bytes.count
    if end > content.count { resize(&content, to: end) }
    content.withUnsafeMutableBytes { target in
      bytes.withUnsafeBytes { UnsafeMutableRawBufferPointer(rebasing: target[offset..<end]).copyMemory(from: $0) }
    }
  }

  /// Copied at once: element by element an unoptimised build spends most of a test here.
  private static let zeros = [UInt8](repeating: 0, count: 64 << 10)

  private static func resize(_ content: inout [UInt8], to size: Int) {
    if size < content.count { content.removeLast(content.count - size) }
    while content.count < size { content.append(contentsOf: zeros.prefix(size - content.count)) }
  }
}
