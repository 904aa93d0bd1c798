import Environment
import Messages

/// Requests that come late: what a coordinator sends to the leader of a shard waits while another node comes to lead it and
/// answers in its stead, and arrives when the first one leads again.
///
/// Whoever was told by the second that his write is refused, which no log keeps, must not be made a liar by the first.
final class Detour {
  private let cluster: SimulatedCluster
  private let coordinator: Process
  /// The leader that comes back; nil until there is one.
  private var first: NodeID?
  private let shard: ShardID
  private var random: SeededRandom
  private var alone: NodeID?
  /// When the leader of now is next to be cut off.
  private var turn: (leader: NodeID, at: Instant)?
  private var isOver = false

  private static let lookInterval = Span.milliseconds(5)
  /// From when another one leads to when it falls: by then the coordinator has asked it again, or not yet.
  private static let secondReignMax: UInt64 = 600_000_000
  private static let laterReignMax: UInt64 = 40_000_000

  init(_ cluster: SimulatedCluster, from coordinator: Process, over shard: ShardID, seed: UInt64) {
    self.cluster = cluster
    self.coordinator = coordinator
    self.shard = shard
    random = SeededRandom(seed: seed)
    look()
  }

  /// Lifts what it has cut, and lets go what waits.
  func end() {
    guard !isOver else { return }
    isOver = true
    comeBack()
    if let first { cluster.release(from: coordinator, to: .node(first)) }
  }

  private func look() {
    guard !isOver else { return }
    cluster.schedule(after: Self.lookInterval) { [self] in look() }
    let leaders = cluster.leaders(of: shard).filter { $0 != alone }
    guard let leader = leaders.max(by: { cluster.term(of: $0, shard) < cluster.term(of: $1, shard) }) else { return }
    guard let first else { return begin(leader) }
    if leader == first {
      cluster.trace.note(cluster.now, "fault", "\(Process.node(first)) leads again")
      end()
    } else if turn?.leader != leader {
      let reign = random.below(alone == first ? Self.secondReignMax : Self.laterReignMax)
      // The first one hears what it has missed: it could not lead without.
      if alone == first { comeBack() }
      turn = (leader, cluster.now + Span(nanoseconds: reign))
    } else if let turn, turn.at <= cluster.now, alone != leader {
      comeBack()
      isolate(leader)
    }
  }

  private func begin(_ leader: NodeID) {
    first = leader
    cluster.hold(from: coordinator, to: .node(leader))
    isolate(leader)
  }

  private func isolate(_ id: NodeID) {
    alone = id
    cluster.cut(cluster.apart(id))
  }

  private func comeBack() {
    if let alone { cluster.lift(cluster.apart(alone)) }
    alone = nil
  }
}
