import Environment
import Raft

/// As of when a follower's applied state is complete: whether it may answer reads that need not see the newest writes.
///
/// A leader says in each frame what it knows to be committed. Once the follower has applied that, its state is no older
/// than the moment at which the frame came. The oldest such mark that is not reached is kept, so that a follower that
/// always lags a little still becomes fresher.
struct Freshness {
  /// How far a read with `ConsistentRead=false` may lag.
  static let stalenessMax = Span.seconds(10)

  private var asOf: Instant?
  private var mark: (commit: LogIndex, at: Instant)?

  /// A leader of the current term said what it has committed.
  mutating func told(_ commit: LogIndex, applied: LogIndex, now: Instant) {
    if applied >= commit {
      asOf = now
      mark = nil
    } else if mark == nil {
      mark = (commit, now)
    }
  }

  mutating func applied(_ index: LogIndex) {
    guard let mark, index >= mark.commit else { return }
    asOf = mark.at
    self.mark = nil
  }

  /// How old the state may be; nil where no leader was heard yet.
  func staleness(now: Instant) -> Span? { asOf.map { now.since($0) } }
}
