public import Environment
import Journal
import Raft
import Replicas

/// When a node hands its leaderships over although it could go on: it is about to stop, its disk is full, or its disk
/// no longer keeps up with the others'.
struct Handover {
  /// Between the tries for one group: each is twice the one before, so that members whose disks are all full or slow do
  /// not pass leadership on without end.
  private static let retryIntervals = (shortest: Span.seconds(1), longest: Span.seconds(16))
  /// A longer one follows tries in vain.
  private static let hopefulInterval = Span.seconds(2)
  /// A group that was left alone for so long starts from the shortest again.
  private static let memory = Span.seconds(60)
  /// A sync under way for longer than this, while another member has synced what it is for, is a disk that does not keep
  /// up.
  static let slowSync = Span.milliseconds(250)

  private(set) var isLeaving = false
  private var tries: [(group: GroupID, at: Instant, interval: Span)] = []

  mutating func leave() { isLeaving = true }

  /// - Parameter syncSince: when the sync under way began; nil where there is none.
  mutating func tick(_ replicas: [Replica], isDiskFull: Bool, syncSince: Instant?, now: Instant) {
    let isSlow = syncSince.map { now.since($0) >= Self.slowSync } ?? false
    guard isLeaving || isDiskFull || isSlow else { return }
    tries.removeAll { now.since($0.at) >= Self.memory }
    for replica in replicas where replica.raft.isLeader {
      guard isLeaving || isDiskFull || replica.isBehindAnotherMember, mayTry(replica.group, now) else { continue }
      replica.handOver(now: now)
    }
  }

  /// Whether another member may soon lead the group: it has not been tried often in vain, nor come back again and again.
  func isHopeful(_ group: GroupID) -> Bool {
    tries.first { $0.group == group }.map { $0.interval <= Self.hopefulInterval } ?? true
  }

  private mutating func mayTry(_ group: GroupID, _ now: Instant) -> Bool {
    guard let position = tries.firstIndex(where: { $0.group == group }) else {
      tries.append((group, now, Self.retryIntervals.shortest))
      return true
    }
    let last = tries[position]
    guard now.since(last.at) >= (isLeaving ? .milliseconds(20) : last.interval) else { return false }
    let next = Span(nanoseconds: 2 * last.interval.nanoseconds)
    tries[position] = (group, now, min(next, Self.retryIntervals.longest))
    return true
  }
}

extension Node {
  /// The node is about to stop: from now on it hands over what it leads. Its owner waits for ``leadsAnything`` to end,
  /// for a while.
  public func leave(now: Instant) {
    handover.leave()
    tick(now: now)
  }

  public var leadsAnything: Bool {
    replicas.contains { $0.raft.isLeader && $0.raft.membership.voters.count > 1 }
  }
}
