internal import DequeModule
public import Environment

/// Linearizable reads without log entries: ReadIndex (Ongaro's thesis, section 6.4).
extension RaftGroup {
  /// Asks for a read that sees every write acknowledged before this call. False where this replica does not lead.
  /// The answer is a ``ReadyRead`` with the token, or the token among ``Ready/abandonedReads``.
  ///
  /// All reads asked for before the next ``takeReady()`` share one round of heartbeats that starts after them.
  public mutating func requestRead(_ token: UInt64, now: Instant) -> Bool {
    advance(now)
    guard role == .leader else { return false }
    // Before its first own commit a leader may not know the newest commit index; its term's first entry is above it.
    reads.ask(token, index: max(log.commit, termStart), round: round.number + 1, now: now)
    return true
  }

  mutating func confirmReads() {
    guard !reads.isEmpty else { return }
    reads.confirmed = Quorum.reached(by: membership) { voter in
      if voter == id { return round.number }
      return slot(of: voter).map { progress[$0].confirmed.number } ?? 0
    }
  }
}

/// Reads in the order in which they were asked for; their rounds and indexes never descend.
struct PendingReads: Sendable {
  private struct Pending {
    var token: UInt64
    var index: LogIndex
    var round: UInt64
  }

  private var queue = Deque<Pending>()
  /// When the last read that waits for a round to start was asked for.
  private(set) var roundWanted: Instant?
  /// The newest round that a majority has answered.
  var confirmed: UInt64 = 0

  var isEmpty: Bool { queue.isEmpty }

  mutating func ask(_ token: UInt64, index: LogIndex, round: UInt64, now: Instant) {
    queue.append(Pending(token: token, index: index, round: round))
    roundWanted = now
  }

  mutating func roundIsOpen(_ round: UInt64) { roundWanted = nil }

  func hasReady(handedToApply: LogIndex) -> Bool {
    guard let first = queue.first else { return false }
    return first.round <= confirmed && first.index <= handedToApply
  }

  mutating func takeReady(handedToApply: LogIndex) -> [ReadyRead] {
    var ready: [ReadyRead] = []
    while let first = queue.first, first.round <= confirmed, first.index <= handedToApply {
      ready.append(ReadyRead(token: first.token, index: first.index))
      queue.removeFirst()
    }
    return ready
  }

  mutating func abandonAll() -> [UInt64] {
    defer { self = PendingReads() }
    return queue.map { $0.token }
  }
}
