internal import DequeModule
internal import Raft

/// One group's part of the journal in memory.
final class Group {
  let id: GroupID
  var state: GroupState
  /// Segment of the newest state record; 0: none written.
  var stateSegment: UInt32 = 0
  var index: GroupIndex
  /// The newest entries, from the first one that is not durable; their slots may already be assigned.
  var unwritten: Deque<Entry> = []

  init(id: GroupID, state: GroupState = GroupState(), index: GroupIndex = GroupIndex()) {
    self.id = id
    self.state = state
    self.index = index
  }

  /// The newest entry, or the compaction where there is none.
  var last: LogPosition {
    let index = self.index.next - 1
    if let run = self.index.runs.last { return LogPosition(index: index, term: run.term) }
    return state.compacted
  }

  var firstUnwritten: LogIndex { index.next - LogIndex(unwritten.count) }

  /// Forgets the entries that a completed write covered: those whose slot is assigned.
  func releaseWritten() {
    while !unwritten.isEmpty, !index[firstUnwritten].isUnwritten { unwritten.removeFirst() }
  }

  /// Keeps `unwritten` in step after the index shrank at either end.
  func trimUnwritten() {
    while let newest = unwritten.last, newest.index >= index.next { unwritten.removeLast() }
    while let oldest = unwritten.first, oldest.index < index.first { unwritten.removeFirst() }
  }
}
