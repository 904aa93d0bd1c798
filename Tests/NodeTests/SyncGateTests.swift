import Environment
import Messages
import Node
import Raft
import Replicas
import SimulatedDisk
import Testing

/// Promises about what is on this disk leave when it is on this disk (Raft's contract: persist, then send).
@Suite struct SyncGateTests {
  private static let group = GroupID(1)
  private static let leader = ReplicaID(node: NodeID(1))

  private func follower() throws -> TestNode {
    let node = TestNode(TestNode.configuration(node: 2, of: 3))
    try node.start()
    node.runJobs()
    node.consensus = []
    return node
  }

  private func receive(_ node: TestNode, _ body: Message.Body, term: Term = 5, from: UInt32 = 1) {
    let message = Message(
      from: ReplicaID(node: NodeID(from)), to: ReplicaID(node: NodeID(2)), term: term, body: body)
    node.receive(
      ConsensusFrame(parts: [.init(group: Self.group, retainedThrough: 0, message: message)]), from: NodeID(from))
  }

  private func takeSent(_ node: TestNode) -> [Message.Body] {
    defer { node.consensus = [] }
    return node.consensus.flatMap(\.frame.parts).filter { $0.group == Self.group }.map(\.message.body)
  }

  private func entry(_ index: LogIndex) -> Entry {
    Entry(index: index, term: 5, kind: .leaderStart, payload: [])
  }

  private func append(_ node: TestNode, _ index: LogIndex) {
    let previous = LogPosition(index: index - 1, term: index == 1 ? 0 : 5)
    receive(
      node, .append(previous: previous, entries: [entry(index)], commit: 0, round: Round(number: index, sentAt: .zero)))
  }

  private func matches(_ bodies: [Message.Body]) -> [LogIndex] {
    bodies.compactMap { body in
      if case .appendAnswer(let match, _, _) = body { match } else { nil }
    }
  }

  @Test func aVoteLeavesAfterItsSync() throws {
    let node = try follower()
    receive(node, .vote(last: .zero, isTransfer: false))
    #expect(takeSent(node) == [])
    #expect(node.runJob(.journal))
    #expect(takeSent(node) == [.voteAnswer(isGranted: true)])
  }

  /// The vote that left binds after a power cut; one that did not leave may be given to somebody else.
  @Test(arguments: [true, false]) func aVoteThatLeftBindsAfterAPowerCut(hasLeft: Bool) throws {
    let node = try follower()
    receive(node, .vote(last: .zero, isTransfer: false))
    if hasLeft { #expect(node.runJob(.journal)) }
    var random = SeededRandom(seed: 3)
    node.crash(&random)
    try node.start()
    node.runJobs()
    node.consensus = []
    receive(node, .vote(last: .zero, isTransfer: false), from: 3)
    node.runJobs()
    #expect(takeSent(node) == [.voteAnswer(isGranted: !hasLeft)])
  }

  @Test func anAcknowledgementLeavesAfterItsSync() throws {
    let node = try follower()
    append(node, 1)
    #expect(matches(takeSent(node)) == [])
    #expect(node.runJob(.journal))
    #expect(matches(takeSent(node)) == [1])
  }

  /// What comes in while a write is in flight belongs to the next one.
  @Test func anAcknowledgementWaitsForItsOwnWrite() throws {
    let node = try follower()
    append(node, 1)
    append(node, 2)
    append(node, 3)
    #expect(matches(takeSent(node)) == [])
    #expect(node.runJob(.journal))
    #expect(matches(takeSent(node)) == [1])
    #expect(node.runJob(.journal))
    #expect(matches(takeSent(node)).max() == 3)
    #expect(!node.runJob(.journal), "Entries that waited together were written together.")
  }

  /// An append that came twice is acknowledged by the write that is under way, not before.
  @Test func aRepeatedAppendIsNotAcknowledgedEarly() throws {
    let node = try follower()
    append(node, 1)
    append(node, 1)
    #expect(matches(takeSent(node)) == [])
    #expect(node.runJob(.journal))
    #expect(Set(matches(takeSent(node))) == [1])
  }

  /// And what they promise for a lease, a restarted node must be able to keep: the term is on disk first.
  @Test func heartbeatsAreAnsweredAtOnceButPromiseOnlyInASyncedTerm() throws {
    let node = try follower()
    append(node, 1)
    node.consensus = []
    let round = Round(number: 9, sentAt: .zero)
    receive(node, .heartbeat(commit: 0, round: round))
    #expect(takeSent(node) == [.heartbeatAnswer(round: round, promise: .zero)])
    node.runJobs()
    node.consensus = []
    receive(node, .heartbeat(commit: 0, round: round))
    #expect(takeSent(node) == [.heartbeatAnswer(round: round, promise: RaftConfiguration().electionTimeoutMin)])
  }

  @Test func nothingThatWasHeldLeavesAfterAFailedWrite() throws {
    let node = try follower()
    append(node, 1)
    node.consensus = []
    node.disk.beforeOperation = { operation throws(DiskError) in
      if case .sync(let path) = operation { throw DiskError(.inputOutput, "sync \(path)") }
    }
    #expect(node.runJob(.journal))
    #expect(node.failure != nil)
    for _ in 0..<100 { node.tick() }
    #expect(node.consensus.isEmpty)
  }

  @Test func aCandidateAsksForVotesAfterItsSync() throws {
    let node = try follower()
    for _ in 0..<100 where !node.consensus.contains(where: { isPreVote($0.frame) }) { node.tick() }
    receive(node, .preVoteAnswer(isGranted: true), term: 1)
    node.consensus = []
    receive(node, .preVoteAnswer(isGranted: true), term: 1, from: 3)
    #expect(!takeSent(node).contains { isVote($0) })
    node.runJobs()
    #expect(takeSent(node).contains { isVote($0) })
  }

  private func isPreVote(_ frame: ConsensusFrame) -> Bool {
    frame.parts.contains { part in
      if part.group == Self.group, case .preVote = part.message.body { true } else { false }
    }
  }

  private func isVote(_ body: Message.Body) -> Bool {
    if case .vote = body { true } else { false }
  }
}
