import Environment
import Messages
import Testing

@testable import Node

/// A node without data takes nothing for granted: its cluster is new only if every other member was without a term.
@Suite struct MemberDiscoveryTests {
  private let now = Instant(nanoseconds: 1_000_000_000)
  private let second = NodeID(2)
  private let third = NodeID(3)
  private var discovery = MemberDiscovery(peers: [NodeID(2), NodeID(3)])

  private mutating func answer(_ node: NodeID, hasTerm: Bool, seen: UInt64 = 0, after span: Span = .zero) {
    discovery.answered(by: node, hasTerm: hasTerm, seenIncarnation: seen, now: now + span)
  }

  @Test mutating func theClusterIsNewOnceEverybodyAnsweredAndNobodyHasATerm() {
    answer(second, hasTerm: false)
    #expect(discovery.verdict(now) == .wait)
    #expect(discovery.verdict(now + .seconds(3_600)) == .wait, "No time makes up for an answer.")
    #expect(discovery.silent == [third])
    answer(third, hasTerm: false)
    #expect(discovery.verdict(now) == .form)
  }

  @Test func theOnlyMemberNeedsNobody() { #expect(MemberDiscovery(peers: []).verdict(now) == .form) }

  @Test mutating func oneTermIsAPast() {
    answer(second, hasTerm: false)
    answer(third, hasTerm: true)
    #expect(discovery.verdict(now) == .rejoin)
  }

  /// A member that is down need not be awaited: a term anywhere is proof enough.
  @Test mutating func aPastIsKnownWithoutThoseThatAreDown() {
    answer(second, hasTerm: true)
    #expect(discovery.verdict(now) == .wait, "The others may have seen a higher incarnation.")
    #expect(discovery.verdict(now + MemberDiscovery.patience) == .rejoin)
  }

  @Test mutating func theHighestIncarnationSeenCounts() {
    answer(second, hasTerm: true, seen: 4)
    answer(third, hasTerm: true, seen: 7)
    #expect(discovery.seenIncarnation == 7)
  }

  /// The first members of a new cluster form one after the other; the last must not take the others' first term for a past.
  @Test mutating func whoAskedItselfWasBlank() {
    discovery.asked(by: second)
    answer(third, hasTerm: false)
    #expect(discovery.verdict(now) == .wait, "That it asked is no answer: it may not know yet that this node is blank.")
    answer(second, hasTerm: true)
    #expect(discovery.verdict(now) == .form)
  }

  @Test mutating func thoseThatAreSilentAreAskedAgainAndAtOnceWhenTheirLinkIsUp() {
    #expect(discovery.due(now) == [second, third])
    #expect(discovery.due(now) == [])
    discovery.linkUp(third)
    #expect(discovery.due(now) == [third])
    answer(second, hasTerm: false)
    #expect(discovery.due(now + MemberDiscovery.askInterval) == [third])
  }
}
