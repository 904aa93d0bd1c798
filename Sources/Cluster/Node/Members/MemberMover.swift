import Catalog
import Environment
import Messages

/// What the leader of the metadata group does so that members and replicas become what the catalog says: it tells every
/// node, and has the leader of the group whose replica moves change its members.
///
/// It keeps nothing that it cannot find out again: asking twice is harmless.
struct MemberMover {
  enum Work: Equatable {
    /// The node is told the members of that version.
    case assign(NodeID, version: UInt64)
    /// The leader of the group is told where its replicas are to be.
    case place(ShardID, version: UInt64)
  }

  private struct Told {
    var node: NodeID
    var version: UInt64
  }

  private struct Question {
    var id: UInt64
    var work: Work
    var until: Instant
  }

  /// Who knows which version. A node whose process began anew may have forgotten it.
  private var told: [Told] = []
  private var questions: [Question] = []
  private var leader: NodeID?
  private var tries = 0
  /// The version of the members whose move has ended.
  private(set) var ended: UInt64?
  private var proposedAt: Instant?
  private var placeAt = Instant.zero
  private var nextRequest: UInt64

  /// Without an answer for so long, at most, it is asked again.
  private static let silenceMax = Span.milliseconds(400)
  /// How often a group's leader is asked whether it is so far.
  private static let placeInterval = Span.milliseconds(40)
  private static let commandTimeout = Span.seconds(1)

  /// Their requests have numbers of their own.
  private static let requestBit: UInt64 = 1 << 59
  static func isOwn(_ request: UInt64) -> Bool { request >> 59 == 1 }

  init(firstRequest: UInt64) { nextRequest = firstRequest >> 1 }

  /// The replica no longer leads the metadata group.
  mutating func reset() {
    told = []
    questions = []
    leader = nil
    ended = nil
    proposedAt = nil
  }

  var isIdle: Bool { told.isEmpty && questions.isEmpty }

  mutating func linkUp(_ node: NodeID) { told.removeAll { $0.node == node } }

  /// What to ask now.
  ///
  /// - Parameter known: who leads the group whose replica moves, as far as this node knows.
  mutating func next(
    _ members: ClusterMembers, leaderOf known: (ShardID) -> NodeID?, now: Instant
  ) -> [(id: UInt64, work: Work, node: NodeID)] {
    dropUnanswered(now)
    told.removeAll { told in members.member(told.node) == nil }
    var asked: [(id: UInt64, work: Work, node: NodeID)] = []
    for member in members.members where !knows(member.node, members.version) {
      let work = Work.assign(member.node, version: members.version)
      if questions.contains(where: { $0.work == work }) { continue }
      asked.append((ask(work, now), work, member.node))
    }
    if let move = members.move, ended != members.version, placeAt <= now {
      let work = Work.place(move.shard, version: members.version)
      if !questions.contains(where: { $0.work == work }) {
        asked.append((ask(work, now), work, target(of: move.shard, members, known(move.shard))))
      }
    }
    return asked
  }

  /// Whether the end of the move is to be put into the catalog now.
  mutating func takesEnd(of members: ClusterMembers, now: Instant) -> Bool {
    guard members.move != nil, ended == members.version else { return false }
    if let proposedAt, now.since(proposedAt) < Self.commandTimeout { return false }
    proposedAt = now
    return true
  }

  mutating func answered(_ id: UInt64, _ answer: Answer, by node: NodeID, now: Instant) {
    guard let position = questions.firstIndex(where: { $0.id == id }) else { return }
    let work = questions.remove(at: position).work
    switch work {
    case .assign(let node, let version):
      guard answer == .done else { return }
      told.removeAll { $0.node == node }
      told.append(Told(node: node, version: version))
    case .place(_, let version):
      placeAt = now + Self.placeInterval
      switch answer {
      case .done:
        ended = version
        leader = nil
        proposedAt = nil
      case .notYet: leader = node
      case .refused(.notLeader(let hint)):
        leader = hint == node ? nil : hint
        if hint != nil, hint != node { placeAt = now }
      default: leader = nil
      }
    }
  }

  /// Who did not answer may be dead, and is not asked again for a group that it was known to lead.
  private mutating func dropUnanswered(_ now: Instant) {
    for question in questions where question.until <= now {
      if case .place = question.work { leader = nil }
    }
    questions.removeAll { $0.until <= now }
  }

  private func knows(_ node: NodeID, _ version: UInt64) -> Bool {
    told.contains { $0.node == node && $0.version >= version }
  }

  private mutating func ask(_ work: Work, _ now: Instant) -> UInt64 {
    let id = nextRequest & (Self.requestBit - 1) | Self.requestBit
    nextRequest += 1
    questions.append(Question(id: id, work: work, until: now + Self.silenceMax.uneven(id)))
    return id
  }

  /// This node's own replica knows the leader; else who was heard of, else the group's nodes in turn.
  private mutating func target(of shard: ShardID, _ members: ClusterMembers, _ known: NodeID?) -> NodeID {
    if let known { return known }
    if let leader { return leader }
    let nodes = members.nodes(of: shard)
    tries += 1
    return nodes.isEmpty ? members.nodeMax : nodes[tries % nodes.count]
  }
}
