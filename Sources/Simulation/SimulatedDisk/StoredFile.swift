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
  var isLocked = false

  init() {}

  init(copying other: StoredFile) {
    current = other.current
    durable = other.durable
    unsynced = other.unsynced
  }

  var hasUnsyncedChanges: Bool { !unsynced.isEmpty }

  func write(_ bytes: [UInt8], at offset: Int) {
    Self.apply(bytes, at: offset, to: &current)
    unsynced.append(.write(offset: offset, bytes: bytes))
  }

  func truncate(to size: Int) {
    Self.resize(&current, to: size)
    unsynced.append(.truncate(size: size))
  }

  func sync() {
    for change in unsynced {
      switch change {
      case .write(let offset, let bytes): Self.apply(bytes, at: offset, to: &durable)
      case .truncate(let size): Self.resize(&durable, to: size)
      }
    }
    unsynced = []
  }

  /// A failed sync as Linux has it: the pages count as clean afterwards, and what they held may never reach the disk.
  func failSync() { unsynced = [] }

  func flipBit(_ bit: Int, at offset: Int) {
    if offset < current.count { current[offset] ^= UInt8(1) << UInt8(bit) }
    if offset < durable.count { durable[offset] ^= UInt8(1) << UInt8(bit) }
  }

  /// Keeps each unsynced change wholly, not at all, or by sectors.
  func crash(_ random: inout SeededRandom) {
    for change in unsynced {
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
    current = durable
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

  private static func resize(_ content: inout [UInt8], to size: Int) {
    if size < content.count {
      content.removeLast(content.count - size)
    } else {
      // Of arrays, because in a debug build every other sequence is copied element by element.
      content.append(contentsOf: [UInt8](repeating: 0, count: size - content.count))
    }
  }
}
