public import Environment
public import Messages
import Raft

/// A leader's side of moving replicas: it is told on which nodes the group's replicas are to be, and changes its members
/// one at a time until they are.
extension Replica {
  /// What the metadata group wants, as this leader last heard it.
  struct Placement {
    var nodes: [NodeID]
    var version: UInt64
    /// In which it was told: another leader has to be told anew.
    var term: Term
  }

  /// The group's replicas are to be on `nodes`, which ascend. ``Answer/done`` once they are, and that is committed.
  func place(on nodes: [NodeID], version: UInt64) -> Answer {
    guard isServing else { return notLeader }
    guard !nodes.isEmpty else { return .refused(.failed("A group cannot be without replicas.")) }
    if let known = wantedPlacement, known.version > version { return .notYet }
    placement = Placement(nodes: nodes, version: version, term: raft.term)
    return isPlaced(on: nodes) ? .done : .notYet
  }

  var wantedPlacement: Placement? { placement.flatMap { $0.term == raft.term ? $0 : nil } }

  private func isPlaced(on nodes: [NodeID]) -> Bool {
    let membership = raft.membership
    guard !membership.isJoint, raft.membership(at: raft.commit) == membership else { return false }
    return membership.voters.map(\.node).sorted() == nodes && membership.learners.allSatisfy { nodes.contains($0.node) }
  }

  /// The next step towards the wanted members; none while one is under way.
  func settleMembers(now: Instant) {
    let wanted = wantedPlacement?.nodes
    guard wanted != nil || !raft.membership.learners.isEmpty, isServing, !raft.membership.isJoint, !raft.isHandingOver,
      raft.membership(at: raft.commit) == raft.membership
    else { return }
    if promoteLearner(wanted) { return }
    guard let wanted, !isPlaced(on: wanted) else { return }
    approach(wanted, now: now)
  }

  /// Makes a learner that has caught up a voter in place of every other replica of its node, and of one that is to go.
  /// One at a time. This leader itself stays until another one can lead.
  private func promoteLearner(_ wanted: [NodeID]?) -> Bool {
    let membership = raft.membership
    for peer in raft.peers where membership.learners.contains(peer.id) {
      guard peer.state == .replicate, peer.match + Self.promotionLagMax >= raft.commit,
        wanted?.contains(peer.id.node) ?? true
      else { continue }
      var voters = membership.voters.filter { $0.node != peer.id.node } + [peer.id]
      if let wanted {
        while voters.count > wanted.count, let leaver = leaver(among: voters, wanted) {
          voters.removeAll { $0 == leaver }
        }
      }
      let learners = membership.learners.filter { $0.node != peer.id.node }
      if (try? raft.proposeMembership(voters: voters, learners: learners)) != nil { Probes.hit(.learnerBecomesAVoter) }
      return true
    }
    return false
  }

  private func leaver(among voters: [ReplicaID], _ wanted: [NodeID]) -> ReplicaID? {
    voters.first { $0 != raft.id && !wanted.contains($0.node) }
  }

  private func approach(_ wanted: [NodeID], now: Instant) {
    let (voters, learners) = (raft.membership.voters, raft.membership.learners)
    let staying = learners.filter { wanted.contains($0.node) }
    if staying != learners {
      _ = try? raft.proposeMembership(voters: voters, learners: staying)
    } else if let new = wanted.first(where: { node in !(voters + learners).contains { $0.node == node } }) {
      // Its node asks for it, and is then given an id under which it may act.
      let id = ReplicaID(node: new, generation: replacements.next(in: raft.term))
      _ = try? raft.proposeMembership(voters: voters, learners: learners + [id])
    } else if wanted.allSatisfy({ node in voters.contains { $0.node == node } }) {
      if let leaver = leaver(among: voters, wanted) {
        _ = try? raft.proposeMembership(voters: voters.filter { $0 != leaver }, learners: learners)
      } else {
        // Only this leader is left to go: whoever leads next removes it.
        handOver(now: now)
      }
    }
  }
}

extension Replica {
  /// Whether that node's replica could lead as well as this one: it is a voter, has all that was committed and answers,
  /// and nothing else is being changed.
  public func mayHandOver(to node: NodeID) -> Bool {
    guard !isSwitching, !raft.isHandingOver, !raft.membership.isJoint, raft.membership.learners.isEmpty,
      let voter = raft.membership.voters.first(where: { $0.node == node })
    else { return false }
    return raft.canLead(voter)
  }

  public func handOver(to node: NodeID, now: Instant) {
    guard let voter = raft.membership.voters.first(where: { $0.node == node }) else { return }
    Probes.hit(.leadershipIsHandedOver)
    _ = raft.transferLeadership(to: voter, now: now)
  }
}
