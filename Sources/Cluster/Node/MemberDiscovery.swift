import Environment
import Messages

/// How a node without data finds out whether its cluster is new or it was wiped: it asks every other member.
///
/// It forms its groups only when every member has answered, and each was without a term at some time since this process
/// began. A promise that this node may have made before it lost its data went to a member whose term was synced first;
/// so that member, unless it was wiped too, says so now.
///
/// A member forms only after this one has answered its question, and only a node without data asks. So of a new cluster's
/// members each knows of all others that they were blank before the first term can begin, in whatever order they form.
struct MemberDiscovery {
  enum Verdict: Equatable {
    case wait
    /// The cluster is new: this node is one of its first members.
    case form
    /// The cluster has a past: this node lost its part in it.
    case rejoin
  }

  private struct Peer {
    var node: NodeID
    var hasAnswered = false
    /// Without a term at some time since this process began.
    var wasBlank = false
    var seenIncarnation: UInt64 = 0
    var askAt = Instant.zero
  }

  private var peers: [Peer]
  private var pastKnownAt: Instant?

  static let askInterval = Span.milliseconds(100)
  /// Once one member told of a past, the others' answers are awaited for so long: they may have seen a higher incarnation.
  static let patience = Span.milliseconds(500)

  /// `peers` ascend.
  init(peers: [NodeID]) { self.peers = peers.map { Peer(node: $0) } }

  /// The highest of this node's incarnations that anybody has seen.
  var seenIncarnation: UInt64 { peers.map(\.seenIncarnation).max() ?? 0 }

  /// Those that have not answered yet.
  var silent: [NodeID] { peers.filter { !$0.hasAnswered }.map(\.node) }

  /// Another node asked the same question: it has no data.
  mutating func asked(by node: NodeID) {
    guard let position = position(of: node) else { return }
    peers[position].wasBlank = true
  }

  mutating func answered(by node: NodeID, hasTerm: Bool, seenIncarnation: UInt64, now: Instant) {
    guard let position = position(of: node) else { return }
    peers[position].hasAnswered = true
    peers[position].seenIncarnation = max(peers[position].seenIncarnation, seenIncarnation)
    if !hasTerm { peers[position].wasBlank = true }
    if !peers[position].wasBlank, pastKnownAt == nil { pastKnownAt = now }
  }

  mutating func linkUp(_ node: NodeID) {
    guard let position = position(of: node) else { return }
    peers[position].askAt = .zero
  }

  /// Whom to ask now.
  mutating func due(_ now: Instant) -> [NodeID] {
    var due: [NodeID] = []
    for position in peers.indices where !peers[position].hasAnswered && peers[position].askAt <= now {
      peers[position].askAt = now + Self.askInterval
      due.append(peers[position].node)
    }
    return due
  }

  func verdict(_ now: Instant) -> Verdict {
    let haveAllAnswered = peers.allSatisfy { $0.hasAnswered }
    #if GANTRY_PLANTS
      if Plants.planted == .wipedNodeVotes, pastKnownAt != nil { return .form }
    #endif
    if let pastKnownAt { return haveAllAnswered || now >= pastKnownAt + Self.patience ? .rejoin : .wait }
    return haveAllAnswered ? .form : .wait
  }

  private func position(of node: NodeID) -> Int? { peers.firstIndex { $0.node == node } }
}
