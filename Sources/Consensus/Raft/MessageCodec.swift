public import Bytes
internal import Environment

/// | field | bytes |
/// | --- | --- |
/// | from, to | 8 + 8 |
/// | term | varint |
/// | tag | 1, the raw value of ``Message/Tag`` |
/// | body | positions are (index varint, term varint), rounds are (number varint, sent at varint), promises are whole |
/// | | microseconds (varint, rounded down: a promise may be understated); an append's entries are counted and carry |
/// | | (term varint, kind 1, payload blob): their indexes follow from `previous` |
extension Message {
  /// On the wire: never renumber.
  enum Tag: UInt8 {
    case preVote = 1
    case preVoteAnswer = 2
    case vote = 3
    case voteAnswer = 4
    case append = 5
    case appendAnswer = 6
    case appendConflict = 7
    case heartbeat = 8
    case heartbeatAnswer = 9
    case installSnapshot = 10
    case timeoutNow = 11
  }

  public func encode(into writer: inout ByteWriter) {
    writer.u64(from.rawValue)
    writer.u64(to.rawValue)
    writer.varint(term)
    switch body {
    case .preVote(let last):
      writer.u8(Tag.preVote.rawValue)
      writer.position(last)
    case .preVoteAnswer(let isGranted):
      writer.u8(Tag.preVoteAnswer.rawValue)
      writer.bool(isGranted)
    case .vote(let last, let isTransfer):
      writer.u8(Tag.vote.rawValue)
      writer.position(last)
      writer.bool(isTransfer)
    case .voteAnswer(let isGranted):
      writer.u8(Tag.voteAnswer.rawValue)
      writer.bool(isGranted)
    case .append(let previous, let entries, let commit, let round):
      writer.u8(Tag.append.rawValue)
      writer.position(previous)
      writer.varint(commit)
      writer.round(round)
      writer.array(entries) { $0.entry($1) }
    case .appendAnswer(let match, let round, let promise):
      writer.u8(Tag.appendAnswer.rawValue)
      writer.varint(match)
      writer.round(round)
      writer.promise(promise)
    case .appendConflict(let rejected, let hint, let round, let promise):
      writer.u8(Tag.appendConflict.rawValue)
      writer.varint(rejected)
      writer.position(hint)
      writer.round(round)
      writer.promise(promise)
    case .heartbeat(let commit, let round):
      writer.u8(Tag.heartbeat.rawValue)
      writer.varint(commit)
      writer.round(round)
    case .heartbeatAnswer(let round, let promise):
      writer.u8(Tag.heartbeatAnswer.rawValue)
      writer.round(round)
      writer.promise(promise)
    case .installSnapshot(let position, let membership, let round):
      writer.u8(Tag.installSnapshot.rawValue)
      writer.position(position)
      membership.encode(into: &writer)
      writer.round(round)
    case .timeoutNow:
      writer.u8(Tag.timeoutNow.rawValue)
    }
  }

  /// Throws on anything that ``encode(into:)`` cannot have written, entries out of order included.
  public init(from reader: inout ByteReader) throws(MalformedBytes) {
    from = ReplicaID(try reader.u64())
    to = ReplicaID(try reader.u64())
    term = try reader.varint()
    guard let tag = Tag(rawValue: try reader.u8()) else { throw MalformedBytes("a message of an unknown kind") }
    body = try Body(tag, term, &reader)
  }
}

extension Message.Body {
  fileprivate init(_ tag: Message.Tag, _ term: Term, _ reader: inout ByteReader) throws(MalformedBytes) {
    switch tag {
    case .preVote: self = .preVote(last: try reader.position())
    case .preVoteAnswer: self = .preVoteAnswer(isGranted: try reader.bool())
    case .vote: self = .vote(last: try reader.position(), isTransfer: try reader.bool())
    case .voteAnswer: self = .voteAnswer(isGranted: try reader.bool())
    case .append:
      let previous = try reader.position()
      let commit = try reader.varint()
      let round = try reader.round()
      let entries = try reader.entries(after: previous, termMax: term)
      self = .append(previous: previous, entries: entries, commit: commit, round: round)
    case .appendAnswer:
      self = .appendAnswer(match: try reader.varint(), round: try reader.round(), promise: try reader.promise())
    case .appendConflict:
      self = .appendConflict(
        rejected: try reader.varint(), hint: try reader.position(), round: try reader.round(),
        promise: try reader.promise())
    case .heartbeat: self = .heartbeat(commit: try reader.varint(), round: try reader.round())
    case .heartbeatAnswer:
      self = .heartbeatAnswer(round: try reader.round(), promise: try reader.promise())
    case .installSnapshot:
      let position = try reader.position()
      let membership = try Membership(from: &reader)
      guard membership.isValid else { throw MalformedBytes("a membership contradicts itself") }
      self = .installSnapshot(position: position, membership: membership, round: try reader.round())
    case .timeoutNow: self = .timeoutNow
    }
  }
}

extension ByteWriter {
  fileprivate mutating func position(_ position: LogPosition) {
    varint(position.index)
    varint(position.term)
  }

  fileprivate mutating func round(_ round: Round) {
    varint(round.number)
    varint(round.sentAt.nanoseconds)
  }

  fileprivate mutating func promise(_ promise: Span) { varint(promise.nanoseconds / 1_000) }

  fileprivate mutating func entry(_ entry: Entry) {
    varint(entry.term)
    u8(entry.kind.rawValue)
    blob(entry.payload)
  }
}

extension ByteReader {
  fileprivate mutating func position() throws(MalformedBytes) -> LogPosition {
    LogPosition(index: try varint(), term: try varint())
  }

  fileprivate mutating func round() throws(MalformedBytes) -> Round {
    Round(number: try varint(), sentAt: Instant(nanoseconds: try varint()))
  }

  fileprivate mutating func promise() throws(MalformedBytes) -> Span {
    let microseconds = try varint()
    guard microseconds <= UInt64.max / 1_000 else { throw MalformedBytes("a promise is too long") }
    return .microseconds(microseconds)
  }

  fileprivate mutating func entries(after previous: LogPosition, termMax: Term) throws(MalformedBytes) -> [Entry] {
    let total = try count(bytesMin: 3)
    guard !previous.index.addingReportingOverflow(UInt64(total)).overflow else {
      throw MalformedBytes("a log index is too large")
    }
    var entries: [Entry] = []
    entries.reserveCapacity(total)
    var last = previous
    for _ in 0..<total {
      let term = try varint()
      guard term >= last.term, term <= termMax else { throw MalformedBytes("entries are out of order") }
      guard let kind = EntryKind(rawValue: try u8()) else { throw MalformedBytes("an entry of an unknown kind") }
      last = LogPosition(index: last.index + 1, term: term)
      entries.append(Entry(index: last.index, term: term, kind: kind, payload: try blob()))
      if kind == .membership { _ = try Membership(payload: entries[entries.count - 1].payload) }
    }
    return entries
  }
}
