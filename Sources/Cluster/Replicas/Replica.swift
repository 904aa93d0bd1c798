import Bytes
public import Catalog
import DequeModule
public import Environment
public import Journal
public import Messages
public import Raft
public import Shards
public import Store

/// One replica: its Raft group, its part of the node's journal and its state machine, driven together.
///
/// Confined to its node's event loop. Inputs come by the methods below; ``advance(_:journal:output:now:)`` then does all
/// that follows from them, in the order that ``RaftGroup`` prescribes: append to the journal, hand messages out, apply,
/// answer.
public final class Replica {
  public let group: GroupID
  public private(set) var store: ShardStore
  public internal(set) var raft: RaftGroup
  public private(set) var shard: ShardMachine?
  public private(set) var catalog: CatalogMachine?
  /// Everything up to here is in the log of every member, as the leader last said.
  public private(set) var retainedThrough: LogIndex = 0
  /// The last time an entry was applied.
  public private(set) var lastAppliedAt: Instant = .zero

  /// The stamped changes that were applied, and those of this leader that are under way.
  var remembered: RememberedOperations
  private var freshness = Freshness()
  private var followerClocks = FollowerClocks()
  /// Reads answered without leading.
  public internal(set) var followerReads: UInt64 = 0
  var waiting = WaitingAnswers()
  /// Reads that may be answered now, in order; a turn answers as many as its budget allows.
  var confirmed = Deque<Read>()
  /// Reads that this turn asks for together.
  var reads: [Read] = []
  var readBatches = Deque<(token: UInt64, reads: [Read])>()
  /// Reads in `readBatches` and `confirmed`.
  var readsUnderWay = 0
  var nextReadToken: UInt64 = 1
  private var appliedTerm: Term
  /// Whether the entry being applied asks for a checksum.
  private var sumsWanted = false
  private var rangeSumWanted: RangeSumOrder?
  private var wasLeader = false
  private let initialMap: ShardMap
  private let heard: HeardVersions
  private let residencyHash: ResidencyHash?
  var replacements = ReplacementCounter()
  var placement: Placement?
  /// Memberships are known from here on.
  private var recoveredThrough: LogIndex
  /// The store is being replaced (``beginSwitch()``).
  public internal(set) var isSwitching = false
  /// Entries that followers need from the log on disk, to be read.
  private var fetches = Deque<EntryFetch>()

  struct Read {
    var to: ReplyTo
    var work: Work

    enum Work {
      case get(RowKey)
      case range(RangeRead)
      case stream(StreamRead)
      case catalog(version: UInt64)
      /// The answer is known: it waits for the proof that this replica leads, and then for the entry that it came from.
      case answer(Answer, after: LogIndex?)
    }
  }

  /// Opens the state machine over `store`. `initialMap` is what the first leader of a new cluster enters.
  public init(
    group: GroupID, raft: RaftGroup, store: ShardStore, initialMap: ShardMap, heard: HeardVersions,
    residencyHash: ResidencyHash? = nil
  ) throws {
    self.group = group
    self.raft = raft
    self.store = store
    self.initialMap = initialMap
    self.heard = heard
    self.residencyHash = residencyHash
    appliedTerm = store.applied.term
    recoveredThrough = store.applied.index
    remembered = try StoreMetadata(store.metadata)?.remembered ?? RememberedOperations()
    (catalog, shard) = try Self.machines(group, store, residencyHash)
  }

  /// A group has the one or the other.
  private static func machines(
    _ group: GroupID, _ store: ShardStore, _ residencyHash: ResidencyHash?
  ) throws -> (CatalogMachine?, ShardMachine?) {
    if group == .metadata { return (try CatalogMachine(store: store), nil) }
    let shard = try ShardMachine(store: store)
    shard.residencyHash = residencyHash
    return (nil, shard)
  }

  /// Goes on with the state that another store holds.
  func restore(from store: ShardStore) throws {
    remembered = try StoreMetadata(store.metadata)?.remembered ?? RememberedOperations()
    (catalog, shard) = try Self.machines(group, store, residencyHash)
    self.store.close()
    self.store = store
    appliedTerm = store.applied.term
    recoveredThrough = store.applied.index
    freshness.applied(store.applied.index)
  }

  /// What the store keeps beside its rows, as of its newest applied entry.
  public func storeMetadata() -> [UInt8] {
    StoreMetadata(membership: raft.membership(at: store.applied.index), remembered: remembered).encode()
  }

  /// Whether this replica leads and has applied an entry of its own term, so that its state is the newest.
  ///
  /// An entry that could not be applied leaves a hole in the state and in the feed: from that moment on nothing is
  /// answered or sent from it, also in the turn that found it, before the node lets go of the replica.
  public var isServing: Bool { raft.isLeader && appliedTerm == raft.term && shard?.damage == nil }

  public var leader: NodeID? { raft.leader?.node }

  /// The group's logical time: the highest issue time in its log, milliseconds since 1970.
  public var timeMs: UInt64 { remembered.timeMs }

  /// Operations that wait for an answer.
  public var waitingCount: Int { waiting.count + reads.count + readsUnderWay }

  /// Whether reads, of clients or of the log, are left over for another turn.
  public var hasMore: Bool { !confirmed.isEmpty || !reads.isEmpty || !fetches.isEmpty }

  /// Answers of one turn, in bytes, after which the remaining reads wait for the next one: a long scan must not keep
  /// heartbeats waiting.
  static let readBytesAtOnceMax = 512 << 10

  // MARK: Inputs

  public func step(_ part: ConsensusFrame.Part, now: Instant) {
    if isSwitching { return }
    if part.retainedThrough > retainedThrough { retainedThrough = part.retainedThrough }
    raft.step(part.message, now: now)
    if part.followerClock > .zero { told(part, now: now) }
  }

  private func told(_ part: ConsensusFrame.Part, now: Instant) {
    guard part.message.term == raft.term else { return }
    if raft.isLeader {
      followerClocks.told(part.followerClock, by: part.message.from)
    } else if part.message.from == raft.leader, part.commit > 0 {
      freshness.told(part.commit, asOf: part.followerClock, applied: raft.applied, now: now)
    }
  }

  /// How old the state that this replica answers from may be: while it serves, for how long another leader may have been
  /// elected without its knowledge, usually zero. Nil where it has heard no leader.
  public func staleness(now: Instant) -> Span? {
    isServing ? now.since(raft.soleUntil(now)) : freshness.staleness(now: now)
  }

  public func tick(_ now: Instant) {
    if isSwitching { return }
    raft.tickIfDue(now)
    settleMembers(now: now)
  }

  public func persisted(_ ticket: SyncTicket) { raft.persisted(ticket) }

  /// Drops the log as far as nobody needs it: it is durable in the store and in every member's log. Up to `forcedThrough`
  /// it goes even where a member lacks it: that one gets a snapshot.
  public func compact(journal: Journal, forcedThrough: LogIndex = 0) {
    if isSwitching { return }
    if raft.isLeader {
      retainedThrough = max(retainedThrough, raft.peers.reduce(LogIndex.max) { min($0, $1.match) })
    }
    let through = min(droppable.index, max(retainedThrough, forcedThrough), raft.applied)
    guard through > raft.compacted.index, through >= recoveredThrough, let term = raft.term(at: through) else { return }
    let position = LogPosition(index: through, term: term)
    if through > retainedThrough { Probes.hit(.boundOfTheLogForcesASnapshot) }
    journal.compact(group, through: position, membership: raft.membership(at: through))
    raft.compact(through: position)
  }

  /// Up to where the store does without the log, whatever happens to the machine.
  private var droppable: LogPosition {
    #if GANTRY_PLANTS
      if Plants.planted == .logDroppedAtFlushed { return store.flushed }
    #endif
    return store.durable
  }

  // MARK: Outputs

  /// `clock` is the one that `now` comes from.
  public func advance(journal: Journal, output: inout ReplicaOutput, now: Instant, clock: () -> Instant) {
    if isSwitching { return }
    askForReads(now: now, output: &output)
    defer {
      answerConfirmed(output: &output)
      answerLeased(clock, output: &output)
      if let reason = shard?.damage { output.damaged.append((group, reason)) }
    }
    supply(journal: journal, output: &output)
    while let ready = raft.nextReady() {
      persist(ready, journal: journal, output: &output)
      send(ready, output: &output, now: now)
      if !ready.fetches.isEmpty {
        fetches += ready.fetches
        supply(journal: journal, output: &output)
      }
      if let offer = ready.snapshotOffer { output.snapshotOffers.append((group, offer)) }
      if ready.role != nil { roleChanged(output: &output) }
      apply(ready.committed, output: &output, now: now)
      for read in ready.reads { confirm(read) }
      for token in ready.abandonedReads { abandon(token, output: &output) }
    }
  }

  private func persist(_ ready: Ready, journal: Journal, output: inout ReplicaOutput) {
    guard ready.hasWrite else { return }
    if let reset = ready.logReset {
      journal.compact(group, through: reset, membership: raft.membership(at: reset.index))
    }
    if let hardState = ready.hardState { journal.save(group, hardState) }
    if !ready.entries.isEmpty { journal.append(group, entries: ready.entries) }
    output.tickets.append((group, ready.ticket))
  }

  private func send(_ ready: Ready, output: inout ReplicaOutput, now: Instant) {
    guard !ready.messages.isEmpty || !ready.messagesAfterSync.isEmpty else { return }
    for message in ready.messages { output.messages.append(outgoing(message, now: now)) }
    for message in ready.messagesAfterSync { output.messagesAfterSync.append(outgoing(message, now: now)) }
  }

  private func outgoing(_ message: Message, now: Instant) -> ReplicaOutput.Outgoing {
    var part = ConsensusFrame.Part(
      group: group, retainedThrough: raft.isLeader ? retainedThrough : 0, message: message)
    switch message.body {
    case .heartbeat where raft.isEstablished:
      part.commit = raft.commit
      part.followerClock = followerClocks.reading(of: message.to, age: now.since(raft.soleUntil(now)))
    case .heartbeatAnswer: part.followerClock = now
    default: break
    }
    return ReplicaOutput.Outgoing(node: message.to.node, part: part)
  }

  /// Bytes of the log read from disk in one turn of the node: a member that lags far must not keep heartbeats waiting.
  static let fetchedBytesAtOnceMax = 1 << 20

  /// Entries that a lagging follower needs and the core no longer holds come from the journal's files.
  private func supply(journal: Journal, output: inout ReplicaOutput) {
    while output.fetchedBytes < Self.fetchedBytesAtOnceMax, let fetch = fetches.popFirst() {
      var entries: [Entry] = []
      do throws(JournalError) {
        entries = try journal.read(group, from: fetch.previous.index + 1, bytesMax: fetch.bytesMax)
      } catch {
        // What was compacted leads to a snapshot. Anything else is a log that is no longer what was promised.
        guard error.kind == .compacted else {
          output.damaged.append((group, "Its log cannot be read: \(error)."))
          continue
        }
      }
      output.fetchedBytes += entries.reduce(0) { $0 + $1.payload.count }
      entries.removeAll { $0.index > fetch.through }
      raft.supply(peer: fetch.peer, entries: entries, previous: fetch.previous)
    }
  }

  private func apply(_ entries: [Entry], output: inout ReplicaOutput, now: Instant) {
    guard let last = entries.last else { return }
    for entry in entries {
      let made = entry.kind == .normal ? apply(entry, output: &output) : nil
      store.advance(to: entry.position)
      appliedTerm = entry.term
      if sumsWanted { startChecksum(at: entry.index, output: &output) }
      if let order = rangeSumWanted { startRangeSum(order, at: entry.index, output: &output) }
      while let waiter = waiting.next(through: entry.index) {
        guard let answer = waiter.answer ?? made else {
          fatalError("An applied entry has no answer for its operation.")
        }
        reply(waiter.to, answer, &output)
      }
    }
    output.hasApplied = true
    raft.applied(last.index)
    freshness.applied(last.index)
    lastAppliedAt = now
    if isServing && !wasLeader {
      wasLeader = true
      startServing()
    }
  }

  /// Pins the state of exactly this entry; the sum is computed later.
  private func startChecksum(at index: LogIndex, output: inout ReplicaOutput) {
    sumsWanted = false
    guard let shard, let view = view(output: &output) else { return }
    output.checksums.append((group, index, ChecksumJob(view: view, ranges: shard.rowRanges, digests: shard.digests)))
  }

  private func startRangeSum(_ order: RangeSumOrder, at index: LogIndex, output: inout ReplicaOutput) {
    rangeSumWanted = nil
    guard let shard, let view = view(output: &output) else { return }
    output.rangeSums.append((group, index, RangeSumJob(view: view, ranges: shard.rowRanges, order: order)))
  }

  private func view(output: inout ReplicaOutput) -> StoreView? {
    do { return try store.view() } catch {
      if error.isDamage { output.damaged.append((group, "Its store is damaged: \(error).")) }
      return nil
    }
  }

  /// Returns the answer that applying makes, where it makes one.
  private func apply(_ entry: Entry, output: inout ReplicaOutput) -> Answer? {
    let envelope: EntryEnvelope?
    do { envelope = try EntryEnvelope(entry.payload) } catch {
      fatalError("The entry at index \(entry.index) cannot be read: \(error.what).")
    }
    let start = envelope?.commandStart ?? 0
    if let catalog {
      let answer = Answer.catalogOutcome(catalog.apply(entry.payload, from: start, at: entry.position).encode())
      if let envelope { remembered.apply(envelope.stamp, answer) }
      return answer
    }
    var made: Answer?
    let timeMs = max(remembered.timeMs, envelope?.stamp.issuedAtMs ?? 0)
    switch shard?.apply(entry.payload, from: start, at: entry.position, timeMs: timeMs) {
    case .checksum: sumsWanted = true
    case .sumRange(let order): rangeSumWanted = order
    case .removeRows(let ranges): for range in ranges { output.dropped.append((group, range, entry.index)) }
    case .answer(let answer): made = answer
    case nil: break
    }
    if let envelope { remembered.apply(envelope.stamp, answer(of: envelope, entry.payload)) }
    return made
  }

  /// The answer of a write as its entry tells it.
  private func answer(of envelope: EntryEnvelope, _ payload: [UInt8]) -> Answer {
    guard var write = envelope.answer else { return .done }
    if envelope.returnsNew {
      switch try? ShardCommand(payload, from: envelope.commandStart) {
      case .put(_, let item), .version(_, let item?, _): write.new = item
      default: break
      }
    }
    return .written(write)
  }

  /// The first leader of a new group enters what the group is for.
  private func startServing() {
    #if GANTRY_PLANTS
      if Plants.planted == .forgottenOperationAfterLeaderChange { remembered = RememberedOperations() }
    #endif
    if let catalog, catalog.catalog.shardMap == nil {
      _ = raft.propose(CatalogCommand.initialise(initialMap).encode())
    }
    if let shard, shard.range == nil, let range = initialMap.range(of: group.shard) {
      _ = raft.propose(ShardCommand.own(range).encode())
    }
  }

  // MARK: Leadership

  var notLeader: Answer { .refused(.notLeader(leader: raft.isLeader ? nil : leader)) }

  static let wrongGroup = Answer.refused(.failed("The operation does not belong to this group."))

  private func roleChanged(output: inout ReplicaOutput) {
    guard !raft.isLeader else { return }
    wasLeader = false
    followerClocks.forget()
    shard?.stepDown()
    remembered.stepDown()
    for waiter in waiting.removeAll() {
      if waiter.isProposal { Probes.hit(.proposalOutlivesItsLeader) }
      reply(waiter.to, waiter.isProposal ? .refused(.outcomeUnknown) : notLeader, &output)
    }
  }

  func reply(_ to: ReplyTo, _ answer: Answer) -> ReplicaOutput.Reply { .init(to: to, term: raft.term, answer: answer) }

  func reply(_ to: ReplyTo, _ answer: Answer, _ output: inout ReplicaOutput) {
    output.replies.append(reply(to, answer))
  }

  /// Whether another member has synced what this leader's own disk has not. It need not be a majority: where a third
  /// member is still being fed, the slow disk would feed it and be needed for every commit.
  public var isBehindAnotherMember: Bool {
    guard raft.isLeader, let own = raft.peers.first(where: { $0.id == raft.id }) else { return false }
    return raft.peers.contains { $0.match > own.match }
  }

  /// Hands leadership to the member that is furthest, if there is one. Until it leads, or an election time-out has
  /// passed, changes are refused with `notLeader`.
  public func handOver(now: Instant) {
    guard let target = raft.transferTarget() else { return }
    Probes.hit(.leadershipIsHandedOver)
    _ = raft.transferLeadership(to: target, now: now)
  }

  /// There is proof that the process that led in that term has ended.
  public func leaderDied(in term: Term, now: Instant) {
    if let leader = raft.leader { raft.leaderDied(leader, term: term, now: now) }
  }

  // MARK: Proposals

  func propose(_ payload: [UInt8], to: ReplyTo, answer: Answer?) -> LogIndex? {
    guard let position = raft.propose(payload) else { return nil }
    waiting.append(.init(index: position.index, to: to, answer: answer, isProposal: true))
    return position.index
  }

  /// Puts the removal of an expired item in the log. False where it cannot; true also where the item is being written:
  /// the next sweep finds what became of it.
  public func expire(_ expiry: Expiry) -> Bool {
    guard let shard, isServing, !isSwitching, raft.cachedBytes < Self.backlogBytesMax / 2 else { return false }
    guard !shard.isBeingWritten(expiry.key) else { return true }
    guard let position = raft.propose(ShardCommand.expire(expiry).encode()) else { return false }
    shard.proposed(expiry.key, nil, at: position.index)
    return true
  }

  /// Has every replica sum a range of its rows. Nil where it cannot now.
  public func propose(_ order: RangeSumOrder) -> LogIndex? {
    guard shard != nil, propose(.sumRange(order)) else { return nil }
    return raft.last.index
  }

  /// Puts a command of this leader's own in the log; nobody waits for it. False where it cannot, also because a member of
  /// the group runs a release that could not read it.
  public func propose(_ command: ShardCommand) -> Bool {
    guard isServing, !isSwitching, raft.cachedBytes < Self.backlogBytesMax / 2, isRead(command.version) else {
      return false
    }
    return raft.propose(command.encode()) != nil
  }

  private func isRead(_ version: UInt16) -> Bool {
    version <= EntryVersions.first || raft.membership.members.allSatisfy { heard.reads(version, $0.node) }
  }
}
