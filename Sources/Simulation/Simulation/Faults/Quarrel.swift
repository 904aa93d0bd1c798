import Environment
import Messages
import Node
import Raft
import Replicas

/// Leaders of one shard that take turns: one node at a time is alone, at first the shard's leader. When another is given a
/// vote, or when entries that it took over reach a follower and its own do not yet, it may be its turn; then the one
/// before is back.
///
/// So entries of several terms lie on some logs and not on others, each perhaps on a majority, and nobody knows whose
/// leader comes back first (paper, figure 8).
final class Quarrel {
  private struct Inheritance: Hashable {
    var leader: NodeID
    var follower: NodeID
  }

  private let cluster: SimulatedCluster
  private let shard: ShardID
  private var random: SeededRandom
  private var alone: NodeID?
  private var turnBegan = Instant.zero
  private var isOver = false
  /// Entries of older terms, and none of the leader's own, that are under way.
  private var inheritances: Set<Inheritance> = []

  private static let lookInterval = Span.milliseconds(50)

  init(_ cluster: SimulatedCluster, over shard: ShardID, seed: UInt64) {
    self.cluster = cluster
    self.shard = shard
    random = SeededRandom(seed: seed)
    look()
  }

  func end() {
    isOver = true
    comeBack()
  }

  func look(at message: SentMessage) {
    guard !isOver, message.part.group == GroupID(shard) else { return }
    if message.isVote { return maybe(message.to) }
    switch message.part.message.body {
    case .append(_, let entries, _, _):
      guard let last = entries.last, last.term < message.part.message.term else { return }
      inheritances.insert(Inheritance(leader: message.from, follower: message.to))
    case .appendAnswer:
      if inheritances.remove(Inheritance(leader: message.to, follower: message.from)) != nil { maybe(message.to) }
    default: break
    }
  }

  /// Where nothing comes of a turn the leader of now is next.
  private func look() {
    guard !isOver else { return }
    if cluster.now.since(turnBegan) > patience, let leader = leader, leader != alone { take(leader) }
    cluster.schedule(after: Self.lookInterval) { [self] in look() }
  }

  private var leader: NodeID? { cluster.leaders(of: shard).last { $0 != alone } }

  private var patience: Span {
    let election = cluster.options.electionTimeMin ?? .milliseconds(300)
    return Span(nanoseconds: 4 * election.nanoseconds)
  }

  private func maybe(_ id: NodeID) { if id != alone, random.chance(1, in: 2) { take(id) } }

  private func take(_ id: NodeID) {
    comeBack()
    alone = id
    turnBegan = cluster.now
    cluster.trace.note(cluster.now, "fault", "\(Process.node(id)) is alone")
    cluster.cut(cluster.apart(id))
  }

  private func comeBack() {
    guard let alone else { return }
    self.alone = nil
    cluster.lift(cluster.apart(alone))
  }
}
