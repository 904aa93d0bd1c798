import Bytes
import Environment
import Testing

@testable import Raft

@Suite struct CodecTests {
  private func randomMessage(_ random: inout SeededRandom) -> Message {
    func number(_ random: inout SeededRandom) -> UInt64 { random.next() >> random.below(64) }
    func position(_ random: inout SeededRandom) -> LogPosition {
      LogPosition(index: number(&random) >> 1, term: random.below(50))
    }
    func round(_ random: inout SeededRandom) -> Round {
      Round(number: number(&random), sentAt: Instant(nanoseconds: number(&random)))
    }
    func promise(_ random: inout SeededRandom) -> Span { .microseconds(number(&random) / 1_000) }
    func ids(_ random: inout SeededRandom, _ base: UInt64) -> [ReplicaID] {
      (0...random.below(4)).map { ReplicaID(base + $0) }
    }
    let membership = Membership(
      voters: ids(&random, 1), outgoing: random.chance(1, in: 2) ? ids(&random, 3) : [], learners: ids(&random, 10))
    let body: Message.Body
    switch random.below(11) {
    case 0: body = .preVote(last: position(&random))
    case 1: body = .preVoteAnswer(isGranted: random.chance(1, in: 2))
    case 2: body = .vote(last: position(&random), isTransfer: random.chance(1, in: 2))
    case 3: body = .voteAnswer(isGranted: random.chance(1, in: 2))
    case 4:
      let previous = position(&random)
      var entries: [Entry] = []
      var term = previous.term
      for offset in 0..<random.below(5) {
        term += random.below(2)
        let kind = EntryKind(rawValue: UInt8(random.below(3)))!
        let payload = kind == .membership ? membership.payload : (0..<random.below(40)).map { UInt8($0) }
        entries.append(Entry(index: previous.index + 1 + offset, term: term, kind: kind, payload: payload))
      }
      body = .append(previous: previous, entries: entries, commit: number(&random), round: round(&random))
    case 5: body = .appendAnswer(match: number(&random), round: round(&random), promise: promise(&random))
    case 6:
      body = .appendConflict(
        rejected: number(&random), hint: position(&random), round: round(&random), promise: promise(&random))
    case 7: body = .heartbeat(commit: number(&random), round: round(&random))
    case 8: body = .heartbeatAnswer(round: round(&random), promise: promise(&random))
    case 9: body = .installSnapshot(position: position(&random), membership: membership, round: round(&random))
    default: body = .timeoutNow
    }
    return Message(
      from: ReplicaID(random.next()), to: ReplicaID(number(&random)), term: 60 + random.below(9), body: body)
  }

  private func encoded(_ message: Message) -> [UInt8] {
    var writer = ByteWriter()
    message.encode(into: &writer)
    return writer.bytes
  }

  /// Seed 11, 5,000 messages.
  @Test func messagesComeBack() throws {
    var random = SeededRandom(seed: 11)
    for _ in 0..<5_000 {
      let message = randomMessage(&random)
      var reader = ByteReader(encoded(message))
      #expect(try Message(from: &reader) == message)
      #expect(reader.isAtEnd)
    }
  }

  /// Seed 12: every cut of 300 messages is refused or, never, read as a whole message.
  @Test func everyTruncationIsRefused() {
    var random = SeededRandom(seed: 12)
    for _ in 0..<300 {
      let bytes = encoded(randomMessage(&random))
      for length in bytes.indices {
        var reader = ByteReader(Array(bytes[..<length]))
        #expect(throws: MalformedBytes.self) { try Message(from: &reader) }
      }
    }
  }

  /// Seed 13: 20,000 messages with one to four bytes changed are read or refused; what is read is in order.
  @Test func mutatedMessagesNeverCrash() {
    var random = SeededRandom(seed: 13)
    for _ in 0..<20_000 {
      var bytes = encoded(randomMessage(&random))
      for _ in 0...random.below(4) {
        bytes[Int(random.below(UInt64(bytes.count)))] = UInt8(truncatingIfNeeded: random.next())
      }
      var reader = ByteReader(bytes)
      guard let message = try? Message(from: &reader) else { continue }
      guard case .append(let previous, let entries, _, _) = message.body else { continue }
      for (offset, entry) in entries.enumerated() {
        #expect(entry.index == previous.index + 1 + UInt64(offset) && entry.term <= message.term)
      }
    }
  }

  @Test func entriesOutOfOrderAreRefused() {
    let entries = [
      Entry(index: 5, term: 3, kind: .normal, payload: []), Entry(index: 6, term: 2, kind: .normal, payload: []),
    ]
    let message = Message(
      from: ReplicaID(1), to: ReplicaID(2), term: 3,
      body: .append(previous: LogPosition(index: 4, term: 3), entries: entries, commit: 0, round: .none))
    var reader = ByteReader(encoded(message))
    #expect(throws: MalformedBytes("entries are out of order")) { try Message(from: &reader) }
  }

  /// A promise may be understated on its way, never overstated.
  @Test func promisesTravelInMicrosecondsRoundedDown() throws {
    let sent = Message(
      from: ReplicaID(1), to: ReplicaID(2), term: 3,
      body: .heartbeatAnswer(round: .none, promise: Span(nanoseconds: 300_000_999)))
    var reader = ByteReader(encoded(sent))
    #expect(try Message(from: &reader).body == .heartbeatAnswer(round: .none, promise: .milliseconds(300)))
  }

  @Test func anIndexBeyondTheLastIsRefused() {
    let message = Message(
      from: ReplicaID(1), to: ReplicaID(2), term: 3,
      body: .append(
        previous: LogPosition(index: .max, term: 3),
        entries: [Entry(index: 0, term: 3, kind: .normal, payload: [])], commit: 0, round: .none))
    var reader = ByteReader(encoded(message))
    #expect(throws: MalformedBytes("a log index is too large")) { try Message(from: &reader) }
  }
}
