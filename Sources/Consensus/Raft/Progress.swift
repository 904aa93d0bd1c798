internal import DequeModule
internal import Environment

/// What a leader knows about one member, itself included (there, `match` is its own synced log).
///
/// - probe: the logs' last common entry is not known; one append at a time until an answer tells it.
/// - replicate: appends flow without waiting, up to the bounds in flight.
/// - snapshot: the leader's log no longer reaches back to it; nothing is sent until it has installed a snapshot.
struct Progress: Sendable {
  let id: ReplicaID
  var state = PeerStatus.State.probe
  var match: LogIndex = 0
  var next: LogIndex
  var isProbeSent = false
  /// Entries that have left memory were asked for; nothing is appended until they come.
  var isFetching = false
  /// The newest round answered. At first the one that the leader's term began with, so that check-quorum waits.
  var confirmed: Round
  /// Until then, on the leader's clock, the member surely keeps what it promised. Never descends.
  private(set) var leaseEnd = Instant.zero
  /// The highest commit index that was sent.
  var toldCommit: LogIndex = 0
  /// When an append was sent last, with entries or without.
  var askedAt = Instant.zero
  var offeredAt = Instant.zero
  /// What the member had when a snapshot was offered; a snapshot brings it further.
  private var matchWhenOffered: LogIndex = 0
  private var inflight = Deque<Inflight>()
  private var inflightBytes = 0

  private struct Inflight {
    var last: LogIndex
    var bytes: Int
  }

  init(id: ReplicaID, next: LogIndex, confirmed: Round) {
    self.id = id
    self.next = next
    self.confirmed = confirmed
  }

  var status: PeerStatus { PeerStatus(id: id, state: state, match: match, next: next, confirmed: confirmed) }

  func hasRoom(_ configuration: RaftConfiguration) -> Bool {
    inflight.count < configuration.inflightAppendsMax && inflightBytes < configuration.inflightBytesMax
  }

  mutating func sent(through last: LogIndex, bytes: Int) {
    next = last + 1
    inflight.append(Inflight(last: last, bytes: bytes))
    inflightBytes += bytes
  }

  mutating func becomeProbe(next: LogIndex) {
    state = .probe
    self.next = max(next, match + 1)
    isProbeSent = false
    isFetching = false
    inflight.removeAll(keepingCapacity: true)
    inflightBytes = 0
  }

  mutating func becomeSnapshot() {
    becomeProbe(next: match + 1)
    state = .snapshot
    matchWhenOffered = match
  }

  /// The member has promised to neither vote nor stand for `promise` after a message that left after `round` began.
  /// A tenth is kept back for clocks that run at different rates.
  mutating func promised(_ promise: Span, since round: Round) {
    #if GANTRY_PLANTS
      if Plants.planted == .leaseIgnoresDrift {
        leaseEnd = max(leaseEnd, round.sentAt + promise)
        return
      }
    #endif
    leaseEnd = max(leaseEnd, round.sentAt + Span(nanoseconds: promise.nanoseconds / 10 * 9))
  }

  /// The member's synced log agrees with ours up to `index`.
  mutating func matched(_ index: LogIndex, compacted: LogIndex) {
    match = max(match, index)
    while let first = inflight.first, first.last <= match {
      inflightBytes -= first.bytes
      inflight.removeFirst()
    }
    switch state {
    case .replicate:
      next = max(next, match + 1)
    case .probe where index >= match, .snapshot where match >= compacted && match > matchWhenOffered:
      becomeProbe(next: match + 1)
      state = .replicate
    case .probe, .snapshot:
      break
    }
  }

  /// The member's log does not hold the entry at `rejected`; `candidate` is our best guess of the last common one.
  /// Answers that a later event has overtaken change nothing.
  mutating func conflicted(rejected: LogIndex, candidate: LogIndex) {
    switch state {
    case .replicate where rejected > match:
      becomeProbe(next: match + 1)
    case .probe where rejected == next - 1:
      becomeProbe(next: min(rejected, candidate + 1))
    case .replicate, .probe, .snapshot:
      break
    }
  }
}

extension [Progress] {
  /// Where what is known of that member stands.
  func slot(of id: ReplicaID) -> Int? { firstIndex { $0.id == id } }
}
