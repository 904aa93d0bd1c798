import Catalog
import Environment
import Journal
import Messages
import Raft
import Replicas
import SimulatedDisk
import Store
import Testing

/// A replica whose store is being replaced.
@Suite struct StoreSwitchTests {
  private static let group = GroupID(1)
  private static let leader = ReplicaID(node: NodeID(2))
  private static let entry = Entry(index: 1, term: 1, kind: .leaderStart, payload: [])

  private let disk = SimulatedDisk()
  private let journal: Journal
  private let replica: Replica
  private let now = Instant(nanoseconds: 5_000_000_000)

  init() throws {
    (journal, _) = try Journal.open(disk: disk, directory: "/journal", configuration: JournalConfiguration())
    let members = (1...3).map { ReplicaID(node: NodeID($0)) }
    let raft = RaftGroup(
      configuration: RaftConfiguration(), id: members[0], recovered: Recovered(blank: Membership(voters: members)),
      random: SeededRandom(seed: 1), now: Instant.zero)
    let store = try ShardStore.open(disk: disk, directory: "/store", configuration: StoreConfiguration(seed: 1))
    replica = try Replica(
      group: Self.group, raft: raft, store: store,
      initialMap: ShardMap.initial(shards: 1, nodes: members.map(\.node), replication: 3),
      heard: HeardVersions(own: NodeID(1)))
    tell(.append(previous: .zero, entries: [Self.entry], commit: 0, round: .none))
    let output = advance()
    while let preparation = try journal.takePreparation() {
      try preparation.perform()
      try journal.completed(preparation)
    }
    while let write = try journal.takeWrite() {
      try write.perform()
      try journal.completed(write)
    }
    for (_, ticket) in output.tickets { replica.persisted(ticket) }
  }

  private func tell(_ body: Message.Body) {
    let message = Message(from: Self.leader, to: replica.raft.id, term: 1, body: body)
    replica.step(
      ConsensusFrame.Part(group: Self.group, retainedThrough: 0, commit: 0, message: message), now: now)
  }

  private func advance() -> ReplicaOutput {
    var output = ReplicaOutput()
    replica.advance(journal: journal, output: &output, now: now, clock: { now })
    return output
  }

  /// What is committed meanwhile must not go to the old store, and nobody may hear of it.
  @Test func itTakesNoPartUntilTheSwitchHasEnded() {
    replica.beginSwitch()
    tell(.heartbeat(commit: 1, round: .none))
    replica.tick(now + .seconds(60))
    let output = advance()
    #expect(output.messages.isEmpty && output.messagesAfterSync.isEmpty)
    #expect(replica.store.applied == .zero)
    #expect(replica.raft.role == .follower)
    replica.resume()
    tell(.heartbeat(commit: 1, round: .none))
    #expect(!advance().messages.isEmpty)
    #expect(replica.store.applied == Self.entry.position)
  }

  /// A commit that was known before it began is not applied either.
  @Test func nothingIsAppliedThatWasCommittedBefore() {
    tell(.heartbeat(commit: 1, round: .none))
    replica.beginSwitch()
    _ = advance()
    #expect(replica.store.applied == .zero)
    replica.resume()
    _ = advance()
    #expect(replica.store.applied == Self.entry.position)
  }

  @Test func onlyAFollowerThatIsBehindMaySwitch() {
    #expect(replica.mayInstall(LogPosition(index: 5, term: 1)))
    #expect(!replica.mayInstall(LogPosition(index: 0, term: 0)))
    replica.tick(now + .seconds(60))
    #expect(replica.raft.role != .follower)
    #expect(!replica.mayInstall(LogPosition(index: 5, term: 1)))
  }
}
