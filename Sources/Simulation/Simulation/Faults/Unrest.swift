import Environment
import Messages
import Node

/// Leaders that fall as soon as they rise: whoever comes to lead a shard is cut off from the other nodes a little later,
/// for a while. What a leader has begun, and others have not heard of, is what elections have to get right; and what it
/// may still do, while others elect or start again, is what leases have to.
final class Unrest {
  private let cluster: SimulatedCluster
  private let cutLasts: Span
  private let reignMax: UInt64
  /// Whether some fall before they have risen: with the vote that makes them leaders on its way.
  let isSwift: Bool
  /// Lets machines lose power and start again at once.
  private let restart: ([NodeID]) -> Void
  private var random: SeededRandom
  private var led: [NodeID: Set<ShardID>] = [:]
  /// The cuts of now, each with its own number.
  private var cuts: [(number: Int, groups: [[Process]])] = []
  private var nextNumber = 0
  private var isOver = false

  private static let lookInterval = Span.milliseconds(5)
  private static let swiftReignMax: UInt64 = 40_000_000

  init(_ cluster: SimulatedCluster, cutLasts: Span, seed: UInt64, restart: @escaping ([NodeID]) -> Void) {
    self.cluster = cluster
    self.cutLasts = cutLasts
    self.restart = restart
    random = SeededRandom(seed: seed)
    isSwift = random.chance(1, in: 2)
    reignMax = random.chance(1, in: 2) ? 40_000_000 : 600_000_000
    look()
  }

  /// Lifts what it has cut.
  func end() {
    isOver = true
    for cut in cuts { cluster.lift(cut.groups) }
    cuts = []
  }

  private func look() {
    guard !isOver else { return }
    for id in cluster.nodeIDs {
      let leads = Set(cluster.node(id)?.ledShards ?? [])
      let isRising = !leads.isSubset(of: led[id] ?? [])
      led[id] = leads
      if isRising, random.chance(2, in: 3) {
        cluster.schedule(after: Span(nanoseconds: 1 + random.below(reignMax))) { [self] in cut(id) }
      }
    }
    cluster.schedule(after: Self.lookInterval) { [self] in look() }
  }

  /// A vote is on its way to a candidate. Its entries of before, and its first one as a leader, reach one other or nobody.
  func look(at message: SentMessage) {
    guard !isOver, message.isVote else { return }
    let candidate = message.to
    switch random.below(4) {
    case 0: cut(candidate)
    case 1:
      let delay = Span(nanoseconds: 1 + random.below(Self.swiftReignMax))
      cluster.schedule(after: delay) { [self] in cut(candidate) }
    default: break
    }
  }

  private func cut(_ id: NodeID) {
    guard !isOver else { return }
    let groups = cluster.apart(id)
    let number = nextNumber
    nextNumber += 1
    cuts.append((number, groups))
    cluster.cut(groups)
    if random.chance(1, in: 6) { restart(cluster.nodeIDs.filter { $0 != id }) }
    cluster.schedule(after: Span(nanoseconds: 1 + random.below(2 * cutLasts.nanoseconds))) { [self] in lift(number) }
  }

  private func lift(_ number: Int) {
    guard let position = cuts.firstIndex(where: { $0.number == number }) else { return }
    cluster.lift(cuts.remove(at: position).groups)
  }
}
