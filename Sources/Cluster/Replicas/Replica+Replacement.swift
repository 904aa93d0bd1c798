import Environment
import Messages
import Raft

/// A leader's side of replacing a replica that lost what it had promised: a new id on the same node, first as a learner,
/// then as the voter in whose favour every other id of that node goes. Ids are never used again, and one that was handed
/// out is handed out again only to a node that says it never acted under it.
extension Replica {
  /// Entries by which a learner may lag behind the commit index when it becomes a voter. A busy group never stands still.
  static let promotionLagMax: LogIndex = 64

  /// `old` is the newest id that the node may have acted under.
  func replace(_ node: NodeID, old: ReplicaID?, to: ReplyTo) -> Answer? {
    guard isServing else { return notLeader }
    guard let newest = raft.membership.members.last(where: { $0.node == node }), node != raft.id.node else {
      return .refused(.failed("Node \(node.rawValue) has no replica in this group to replace."))
    }
    guard let old else {
      // A deposed leader may know an older one only, and what the node did under a newer one must not come back: ask for
      // the proof of leadership.
      reads.append(Read(to: to, work: .answer(.replacement(newest.rawValue), after: nil)))
      return nil
    }
    if newest > old {
      let isCommitted = raft.membership(at: raft.commit).contains(newest)
      return isCommitted ? .replacement(newest.rawValue) : .refused(.overloaded)
    }
    return addLearner(ReplicaID(node: node, generation: replacements.next(in: raft.term)), to: to)
  }

  private func addLearner(_ id: ReplicaID, to: ReplyTo) -> Answer? {
    let others = raft.membership.learners.filter { $0.node != id.node }
    let proposed = try? raft.proposeMembership(voters: raft.membership.voters, learners: others + [id])
    // Another change is under way; the node asks again.
    guard let proposed else { return .refused(.overloaded) }
    waiting.append(.init(index: proposed.index, to: to, answer: .replacement(id.rawValue), isProposal: true))
    return nil
  }
}

/// Numbers the ids that one leader hands out in its term.
struct ReplacementCounter {
  private var term: Term = 0
  private var count: UInt64 = 0

  /// A generation that nobody handed out before: no other replica leads in this term.
  mutating func next(in term: Term) -> UInt64 {
    count = term == self.term ? count + 1 : 0
    self.term = term
    precondition(count <= 0xFFFF && term <= UInt32.max, "A leader handed out more replica ids than a term has.")
    return term << 16 | count
  }
}
