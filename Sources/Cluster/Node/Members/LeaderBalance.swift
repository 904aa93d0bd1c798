import Catalog
import Environment
import Messages
import Raft
import Replicas

/// Where leaders would best be: each group's on the node of its replicas that has the fewest so far. Every node comes to
/// the same, so nobody has to be asked.
struct PreferredLeaders {
  private var nodes: [ShardID: NodeID] = [:]

  init(_ places: [ClusterMembers.Place], without leaving: [NodeID] = []) {
    var counts: [NodeID: Int] = [:]
    for place in places {
      let able = place.nodes.filter { !leaving.contains($0) }
      guard let node = able.min(by: { (counts[$0, default: 0], $0) < (counts[$1, default: 0], $1) }) else { continue }
      counts[node, default: 0] += 1
      nodes[place.shard] = node
    }
  }

  subscript(shard: ShardID) -> NodeID? { nodes[shard] }
}

/// Hands leaderships, one at a time and without hurry, to the nodes where they would best be, so that a node that started
/// late or came later takes its part.
///
/// A node that is no better off with it, because its disk is full or slow, hands it back; each such return doubles the wait.
struct LeaderBalance {
  private struct Waiting {
    var group: GroupID
    var term: Term
    var since: Instant
  }

  private struct Try {
    var group: GroupID
    var at: Instant
    var interval: Span
  }

  /// How often the node looks.
  private static let interval = Span.milliseconds(500)
  /// For so long the better node must have kept up, without a break.
  static let steadiness = Span.seconds(5)
  /// Between two leaderships that a node hands over.
  private static let pause = Span.seconds(1)
  /// Before the same group's is handed over again.
  private static let again = (shortest: Span.seconds(30), longest: Span.seconds(960))

  private var lookAt = Instant.zero
  private var pauseUntil = Instant.zero
  private var waiting: [Waiting] = []
  private var tries: [Try] = []

  mutating func tick(_ replicas: [Replica], _ preferred: () -> PreferredLeaders, node: NodeID, now: Instant) {
    guard now >= lookAt else { return }
    lookAt = now + Self.interval
    guard replicas.contains(where: { $0.isServing }) else {
      waiting = []
      return
    }
    let preferred = preferred()
    let ready = replicas.filter { replica in
      guard replica.isServing, let better = preferred[replica.group.shard], better != node else { return false }
      return replica.mayHandOver(to: better)
    }
    waiting.removeAll { waiting in
      !ready.contains { $0.group == waiting.group && $0.raft.term == waiting.term }
    }
    for replica in ready {
      guard let known = waiting.first(where: { $0.group == replica.group }) else {
        waiting.append(Waiting(group: replica.group, term: replica.raft.term, since: now))
        continue
      }
      guard now.since(known.since) >= Self.steadiness, now >= pauseUntil, mayTry(replica.group, now),
        let better = preferred[replica.group.shard]
      else { continue }
      pauseUntil = now + Self.pause
      replica.handOver(to: better, now: now)
    }
  }

  private mutating func mayTry(_ group: GroupID, _ now: Instant) -> Bool {
    guard let position = tries.firstIndex(where: { $0.group == group }) else {
      tries.append(Try(group: group, at: now, interval: Self.again.shortest))
      return true
    }
    let last = tries[position]
    guard now.since(last.at) >= last.interval else { return false }
    // What stayed where it was put for long starts anew.
    let isOld = now.since(last.at) >= Self.again.longest
    let next = isOld ? Self.again.shortest : Span(nanoseconds: 2 * last.interval.nanoseconds)
    tries[position] = Try(group: group, at: now, interval: min(next, Self.again.longest))
    return true
  }
}

extension Node {
  /// Only while nothing else moves, and never from or to a node that is about to stop.
  func balanceLeaders(now: Instant) {
    guard configuration.balancesLeaders, members?.plan == nil, !isDiskFull, !handover.isLeaving else { return }
    balance.tick(
      replicas, { PreferredLeaders(members?.places ?? configuration.firstPlaces) }, node: configuration.node, now: now)
  }
}
