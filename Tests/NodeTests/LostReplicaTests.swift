import Environment
import Messages
import Raft
import Replicas
import Testing

@testable import Node

/// A lost replica goes to its successor step by step, each one durable before the next.
@Suite struct LostReplicaTests {
  private let now = Instant(nanoseconds: 1_000_000_000)
  private let group = GroupID(1)
  private let old = ReplicaID(node: NodeID(2))
  private let new = ReplicaID(node: NodeID(2), generation: 5 << 16)

  private func lost(id: ReplicaID?, state: Identity.Holding.State = .lost, isRecorded: Bool = true) -> LostReplica {
    LostReplica(
      .init(group: group, id: id, state: state), reason: "", node: NodeID(2),
      peers: [NodeID(1), NodeID(2), NodeID(3)], isRecorded: isRecorded)
  }

  private func next(
    _ replica: inout LostReplica, recorded: UInt64 = 0, isIdle: Bool = true, after span: Span = .zero
  ) -> LostReplica.Action? {
    replica.next(recorded: recorded, isIdle: isIdle, now: now + span)
  }

  /// The successor's id has come and is to be recorded.
  private func assigned() -> LostReplica {
    var replica = lost(id: old)
    _ = next(&replica)
    replica.asked(9)
    replica.answered(9, .replacement(new.rawValue), now: now)
    return replica
  }

  @Test func theLossIsDurableBeforeASuccessorIsAskedFor() {
    var replica = lost(id: old, isRecorded: false)
    #expect(next(&replica) == .record)
    #expect(replica.holding == .init(group: group, id: old, state: .lost))
    replica.recorded(as: 3)
    #expect(next(&replica, recorded: 2) == nil)
    #expect(next(&replica, recorded: 3) == .ask(NodeID(1)))
  }

  @Test func theNodesOfTheGroupAreAskedInTurn() {
    var replica = lost(id: old)
    #expect(next(&replica) == .ask(NodeID(1)))
    #expect(next(&replica) == nil)
    #expect(next(&replica, after: LostReplica.askInterval) == .ask(NodeID(3)))
    #expect(next(&replica, after: .seconds(9)) == .ask(NodeID(1)))
  }

  @Test func aLeaderThatWasNamedIsAskedAtOnceButOnlyOnce() {
    var replica = lost(id: old)
    _ = next(&replica)
    replica.asked(1)
    replica.answered(1, .refused(.notLeader(leader: NodeID(3))), now: now)
    #expect(next(&replica) == .ask(NodeID(3)))
    replica.asked(2)
    replica.answered(2, .refused(.notLeader(leader: NodeID(1))), now: now)
    #expect(next(&replica) == nil)
  }

  @Test func logAndStoreGoOnlyWhenTheNewIdIsDurableAndTheOldStoreIsIdle() {
    var replica = assigned()
    #expect(next(&replica) == .record)
    #expect(replica.holding == .init(group: group, id: new, state: .rebuilding))
    replica.recorded(as: 4)
    #expect(next(&replica, recorded: 3) == nil)
    #expect(next(&replica, recorded: 4, isIdle: false) == nil)
    #expect(next(&replica, recorded: 4) == .emptyLog)
    #expect(next(&replica, recorded: 4) == .emptyStore)
    #expect(next(&replica, recorded: 4) == nil)
  }

  @Test func theNewIdActsOnlyWhenEverythingOfTheOldIsGone() {
    var replica = lost(id: new, state: .rebuilding)
    #expect(next(&replica) == .emptyLog)
    #expect(next(&replica) == .emptyStore)
    replica.storeEmptied(true, now: now)
    #expect(next(&replica) == nil, "The emptied log is not durable.")
    replica.logEmptied()
    #expect(next(&replica) == .record)
    #expect(replica.holding == .init(group: group, id: new, state: .normal))
    replica.recorded(as: 5)
    #expect(next(&replica, recorded: 4) == nil)
    #expect(next(&replica, recorded: 5) == .join)
    #expect(next(&replica, recorded: 5) == nil)
  }

  @Test func aStoreThatFoundNoSpaceIsEmptiedAgain() {
    var replica = lost(id: new, state: .rebuilding)
    _ = next(&replica)
    _ = next(&replica)
    replica.storeEmptied(false, now: now)
    #expect(next(&replica) == nil)
    #expect(next(&replica, after: .seconds(1)) == .emptyStore)
  }

  /// What it is told first is the newest id that it may have acted under, whatever it lost; never one to use.
  @Test func aNodeThatForgotItsIdLearnsItAndAsksAgain() {
    var replica = lost(id: nil)
    _ = next(&replica)
    replica.asked(1)
    replica.answered(1, .replacement(new.rawValue), now: now)
    #expect(next(&replica) == .record)
    #expect(replica.holding == .init(group: group, id: new, state: .lost))
    replica.recorded(as: 1)
    #expect(next(&replica, recorded: 1) == .ask(NodeID(3)))
  }

  @Test func onlyANewerIdOfThisNodeIsTaken() {
    for raw in [old.rawValue, ReplicaID(node: NodeID(3), generation: 9).rawValue] {
      var replica = lost(id: old)
      _ = next(&replica)
      replica.asked(1)
      replica.answered(1, .replacement(raw), now: now)
      #expect(replica.step == .asking)
    }
  }

  /// It may have been meant for an id that was lost since.
  @Test func anAnswerToAnEarlierQuestionChangesNothing() {
    var replica = lost(id: old)
    _ = next(&replica)
    replica.asked(1)
    _ = next(&replica, after: .seconds(1))
    replica.asked(2)
    replica.answered(1, .replacement(new.rawValue), now: now)
    #expect(replica.step == .asking)
  }
}
