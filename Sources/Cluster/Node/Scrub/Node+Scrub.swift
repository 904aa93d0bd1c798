import Environment
import Messages
import Raft
import Replicas
import Shards
import Store

/// The node's part in comparing replicas: as a leader it asks and judges, as any member it answers, and gives a replica
/// up that most others contradict.
extension Node {
  func scrub(now: Instant) {
    guard let pace = configuration.scrub else { return }
    let step = scrubber.tick(replicas, pace, node: configuration.node, now: now) { replica, order in
      allRead(EntryVersions.rangeSums, in: replica) ? replica.propose(order) : nil
    }
    guard let step else { return }
    switch step.verdict {
    case .undecided:
      notice(step.group, "Its replicas differ, and no majority of them says what is right: they are left as they are.")
    case .differ(let nodes):
      for node in nodes where node != configuration.node {
        let operation = Operation.differs(index: step.index)
        outgoingRequests.append((node, Request(id: Self.unheard, shard: step.group.shard, operation: operation)))
      }
      if nodes.contains(configuration.node) { giveUp(step.group, at: step.index, now: now) }
    }
  }

  /// Answers to it concern nobody.
  private static let unheard: UInt64 = 0

  /// The leader found this node's replica to differ at that entry.
  func differs(_ group: GroupID, at index: LogIndex, to: ReplyTo, now: Instant) {
    replies.append(.init(to: to, term: 0, answer: .done))
    guard replica(group)?.raft.isLeader == false else { return }
    giveUp(group, at: index, now: now)
  }

  /// Only what this replica itself has summed is judged: an order that comes late concerns an earlier one.
  private func giveUp(_ group: GroupID, at index: LogIndex, now: Instant) {
    guard let newest = rangeSums[group], newest == index, replica(group) != nil else { return }
    replicasDiffered += 1
    rangeSums[group] = nil
    lose(
      group, "Its rows differ from those of the other replicas: its disk lost or changed something unseen.", now: now)
  }

  func startRangeSums(_ wanted: [(group: GroupID, index: LogIndex, job: RangeSumJob)]) {
    for (group, index, job) in wanted {
      // One at a time: who does not keep up is not judged.
      let isBusy = jobs.values.contains { if case .rangeSum(group, _, _) = $0 { true } else { false } }
      if isBusy { job.close() } else { startJob(.rangeSum(group, index, job), lane: .background) { try job.run() } }
    }
  }

  func rangeSummed(_ group: GroupID, _ index: LogIndex, _ job: RangeSumJob, error: (any Error)?, now: Instant) {
    job.close()
    if let error = error as? StoreError, error.isDamage {
      return lose(group, "Its store is damaged: \(error).", now: now)
    }
    guard error == nil, let sum = job.result, let replica = replica(group) else { return }
    rangeSums[group] = index
    if replica.raft.isLeader {
      scrubber.found(group, index, sum, by: configuration.node)
    } else if let leader = replica.leader {
      let operation = Operation.rangeSummed(index: index, sum: sum.sum, by: configuration.node)
      outgoingRequests.append((leader, Request(id: Self.unheard, shard: group.shard, operation: operation)))
    }
  }

  // MARK: Shown

  /// Rounds through a shard's rows that this node's leaders ended, ranges that they compared, and those that differed.
  public var scrubbed: (rounds: UInt64, ranges: UInt64, differences: UInt64) {
    (scrubber.roundsEnded, scrubber.rangesCompared, scrubber.differences)
  }
}
