import Environment
import Raft

/// As of when a follower's applied state is complete: whether it may answer reads that need not see the newest writes.
///
/// A leader's heartbeat says what it knows to be committed, and as of which reading of the *follower's* clock that was all
/// there was: the newest reading that came with an answer of the follower. So it does not matter for how long a heartbeat
/// was under way, or this process stood still before it read it. Once the follower has applied that much, its state is no
/// older than that reading. The oldest such mark that is not reached is kept, so that a follower that always lags a little
/// still becomes fresher.
struct Freshness {
  /// How far a read with `ConsistentRead=false` may lag.
  static let stalenessMax = Span.seconds(10)

  /// When the first statement came. Readings before it are not this process's; those of an earlier boot may mislead.
  private var startedAt: Instant?
  private var asOf: Instant?
  private var mark: (commit: LogIndex, at: Instant)?

  /// A leader of the current term said that `commit` was all there was at `moment`.
  mutating func told(_ commit: LogIndex, asOf moment: Instant, applied: LogIndex, now: Instant) {
    guard let startedAt else {
      startedAt = now
      return
    }
    guard moment >= startedAt, moment <= now else { return }
    if applied >= commit {
      asOf = max(asOf ?? .zero, moment)
      mark = nil
    } else if mark == nil {
      mark = (commit, moment)
    }
  }

  mutating func applied(_ index: LogIndex) {
    guard let mark, index >= mark.commit else { return }
    asOf = max(asOf ?? .zero, mark.at)
    self.mark = nil
  }

  /// How old the state may be; nil where no leader has answered this process yet.
  func staleness(now: Instant) -> Span? { asOf.map { now.since($0) } }
}

/// A leader's side: the newest reading of each follower's clock that came with an answer.
struct FollowerClocks {
  private var clocks: [ReplicaID: Instant] = [:]

  mutating func told(_ clock: Instant, by follower: ReplicaID) { clocks[follower] = clock }

  mutating func forget() { clocks.removeAll() }

  /// The newest reading before this leader's knowledge ended, `age` ago; zero where there is none.
  func reading(of follower: ReplicaID, age: Span) -> Instant {
    guard let clock = clocks[follower], clock.nanoseconds > age.nanoseconds else { return .zero }
    return Instant(nanoseconds: clock.nanoseconds - age.nanoseconds)
  }
}
