import Environment
import Journal
import Raft
import SimulatedDisk

/// A dumb journal: every group's log as an array.
struct Model: Equatable {
  struct Log: Equatable {
    var hardState = HardState()
    var compacted = LogPosition.zero
    var membership: Membership?
    var entries: [Entry] = []

    var last: LogPosition { entries.last?.position ?? compacted }
  }

  var logs: [GroupID: Log] = [:]

  mutating func append(_ group: GroupID, _ entries: [Entry]) {
    guard let first = entries.first else { return }
    logs[group, default: Log()].entries.removeAll { $0.index >= first.index }
    logs[group, default: Log()].entries += entries
  }

  mutating func compact(_ group: GroupID, _ position: LogPosition, _ membership: Membership) {
    var log = logs[group, default: Log()]
    let holds = log.entries.contains { $0.position == position }
    log.entries = holds ? log.entries.filter { $0.index > position.index } : []
    log.compacted = position
    log.membership = membership
    logs[group] = log
  }

  /// What recovery makes of hard states that say less or more than the entries.
  var normalised: Model {
    var copy = self
    for (group, log) in logs {
      var log = log
      if log.last.term > log.hardState.term {
        log.hardState = HardState(term: log.last.term, commit: log.hardState.commit)
      }
      log.hardState.commit = min(max(log.hardState.commit, log.compacted.index), log.last.index)
      copy.logs[group] = log
    }
    return copy
  }
}

/// A journal and its model, changed together.
final class Harness {
  let journal: Journal
  let recovery: Journal.Recovery
  /// Everything appended, written or not.
  var model: Model
  /// What completed writes hold.
  var durable: Model
  /// What the write in flight will have added.
  var inFlight: Model?
  /// Every entry ever appended, to find wrong ones.
  var everything: [GroupID: [Entry]] = [:]

  init(_ disk: any Disk, _ configuration: JournalConfiguration, directory: String = "/journal") throws {
    (journal, recovery) = try Journal.open(disk: disk, directory: directory, configuration: configuration)
    model = try Harness.view(journal, recovery)
    durable = model
    for (group, log) in model.logs { everything[group] = log.entries }
  }

  /// What the journal answers for every recovered group.
  static func view(_ journal: Journal, _ recovery: Journal.Recovery) throws -> Model {
    var model = Model()
    for (group, log) in recovery.groups {
      var entries: [Entry] = []
      var next = log.compacted.index + 1
      while next <= log.last.index {
        let part = try journal.read(group, from: next, bytesMax: 2_000)
        if part.isEmpty { fatalError("The journal ends before its recovery says.") }
        entries += part
        next += LogIndex(part.count)
      }
      model.logs[group] = Model.Log(
        hardState: log.hardState, compacted: log.compacted, membership: log.membership, entries: entries)
    }
    return model
  }

  func append(_ group: Int, _ entries: [Entry]) {
    journal.append(GroupID(UInt32(group)), entries: entries)
    model.append(GroupID(UInt32(group)), entries)
    everything[GroupID(UInt32(group)), default: []] += entries
  }

  func save(_ group: Int, _ state: HardState) {
    journal.save(GroupID(UInt32(group)), state)
    model.logs[GroupID(UInt32(group)), default: Model.Log()].hardState = state
  }

  func compact(_ group: Int, _ position: LogPosition) {
    journal.compact(GroupID(UInt32(group)), through: position, membership: someMembership)
    model.compact(GroupID(UInt32(group)), position, someMembership)
  }

  func remove(_ group: Int) {
    journal.remove(GroupID(UInt32(group)))
    model.logs[GroupID(UInt32(group))] = nil
  }

  /// Prepares segments until none is wanted.
  func prepare() throws {
    while let preparation = try journal.takePreparation() {
      try preparation.perform()
      try journal.completed(preparation)
    }
  }

  /// Writes everything.
  func write() throws {
    try prepare()
    while let write = try takeWrite() {
      try write.perform()
      try completed(write)
      try prepare()
    }
  }

  func takeWrite() throws -> JournalWrite? {
    let write = try journal.takeWrite()
    if write != nil { inFlight = model }
    return write
  }

  func completed(_ write: JournalWrite) throws {
    try journal.completed(write)
    durable = inFlight!
    inFlight = nil
  }

  /// Copies forward what pins old segments until nothing does, or `rounds` are over.
  func carry(rounds: Int) throws {
    for _ in 0..<rounds {
      guard let carry = journal.takeCarry(bytesMax: 1_500) else { break }
      carry.perform()
      try journal.completed(carry)
      try write()
    }
  }

  func last(_ group: Int) -> LogPosition { journal.last(of: GroupID(UInt32(group))) }
}

let someMembership = Membership(voters: [ReplicaID(1), ReplicaID(2), ReplicaID(3)], learners: [ReplicaID(9)])

let tiny = JournalConfiguration(segmentBytes: 8_192, salt: 77)

func entry(_ index: LogIndex, _ term: Term, _ bytes: Int = 20, kind: EntryKind = .normal) -> Entry {
  Entry(
    index: index, term: term, kind: kind,
    payload: (0..<bytes).map { UInt8(truncatingIfNeeded: Int(index) &* 31 &+ Int(term) &* 7 &+ $0) })
}

func entries(_ range: ClosedRange<LogIndex>, _ term: Term, _ bytes: Int = 20) -> [Entry] {
  range.map { entry($0, term, bytes) }
}

func group(_ number: UInt32) -> GroupID { GroupID(number) }

func write(_ bytes: [UInt8], to file: any File, at offset: UInt64) throws {
  try bytes.withUnsafeBytes { try file.write($0, at: offset) }
}
