internal import Bytes
internal import DequeModule
internal import Environment
public import Raft

/// A node's log: entries and hard states of all its groups in one row of segments, so that one sync serves them all.
///
/// Contract with its owner, which calls it from one thread:
/// 1. ``append(_:entries:)``, ``save(_:_:)``, ``compact(_:through:membership:)`` and ``remove(_:)`` change memory only.
/// 2. ``takeWrite()`` gives everything since the last one as a value; a thread runs ``JournalWrite/perform()``.
/// 3. After ``completed(_:)-(JournalWrite)`` all of it is durable, and what depends on it may be sent. A write that
///    failed is final: the process stops.
/// 4. After each of these the owner runs what ``takePreparation()`` gives on another thread, so that segments are ready
///    before they are needed.
///
/// Within one write a crash keeps a prefix: batches in order, each whole or not at all. Usually there is one.
public final class Journal {
  enum Operation {
    case entry(GroupID, Entry)
    case copy(GroupID, Entry, from: Slot)
    case reset(GroupID, GroupState)
    case removal(GroupID)
  }

  let disk: any Disk
  let directory: String
  let configuration: JournalConfiguration
  let segmentBytes: Int

  var groups: [GroupID: Group] = [:]
  /// Full segments, oldest first.
  var sealed: Deque<Segment> = []
  var active: Segment
  /// The sealed ones and the active one, by sequence.
  var segments: [UInt32: Segment] = [:]
  var spares: Deque<Segment> = []
  /// Dropped segments.
  var free: Deque<Segment> = []
  var nextSequence: UInt32
  /// Number of the newest batch.
  var lastNumber: UInt64
  /// The oldest needed segment that a durable batch names; files below it may go.
  var recordedOldest: UInt32 = 0

  var pending: [Operation] = []
  /// Bytes of the pending operations' records, at most.
  var pendingBytes = 0
  var pendingGroups: Set<GroupID> = []
  /// Groups whose state changed since it was last written.
  var dirty: Set<GroupID> = []
  /// Groups whose newest state may lie in an older segment than the active one; descending, taken from the end.
  var stale: [GroupID] = []
  var damage: DamageState
  var needsDamageRecord = false

  var inFlight: JournalWrite?
  var preparation: JournalPreparation?
  /// Whether copied entries are being read or written; there is one such round at a time.
  var isCarrying = false
  var isFailed = false

  /// Whether the last attempt to make a segment found the disk full. The owner begins nothing new while it holds, and
  /// appends entries only as far as ``keepsReserve(adding:payloadBytes:)`` allows: what is left then is for votes,
  /// truncation and hand-over.
  public internal(set) var isNoSpace = false
  /// Whether even a segment that is there already could not be had; asked again by ``retryAllocation()``.
  var isReuseRefused = false

  init(
    disk: any Disk, directory: String, configuration: JournalConfiguration, segmentBytes: Int, active: Segment,
    nextSequence: UInt32, lastNumber: UInt64, damage: DamageState
  ) {
    self.disk = disk
    self.directory = directory
    self.configuration = configuration
    self.segmentBytes = segmentBytes
    self.active = active
    self.nextSequence = nextSequence
    self.lastNumber = lastNumber
    self.damage = damage
  }

  // MARK: Changes

  /// Appends consecutive entries. Where the first one's index is not above the last, the log from there on is replaced.
  /// The entries follow the log without a hole and lie after its compaction; anything else is a bug and traps.
  public func append(_ group: GroupID, entries: [Entry]) {
    guard let first = entries.first else { return }
    let log = self.group(group)
    guard first.index > log.state.compacted.index, first.index <= log.index.next else {
      fatalError("Group \(group.rawValue) appends entry \(first.index) to a log that ends at \(log.last.index).")
    }
    truncate(log, from: first.index)
    for entry in entries { append(entry, to: log) }
    pendingGroups.insert(group)
  }

  /// Records term, vote and commit; the last one before a write counts.
  public func save(_ group: GroupID, _ hardState: HardState) {
    let log = self.group(group)
    guard log.state.hardState != hardState || log.stateSegment == 0 else { return }
    log.state.hardState = hardState
    dirty.insert(group)
  }

  /// Drops the entries up to `position`, which the store holds durably; `membership` is the one at that position.
  ///
  /// Where the log does not hold that entry (a snapshot was installed), all of it is dropped and it goes on after
  /// `position`. A position before the current compaction changes nothing.
  public func compact(_ group: GroupID, through position: LogPosition, membership: Membership) {
    let log = self.group(group)
    guard position.index > log.state.compacted.index else { return }
    let holds = log.index.term(at: position.index) == position.term
    log.state.compacted = position
    log.state.membership = membership
    if holds {
      log.index.drop(through: position.index) { release($0, of: group) }
    } else {
      log.index.reset(after: position.index) { release($0, of: group) }
      add(.reset(group, log.state), of: group, bytes: log.state.recordBytesMax)
    }
    log.trimUnwritten()
    dirty.insert(group)
  }

  /// Ends a group: its records are dropped, and damage reported for it is settled. The id may start anew.
  public func remove(_ group: GroupID) {
    damage.removed(group)
    add(.removal(group), of: group, bytes: 8)
    dirty.remove(group)
    guard let log = groups.removeValue(forKey: group) else { return }
    log.index.reset(after: 0) { release($0, of: group) }
    segments[log.stateSegment]?.states -= 1
  }

  /// Settles damage that affects all groups: the owner has retired every replica id that the damage covers.
  public func forgetDamage() {
    damage = DamageState()
    needsDamageRecord = true
  }

  // MARK: Questions

  /// The newest entry, its compaction where there is none, or zero for an unknown group.
  public func last(of group: GroupID) -> LogPosition { groups[group]?.last ?? .zero }

  /// The position up to which entries are gone.
  public func compacted(of group: GroupID) -> LogPosition { groups[group]?.state.compacted ?? .zero }

  /// The term at an index; nil before the compaction and after the end. O(log terms).
  public func term(of index: LogIndex, in group: GroupID) -> Term? {
    guard let log = groups[group] else { return nil }
    return index == log.state.compacted.index ? log.state.compacted.term : log.index.term(at: index)
  }

  /// Whether ``takeWrite()`` has something to write once none is in flight.
  public var hasPending: Bool {
    !pending.isEmpty || !dirty.isEmpty || needsDamageRecord || oldestNeeded > recordedOldest
  }

  public var isWriting: Bool { inFlight != nil }

  /// Bytes of the records that wait for ``takeWrite()``, at most. The owner keeps it below a few segments.
  public var bytesPending: Int { pendingBytes }

  // MARK: Inside

  func group(_ id: GroupID) -> Group {
    if let known = groups[id] { return known }
    let made = Group(id: id)
    groups[id] = made
    return made
  }

  /// The oldest segment that holds a live entry or a newest state.
  var oldestNeeded: UInt32 {
    for segment in sealed where segment.isPinned { return segment.sequence }
    return active.sequence
  }

  func release(_ slot: Slot, of group: GroupID) {
    if slot.isUnwritten { return }
    guard let segment = segments[slot.segment] else {
      fatalError("Group \(group.rawValue) has an entry in segment \(slot.segment), which is gone.")
    }
    segment.drop(slot, of: group)
  }

  private func truncate(_ log: Group, from index: LogIndex) {
    log.index.truncate(from: index) { release($0, of: log.id) }
    log.trimUnwritten()
  }

  private func append(_ entry: Entry, to log: Group) {
    guard entry.index == log.index.next, entry.payload.count <= configuration.entryBytesMax else {
      fatalError("Entry \(entry.index) of group \(log.id.rawValue) leaves a hole or is too large.")
    }
    log.index.append(.unwritten, term: entry.term)
    log.unwritten.append(entry)
    pending.append(.entry(log.id, entry))
    pendingBytes += Record.entryOverheadMax + entry.payload.count
  }

  func add(_ operation: Operation, of group: GroupID, bytes: Int) {
    pending.append(operation)
    pendingBytes += bytes
    pendingGroups.insert(group)
  }
}
