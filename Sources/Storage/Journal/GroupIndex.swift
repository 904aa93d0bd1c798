internal import DequeModule
internal import Raft

/// Where an entry's record lies: its offset counts payload bytes of the segment, 480 a sector from sector 1 on.
struct Slot: Equatable {
  /// 0: not on disk yet.
  var segment: UInt32
  var offset: UInt32
  var length: UInt32

  static let unwritten = Slot(segment: 0, offset: 0, length: 0)

  var isUnwritten: Bool { segment == 0 }
}

/// The positions of one group's entries: twelve bytes an entry, terms as runs.
struct GroupIndex {
  struct TermRun: Equatable {
    var first: LogIndex
    var term: Term
  }

  /// Index of the first slot; the log is empty where it is `next`.
  private(set) var first: LogIndex
  private(set) var slots: Deque<Slot> = []
  private(set) var runs: Deque<TermRun> = []

  init(first: LogIndex = 1) { self.first = first }

  var next: LogIndex { first + LogIndex(slots.count) }

  func contains(_ index: LogIndex) -> Bool { index >= first && index < next }

  subscript(index: LogIndex) -> Slot {
    get { slots[Int(index - first)] }
    set { slots[Int(index - first)] = newValue }
  }

  mutating func append(_ slot: Slot, term: Term) {
    if runs.last?.term != term { runs.append(TermRun(first: next, term: term)) }
    slots.append(slot)
  }

  /// Binary search over the runs; nil where the index is not in the log.
  func term(at index: LogIndex) -> Term? {
    guard contains(index) else { return nil }
    var low = 0
    var high = runs.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if runs[middle].first <= index { low = middle } else { high = middle }
    }
    return runs[low].term
  }

  /// Drops the entries from `index` on; calls `dropped` with each slot.
  mutating func truncate(from index: LogIndex, dropped: (Slot) -> Void) {
    while next > index, let slot = slots.popLast() { dropped(slot) }
    while let run = runs.last, run.first >= next { runs.removeLast() }
  }

  /// Drops the entries up to `index`, which may lie beyond the last; the log goes on after it.
  mutating func drop(through index: LogIndex, dropped: (Slot) -> Void) {
    while first <= index, let slot = slots.popFirst() {
      dropped(slot)
      first += 1
    }
    if slots.isEmpty {
      runs.removeAll()
      first = max(first, index + 1)
      return
    }
    while runs.count > 1 && runs[1].first <= first { runs.removeFirst() }
    if runs[0].first < first { runs[0].first = first }
  }

  /// Drops everything; the log goes on after `index`.
  mutating func reset(after index: LogIndex, dropped: (Slot) -> Void) {
    for slot in slots { dropped(slot) }
    self = GroupIndex(first: index + 1)
  }
}
