internal import Raft

/// A generation that takes no more writes: a flush writes it, or will once a failed one is tried again.
struct FrozenGeneration {
  let number: UInt64
  let tree: OverlayTree
  let applied: LogPosition
  let metadata: [UInt8]
  /// Appended rows that are in no file yet, oldest first: as of ``applied``, whatever goes afterwards.
  let appended: [OverlayTree]
  let appendedEnd: AppendedEnd
}

/// How many open views read each generation, to account for memory that outlives its flush.
struct GenerationPins {
  private var pins: [UInt64: (views: Int, bytes: Int)] = [:]

  mutating func add(_ generation: UInt64, bytes: Int) {
    let known = pins[generation] ?? (0, 0)
    pins[generation] = (known.views + 1, max(known.bytes, bytes))
  }

  mutating func remove(_ generation: UInt64) {
    guard let known = pins[generation] else { fatalError("A view unpins a generation that it did not pin.") }
    pins[generation] = known.views == 1 ? nil : (known.views - 1, known.bytes)
  }

  func isPinned(_ generation: UInt64) -> Bool { pins[generation] != nil }

  /// What generations older than `oldest`, the oldest that the store itself holds, keep in memory.
  func bytes(below oldest: UInt64) -> Int {
    pins.reduce(0) { $1.key < oldest ? $0 + $1.value.bytes : $0 }
  }
}
