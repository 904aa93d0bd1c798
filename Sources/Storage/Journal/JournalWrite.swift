public import Environment
internal import Raft

/// What one turn wrote, as a value that a thread carries out: each batch is written and synced, in order.
///
/// Made by ``Journal/takeWrite()``, given back to ``Journal/completed(_:)``; in between it belongs to the thread that
/// calls ``perform()``.
public final class JournalWrite {
  struct Batch {
    let file: any File
    let identity: SegmentIdentity
    let firstSector: Int
    let number: UInt64
    let previous: UInt64
    let payload: [UInt8]
  }

  /// An entry copied forward: its slot changes once the copy is durable.
  struct Move {
    let group: GroupID
    let index: LogIndex
    let from: Slot
    let to: Slot
  }

  let batches: [Batch]
  let moves: [Move]
  let groups: [GroupID]
  let oldest: UInt32
  let hasCopies: Bool
  private(set) var isDone = false

  init(batches: [Batch], moves: [Move], groups: [GroupID], oldest: UInt32, hasCopies: Bool = false) {
    self.batches = batches
    self.moves = moves
    self.groups = groups
    self.oldest = oldest
    self.hasCopies = hasCopies
  }

  /// Payload bytes of all its batches.
  public var bytes: Int { batches.reduce(0) { $0 + $1.payload.count } }

  /// Writes and syncs. An error is final: what was written may be lost, and the process must stop.
  public func perform() throws(DiskError) {
    for batch in batches {
      let sealed = batch.identity.seal(
        batch.payload, batch: batch.number, previous: batch.previous, firstSector: batch.firstSector)
      try writeAll(batch.file, sealed, at: batch.firstSector * Format.sectorBytes)
      try batch.file.sync()
    }
    isDone = true
  }
}
