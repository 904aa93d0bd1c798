internal import Bytes
internal import DequeModule
internal import Raft

/// One group while its records are replayed. Entries may have holes on the way: those that were copied forward come
/// later than those that follow them.
struct ReplayedGroup {
  struct Place {
    var slot: Slot
    var term: Term

    static let absent = Place(slot: .unwritten, term: 0)
  }

  /// More indexes than this between two entries are no hole to be filled.
  private static let holeMax: LogIndex = 1 << 24

  var state = GroupState()
  var stateSegment: UInt32 = 0
  private(set) var first: LogIndex = 1
  private(set) var places: Deque<Place> = []
  private(set) var membershipEntries: [Entry] = []

  private var next: LogIndex { first + LogIndex(places.count) }

  mutating func append(_ place: Place, _ entry: Entry?, at index: LogIndex) {
    truncate(from: index)
    guard index > state.compacted.index else { return }
    set(place, at: index)
    if let entry { membershipEntries.append(entry) }
  }

  mutating func copy(_ place: Place, _ entry: Entry?, at index: LogIndex) {
    guard index > state.compacted.index else { return }
    set(place, at: index)
    guard let entry, !membershipEntries.contains(where: { $0.index == index }) else { return }
    membershipEntries.append(entry)
    membershipEntries.sort { $0.index < $1.index }
  }

  mutating func apply(_ newState: GroupState, isReset: Bool, segment: UInt32) {
    state = newState
    stateSegment = segment
    let compacted = newState.compacted.index
    if isReset {
      places = []
      membershipEntries = []
    }
    while !places.isEmpty && first <= compacted {
      places.removeFirst()
      first += 1
    }
    if places.isEmpty { first = compacted + 1 }
    membershipEntries.removeAll { $0.index <= compacted }
  }

  /// The index without holes, and whether there was one (then it ends before it).
  func finish() -> (index: GroupIndex, memberships: [Entry], hasHole: Bool) {
    var index = GroupIndex(first: state.compacted.index + 1)
    var hasHole = !places.isEmpty && first > index.first
    if !hasHole {
      for place in places {
        if place.slot.isUnwritten {
          hasHole = true
          break
        }
        index.append(place.slot, term: place.term)
      }
    }
    return (index, membershipEntries.filter { index.contains($0.index) }, hasHole)
  }

  private mutating func truncate(from index: LogIndex) {
    while next > index, !places.isEmpty { places.removeLast() }
    while let newest = membershipEntries.last, newest.index >= index { membershipEntries.removeLast() }
  }

  private mutating func set(_ place: Place, at index: LogIndex) {
    if places.isEmpty { first = index }
    if index < first {
      guard first - index <= Self.holeMax else { return }
      while first > index {
        places.prepend(.absent)
        first -= 1
      }
    }
    guard index < next + Self.holeMax else { return }
    while next <= index { places.append(.absent) }
    places[Int(index - first)] = place
  }
}

/// Follows the log from record to record.
struct Replay {
  private(set) var groups: [GroupID: ReplayedGroup] = [:]
  private(set) var damage = DamageState()
  private(set) var reasons: [String] = []

  mutating func hit(_ hitGroups: [GroupID]?, _ reason: String) {
    damage.hit(hitGroups)
    reasons.append(reason)
  }

  /// Replays the records of `payload` from `range`; their slots count from `offset` in the segment.
  mutating func apply(
    _ payload: [UInt8], range: Range<Int>, segment: UInt32, offset: Int
  ) throws(MalformedBytes) {
    var reader = ByteReader(payload, in: range)
    while !reader.isAtEnd {
      let start = reader.position
      let record = try Record(from: &reader)
      let slot = Slot(
        segment: segment, offset: UInt32(offset + start - range.lowerBound), length: UInt32(reader.position - start))
      apply(record, slot, payload)
    }
  }

  mutating func apply(_ record: Record, _ slot: Slot, _ bytes: [UInt8]) {
    switch record {
    case .entry(let group, let index, let term, let kind, let payload, let isCopy):
      let place = ReplayedGroup.Place(slot: slot, term: term)
      let entry: Entry? =
        kind == .membership ? Entry(index: index, term: term, kind: kind, payload: Array(bytes[payload])) : nil
      if isCopy {
        groups[group, default: ReplayedGroup()].copy(place, entry, at: index)
      } else {
        groups[group, default: ReplayedGroup()].append(place, entry, at: index)
      }
    case .state(let group, let state, let isReset):
      groups[group, default: ReplayedGroup()].apply(state, isReset: isReset, segment: slot.segment)
    case .removal(let group):
      groups[group] = nil
      damage.removed(group)
    case .damage(let state):
      damage = state
      if state.isEmpty { reasons = [] }
    }
  }
}
