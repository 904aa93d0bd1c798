import Environment
import Messages
import Raft
import Replicas
import Shards
import Store

/// Compares the replicas of the shards that this node leads, range by range, one range at a time and without hurry. What
/// differs was lost or changed by a disk without a trace: page sums tell what a page became, not that it is an old one.
///
/// A round goes through all rows of a shard once. A shard that nobody wrote to since its last round is left in peace.
struct Scrubber {
  /// Between two rounds of a shard, and bounds of one range.
  struct Pace: Sendable {
    var interval: Span
    var pause = Span.milliseconds(200)
    var bytesMax: UInt32 = 256 << 10
  }

  /// What was found out about one range.
  enum Verdict: Equatable {
    /// Those nodes' replicas differ from what most voters have.
    case differ([NodeID])
    /// There is a difference, and no majority says what is right.
    case undecided
  }

  private struct Round {
    var group: GroupID
    var term: Term
    var after: [UInt8] = []
    /// Of the shard when the round began.
    var applied: LogIndex
    /// The range under way: its entry, when it was proposed, and what was found there.
    var index: LogIndex?
    var proposedAt = Instant.zero
    var nextAt = Instant.zero
    var own: RangeSum?
    var reports: [(node: NodeID, sum: UInt64)] = []
  }

  private struct Done {
    var group: GroupID
    var dueAt: Instant
    /// Where the log was at the end of the last round; nil before the first.
    var applied: LogIndex?
  }

  private var round: Round?
  private var done: [Done] = []
  private(set) var roundsEnded: UInt64 = 0
  private(set) var rangesCompared: UInt64 = 0
  private(set) var differences: UInt64 = 0

  /// A replica that has not reported by then is not judged.
  private static let patience = Span.seconds(5)

  /// The next step: a range to be compared, or the verdict on one.
  ///
  /// - Parameter propose: puts the order into the shard's log; nil where it cannot now.
  mutating func tick(
    _ replicas: [Replica], _ pace: Pace, node: NodeID, now: Instant,
    propose: (Replica, RangeSumOrder) -> LogIndex?
  ) -> (group: GroupID, index: LogIndex, verdict: Verdict)? {
    guard let current = round else {
      begin(replicas, pace, now: now)
      return nil
    }
    guard let replica = replicas.first(where: { $0.group == current.group }), replica.isServing,
      replica.raft.term == current.term
    else {
      round = nil
      return nil
    }
    guard let index = current.index else {
      guard now >= current.nextAt else { return nil }
      let order = RangeSumOrder(after: current.after, bytesMax: pace.bytesMax)
      round?.index = propose(replica, order)
      round?.proposedAt = now
      if round?.index == nil { round?.nextAt = now + Span.seconds(1) }
      return nil
    }
    let voters = replica.raft.membership.voters.map(\.node)
    let isComplete = current.own != nil && voters.allSatisfy { voter in current.reports.contains { $0.node == voter } }
    guard isComplete || now.since(current.proposedAt) >= Self.patience else { return nil }
    let verdict = judge(current, voters)
    goOn(pace, now: now)
    return verdict.map { (current.group, index, $0) }
  }

  mutating func found(_ group: GroupID, _ index: LogIndex, _ sum: RangeSum, by node: NodeID) {
    guard round?.group == group, round?.index == index else { return }
    round?.own = sum
    reported(group, index, sum.sum, by: node)
  }

  mutating func reported(_ group: GroupID, _ index: LogIndex, _ sum: UInt64, by node: NodeID) {
    guard round?.group == group, round?.index == index else { return }
    round?.reports.removeAll { $0.node == node }
    round?.reports.append((node, sum))
  }

  // MARK: Rounds

  private mutating func begin(_ replicas: [Replica], _ pace: Pace, now: Instant) {
    for replica in replicas where replica.shard != nil && replica.isServing {
      guard let known = done.firstIndex(where: { $0.group == replica.group }) else {
        done.append(Done(group: replica.group, dueAt: now + pace.interval))
        continue
      }
      guard done[known].dueAt <= now else { continue }
      // Its own last entries are no news.
      guard done[known].applied != replica.store.applied.index else {
        done[known].dueAt = now + pace.interval
        continue
      }
      round = Round(
        group: replica.group, term: replica.raft.term, applied: replica.store.applied.index, nextAt: now)
      return
    }
  }

  private mutating func goOn(_ pace: Pace, now: Instant) {
    guard let current = round else { return }
    rangesCompared += 1
    round?.index = nil
    round?.reports = []
    round?.own = nil
    round?.nextAt = now + pace.pause
    // Without this leader's own sum the range is compared once more.
    guard let own = current.own else { return }
    if let last = own.last { round?.after = last }
    guard own.isEnd else { return }
    roundsEnded += 1
    round = nil
    done.removeAll { $0.group == current.group }
    done.append(Done(group: current.group, dueAt: now + pace.interval, applied: current.index))
  }

  private mutating func judge(_ round: Round, _ voters: [NodeID]) -> Verdict? {
    guard let first = round.reports.first?.sum, round.reports.contains(where: { $0.sum != first }) else { return nil }
    differences += 1
    let votes = round.reports.filter { voters.contains($0.node) }
    guard let right = votes.first(where: { vote in 2 * votes.count { $0.sum == vote.sum } > voters.count })?.sum else {
      return .undecided
    }
    return .differ(round.reports.filter { $0.sum != right }.map(\.node).sorted())
  }
}
