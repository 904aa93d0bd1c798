public import Environment
import Journal
import Raft
import Replicas

/// When a node hands its leaderships over although it could go on: it is about to stop, its disk is full, or its disk
/// no longer keeps up with the others'.
struct Handover {
  /// Tried for one group no more often than this.
  private static let retryInterval = Span.seconds(1)
  /// A sync under way for longer than this, while a majority has synced what it is for, is a disk that does not keep up.
  static let slowSync = Span.milliseconds(250)

  private var isLeaving = false
  private var triedAt: [(group: GroupID, at: Instant)] = []

  mutating func leave() { isLeaving = true }

  /// - Parameter syncSince: when the sync under way began; nil where there is none.
  mutating func tick(_ replicas: [Replica], isDiskFull: Bool, syncSince: Instant?, now: Instant) {
    let isSlow = syncSince.map { now.since($0) >= Self.slowSync } ?? false
    guard isLeaving || isDiskFull || isSlow else { return }
    triedAt.removeAll { now.since($0.at) >= (isLeaving ? .milliseconds(20) : Self.retryInterval) }
    for replica in replicas where replica.raft.isLeader {
      guard isLeaving || isDiskFull || replica.isBehindItsMajority else { continue }
      guard !triedAt.contains(where: { $0.group == replica.group }) else { continue }
      triedAt.append((replica.group, now))
      replica.handOver(now: now)
    }
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
