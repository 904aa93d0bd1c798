internal import Bytes
internal import Raft

/// What the journal remembers of a group besides its entries.
struct GroupState: Equatable {
  var hardState = HardState()
  /// Entries up to here are in the store and need not be in the log.
  var compacted = LogPosition.zero
  /// The membership at `compacted`.
  var membership: Membership?
}

/// One record of a batch.
///
/// | bytes | field |
/// | ---: | --- |
/// | 1 | kind: 1 entry, 2 copied entry, 3 state, 4 reset, 5 removal, 6 damage |
/// | varint | group; not in kind 6 |
/// | kinds 1, 2 | varint index, varint term, u8 entry kind, blob payload |
/// | kinds 3, 4 | varint term, u8 1 and u64 vote or u8 0, varint commit, varint index and varint term of the compaction, u8 1 and ``Membership`` or u8 0 |
/// | kind 6 | u8 all, then two lists of groups (varint count, u32 each): damaged, rebuilt since |
///
/// Kind 1 replaces the log from its index on. Kind 2 repeats an entry that stays where it is in the log. Kind 3
/// replaces the group's state and drops the entries up to its compaction; kind 4 drops all entries. Kind 5 ends the
/// group. Kind 6 replaces what was known of damage; an empty one forgets it.
enum Record: Equatable {
  /// `payload` is its range in the bytes that were read.
  case entry(GroupID, index: LogIndex, term: Term, kind: EntryKind, payload: Range<Int>, isCopy: Bool)
  case state(GroupID, GroupState, isReset: Bool)
  case removal(GroupID)
  case damage(DamageState)

  /// Bytes of an entry's record besides its payload, at most.
  static let entryOverheadMax = 1 + 5 + 10 + 10 + 1 + 5

  var group: GroupID? {
    switch self {
    case .entry(let group, _, _, _, _, _), .state(let group, _, _), .removal(let group): group
    case .damage: nil
    }
  }

  static func write(_ entry: Entry, of group: GroupID, isCopy: Bool, into writer: inout ByteWriter) {
    writer.u8(isCopy ? 2 : 1)
    writer.varint(UInt64(group.rawValue))
    writer.varint(entry.index)
    writer.varint(entry.term)
    writer.u8(entry.kind.rawValue)
    writer.blob(entry.payload)
  }

  static func write(_ state: GroupState, of group: GroupID, isReset: Bool, into writer: inout ByteWriter) {
    writer.u8(isReset ? 4 : 3)
    writer.varint(UInt64(group.rawValue))
    writer.varint(state.hardState.term)
    writer.optional(state.hardState.vote) { $0.u64($1.rawValue) }
    writer.varint(state.hardState.commit)
    writer.varint(state.compacted.index)
    writer.varint(state.compacted.term)
    writer.optional(state.membership) { $1.encode(into: &$0) }
  }

  static func writeRemoval(of group: GroupID, into writer: inout ByteWriter) {
    writer.u8(5)
    writer.varint(UInt64(group.rawValue))
  }

  static func write(_ damage: DamageState, into writer: inout ByteWriter) {
    writer.u8(6)
    writer.bool(damage.all)
    for groups in [damage.groups, damage.rebuilt] { writer.array(groups.sorted()) { $0.u32($1.rawValue) } }
  }

  init(from reader: inout ByteReader) throws(MalformedBytes) {
    let kind = try reader.u8()
    if kind == 6 {
      self = .damage(try DamageState(from: &reader))
      return
    }
    guard let group = UInt32(exactly: try reader.varint()).map({ GroupID($0) }) else {
      throw MalformedBytes("a group is too large")
    }
    switch kind {
    case 1, 2:
      let index = try reader.varint()
      let term = try reader.varint()
      guard let entryKind = EntryKind(rawValue: try reader.u8()) else { throw MalformedBytes("unknown entry kind") }
      let length = try reader.count()
      let start = try reader.skip(length)
      self = .entry(
        group, index: index, term: term, kind: entryKind, payload: start..<start + length, isCopy: kind == 2)
    case 3, 4: self = .state(group, try GroupState(from: &reader), isReset: kind == 4)
    case 5: self = .removal(group)
    default: throw MalformedBytes("unknown record kind")
    }
  }
}

extension GroupState {
  /// Bytes of its record, at most.
  var recordBytesMax: Int {
    let replicas = membership.map { $0.voters.count + $0.outgoing.count + $0.learners.count } ?? 0
    return 80 + 8 * replicas
  }

  init(from reader: inout ByteReader) throws(MalformedBytes) {
    let term = try reader.varint()
    let vote = try reader.optional { (input) throws(MalformedBytes) in ReplicaID(try input.u64()) }
    hardState = HardState(term: term, vote: vote, commit: try reader.varint())
    compacted = LogPosition(index: try reader.varint(), term: try reader.varint())
    membership = try reader.optional { (input) throws(MalformedBytes) in try Membership(from: &input) }
  }
}

/// The start of a batch's payload.
struct BatchHeader: Equatable {
  static let oldestOffset = 4

  var payloadBytes: UInt32
  var oldest: UInt32
  var groups: [GroupID]

  func encode(into writer: inout ByteWriter) {
    writer.u32(payloadBytes)
    writer.u32(oldest)
    writer.array(groups) { $0.varint(UInt64($1.rawValue)) }
  }

  /// Bytes of a header with that many groups, at most.
  static func bytesMax(groups: Int) -> Int { 8 + 5 + 5 * groups }

  init(payloadBytes: UInt32, oldest: UInt32, groups: [GroupID]) {
    self.payloadBytes = payloadBytes
    self.oldest = oldest
    self.groups = groups
  }

  init(from reader: inout ByteReader) throws(MalformedBytes) {
    payloadBytes = try reader.u32()
    oldest = try reader.u32()
    groups = try reader.array { (input) throws(MalformedBytes) in
      GroupID(UInt32(truncatingIfNeeded: try input.varint()))
    }
  }

  /// A batch's payload: header, then records.
  static func payload(oldest: UInt32, groups: [GroupID], records: [UInt8]) -> (bytes: [UInt8], headerBytes: Int) {
    var writer = ByteWriter(capacity: records.count + bytesMax(groups: groups.count))
    BatchHeader(payloadBytes: 0, oldest: oldest, groups: groups).encode(into: &writer)
    let headerBytes = writer.count
    writer.raw(records)
    let length = UInt32(writer.count).bigEndian
    writer.bytes.withUnsafeMutableBytes { $0.storeBytes(of: length, as: UInt32.self) }
    return (writer.bytes, headerBytes)
  }
}
