import Bytes
import DequeModule
import Messages
import Raft

/// Which stamped changes a group has applied, with their answers, so that none is applied twice (``OperationStamp``).
///
/// What the log says of it is the same on every replica: it is built from entries, and travels with the store's
/// metadata, so that a restart and a snapshot have it as of the same entry as the rows. What a leader has proposed or
/// decided besides goes with its leadership.
struct RememberedOperations {
  enum State {
    /// Appended by this leader. The answer is nil where applying the entry makes it.
    case proposed(LogIndex, Answer?)
    case applied(Answer)
    /// Answered by this leader without an entry: an earlier request for it that comes late must not find otherwise. The
    /// answer may tell of an entry that is not committed yet.
    case decided(Answer, after: LogIndex?)
  }

  enum Finding {
    case fresh
    case known(State)
    /// Too old for the shard to know.
    case expired
    /// Its origin has said that nobody waits for it.
    case answered
  }

  fileprivate struct Record {
    var sequence: UInt64
    var issuedAtMs: UInt64
    var state: State
  }

  fileprivate struct Session {
    var origin: UInt64
    var answeredBelow: UInt64 = 0
    var newestMs: UInt64 = 0
    /// Ascending by sequence.
    var records: Deque<Record> = []
  }

  /// Few, in the order in which they were first seen; the one used last is likely used next.
  private var sessions: [Session] = []
  private var lastUsed = 0
  private var sweptAtMs: UInt64 = 0
  /// The group's logical time: the highest issue time in its log.
  private(set) var timeMs: UInt64 = 0

  /// Forgotten records are looked for no more often than this, in logical time.
  private static let sweepIntervalMs: UInt64 = 1_000

  init() {}

  var count: Int { sessions.reduce(0) { $0 + $1.records.count } }

  func find(_ stamp: OperationStamp) -> Finding {
    if Self.isExpired(stamp.issuedAtMs, at: timeMs) { return .expired }
    guard let session = position(of: stamp.origin) else { return .fresh }
    if stamp.sequence < sessions[session].answeredBelow { return .answered }
    let place = sessions[session].place(of: stamp.sequence)
    guard let record = sessions[session].record(at: place, stamp.sequence) else { return .fresh }
    return .known(record)
  }

  /// The leader has appended the change.
  mutating func propose(_ stamp: OperationStamp, at index: LogIndex, _ answer: Answer?) {
    set(.proposed(index, answer), stamp)
  }

  /// The leader has answered the change without an entry.
  mutating func decide(_ stamp: OperationStamp, _ answer: Answer, after: LogIndex?) {
    set(.decided(answer, after: after), stamp)
  }

  /// The change's entry is applied.
  mutating func apply(_ stamp: OperationStamp, _ answer: Answer) {
    timeMs = max(timeMs, stamp.issuedAtMs)
    set(.applied(answer), stamp)
    sweep()
  }

  /// The leader's own knowledge goes.
  mutating func stepDown() {
    for session in sessions.indices {
      sessions[session].records.removeAll { if case .applied = $0.state { false } else { true } }
    }
  }

  private static func isExpired(_ issuedAtMs: UInt64, at timeMs: UInt64) -> Bool {
    timeMs >= OperationStamp.windowMs && issuedAtMs <= timeMs - OperationStamp.windowMs
  }

  private func position(of origin: UInt64) -> Int? {
    if lastUsed < sessions.count, sessions[lastUsed].origin == origin { return lastUsed }
    return sessions.firstIndex { $0.origin == origin }
  }

  private mutating func set(_ state: State, _ stamp: OperationStamp) {
    let session = position(of: stamp.origin) ?? sessions.count
    if session == sessions.count { sessions.append(Session(origin: stamp.origin)) }
    lastUsed = session
    sessions[session].set(
      Record(sequence: stamp.sequence, issuedAtMs: stamp.issuedAtMs, state: state), answeredBelow: stamp.answeredBelow)
  }

  private mutating func sweep() {
    guard timeMs - sweptAtMs >= Self.sweepIntervalMs else { return }
    sweptAtMs = timeMs
    let now = timeMs
    for session in sessions.indices {
      sessions[session].records.removeAll { record in
        guard case .applied = record.state else { return false }
        return Self.isExpired(record.issuedAtMs, at: now)
      }
    }
    sessions.removeAll { $0.records.isEmpty && Self.isExpired($0.newestMs, at: now) }
  }
}

extension RememberedOperations.Session {
  /// Where the record with that sequence is or would be; usually at the end.
  fileprivate func place(of sequence: UInt64) -> Int {
    guard let last = records.last, last.sequence >= sequence else { return records.count }
    var low = 0
    var high = records.count
    while low < high {
      let middle = (low + high) / 2
      if records[middle].sequence < sequence { low = middle + 1 } else { high = middle }
    }
    return low
  }

  fileprivate func record(at place: Int, _ sequence: UInt64) -> RememberedOperations.State? {
    place < records.count && records[place].sequence == sequence ? records[place].state : nil
  }

  fileprivate mutating func set(_ record: RememberedOperations.Record, answeredBelow: UInt64) {
    self.answeredBelow = max(self.answeredBelow, answeredBelow)
    newestMs = max(newestMs, record.issuedAtMs)
    let place = place(of: record.sequence)
    if self.record(at: place, record.sequence) != nil {
      records[place] = record
    } else {
      records.insert(record, at: place)
    }
    while let first = records.first, first.sequence < self.answeredBelow {
      if case .proposed = first.state { break }
      records.removeFirst()
    }
  }
}

/// The block that goes with the store's metadata.
///
/// ```
/// logical time (varint) | sessions (array): origin (u64) | answered below (varint) | newest issue time (varint) |
/// records (array): sequence (varint) | issue time (varint) | answer
/// ```
extension RememberedOperations {
  func encode(into writer: inout ByteWriter) {
    writer.varint(timeMs)
    writer.array(sessions.sorted { $0.origin < $1.origin }) { writer, session in
      writer.u64(session.origin)
      writer.varint(session.answeredBelow)
      writer.varint(session.newestMs)
      let applied = session.records.compactMap { record in
        if case .applied(let answer) = record.state { (record, answer) } else { nil }
      }
      writer.array(applied) { writer, entry in
        writer.varint(entry.0.sequence)
        writer.varint(entry.0.issuedAtMs)
        entry.1.encode(into: &writer)
      }
    }
  }

  init(from reader: inout ByteReader) throws(MalformedBytes) {
    timeMs = try reader.varint()
    sweptAtMs = timeMs
    sessions = try reader.array { (input) throws(MalformedBytes) in
      var session = Session(origin: try input.u64())
      session.answeredBelow = try input.varint()
      session.newestMs = try input.varint()
      let records = try input.array { (input) throws(MalformedBytes) in
        let sequence = try input.varint()
        let issuedAtMs = try input.varint()
        return Record(sequence: sequence, issuedAtMs: issuedAtMs, state: .applied(try Answer(from: &input)))
      }
      session.records = Deque(records)
      return session
    }
  }
}
